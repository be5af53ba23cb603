"""Contact details and ways around the platform, anywhere in a listing: visible, hidden or disguised.

Words come from lists (`contact_channels`, `contact_disguised`, `offsite_payment`) that the shared scanner finds; what
is measured here is whether a found word gives a contact: a handle or number behind it, "our" or "add me on" before it.
A listing's plain texts and the source of its descriptions are read as they stand; where a source hides words from a
search (entities, tags or zero-width characters inside a word) its readable form is read as well.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from engine.features.description import hidden, html_fields, outline
from engine.features.links import registrable
from engine.features.markup import INLINE_NAMES, TAGS, Readable, comments, has_split_words, readable
from engine.features.registry import Field, collection
from engine.features.scan import hits
from engine.features.texts import TextField, corpus, same_length_lower, span, texts
from engine.features.value_words import TEXT_KINDS
from engine.features.view import View, derived
from engine.findings import Location

CHANNELS, DISGUISED, PAYMENT = LISTS = "contact_channels", "contact_disguised", "offsite_payment"
HTML = frozenset({"description", "mobile_description", "localized_description"})
WINDOW = 60
"""Characters beside a channel word that can make it a contact."""
MAX_PLACES = 200
"""Candidates of one kind in one text that are looked at. A bound of time, not of policy."""

MAX_CANDIDATES = 10_000
"""At signs, and endings of domains, of one text that are looked at."""
MAX_READ = 500_000
"""Characters of a source that are read as a reader sees them. Real descriptions are a tenth of that."""

LOCAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+-]{1,63}\Z")
MAIL_HOST = re.compile(r"(?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,12}(?![A-Za-z0-9])")
NO_MAIL_HOST = re.compile(r"\.(?:png|jpe?g|gif|webp|svg|css|js)\Z", re.IGNORECASE)
INTERNATIONAL = re.compile(r"\+(?<![\w+.,/-]\+)\s?[1-9]\d{0,2}[\s().-]{0,3}\d(?:[\s().-]{0,2}\d){6,12}(?![\d\w])")
DIGITS = re.compile(r"\d")
BEHIND = re.compile(
    r"\s{0,3}(?:(?:id|no|nr|number|num|account|acc|contact|us|me|group|chat|support|service|号|号码|账号|群)\b\.?\s{0,2}){0,2}"
    r"(?:is\s|：|:|=|#|\(|（|-|–|—|@|/){0,3}\s{0,3}"
    r"(?P<handle>[@+]?[A-Za-z0-9(][\w.@()+-]{2,40}(?:[ -]\d[\d ()-]{1,16}\d)?)"
)
OWN = re.compile(
    r"\b(?:us|me|our|my|seller'?s?|shop'?s?)\b[^.!?<>;]{0,16}\Z"
    r"|\b(?:add|contact|chat|message|reach|write|dm|text|ping|follow|join|find)\b[^.!?<>;,]{0,12}\b(?:on|in|via|by|through|with|at|using)\s\Z"
    r"|(?:加我?|联系|添加|关注)[^。！？<>]{0,6}\Z",
    re.IGNORECASE,
)
INVITES = re.compile(r"\s{1,2}(?:us|me)\b(?!\w)|\s{0,2}(?:us|me)\s(?:at|on|for)\b|号[:：]?\s?\w|群", re.IGNORECASE)
TOP = (
    r"(?:com|net|org|cn|shop|store|online|ru|de|uk|es|fr|it|br|top|xyz|info|biz|site|club|vip|cc|me|io|co|us|eu|asia"
    r"|in)"
)
HOST_ENDS = re.compile(rf"\.{TOP}(?![\w-]|\.[a-z0-9])")
DOMAIN = re.compile(
    r"(?<![\w@.-])(?:https?:?//|www\.)?(?P<host>(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,4}"
    rf"{TOP})(?![\w-]|\.[a-z0-9])(?:/[\w./?=&%-]{{0,80}})?"
)
BEFORE_END, AFTER_END = 300, 100
"""The most code points of a domain before its ending, and behind it with a path."""
ENDING = re.compile(r"\.(?:com|net|org|cn|shop|store|online|ru|top|xyz|info|biz|site|club|vip|cc|me/)")
DOT_LETTER = re.compile(r"\.[A-Za-z]")
"""What every address holds."""
COMPANY = re.compile(r"[\s,]{1,2}(?:inc|ltd|llc|gmbh|corp)\b")
WEAK_ENDINGS = frozenset({"de", "uk", "es", "fr", "it", "br", "me", "io", "co", "us", "eu", "in", "asia", "cc"})


class Contact(NamedTuple):
    """A contact, of the `kind` that the collection below explains.

    `domain` says whose a url, domain or e-mail is. `disguised`: written so that a search does not find it. `hidden`:
    a buyer does not see it.
    """

    kind: str
    text: str
    field: str
    domain: str
    disguised: bool
    hidden: bool
    is_brand: bool
    locations: tuple[Location]


class _Found(NamedTuple):
    kind: str
    start: int
    end: int
    disguised: bool = False
    domain: str = ""


@collection(
    "text.contacts",
    item={
        "kind": Field(
            "str",
            "email, phone, messenger, social, payment, scan (a QR code), url or domain (a bare name.com)",
            "email 邮箱、phone 电话、messenger 通讯、social 社交、payment 支付、scan 二维码、url 网址或 domain 域名",
        ),
        "text": Field("str", "What is written there", "原文"),
        "field": Field("str", "The kind of text it stands in", "所在文本类型", words=TEXT_KINDS),
        "domain": Field(
            "str", "The registered domain of a url or e-mail, else empty", "网址或邮箱的注册域名，其余为空"
        ),
        "disguised": Field("bool", "Written so that a search does not find it", "是否变形书写以规避检测"),
        "is_brand": Field("bool", "The brand attribute says the same name", "与品牌属性的名称相同"),
        "hidden": Field("bool", "In a comment, a tag or a part that a buyer does not see", "是否隐藏（买家看不到）"),
    },
    reads=(
        "title",
        "titles",
        "description",
        "mobile_description",
        "descriptions",
        "attributes",
        "skus",
        "keywords",
        "groups",
    ),
    en="Contact details and hints at other ways to pay or talk, in any text of the listing",
    zh="商品任何文本中的联系方式和站外交易提示",
)
def text_contacts(view: View) -> Sequence[Contact]:
    """Every contact, in the order of the texts."""
    return _contacts(view)


@derived
def _contacts(view: View) -> Sequence[Contact]:
    found_hits = hits(view)
    if found_hits.keys().isdisjoint(LISTS) and _is_silent(view):
        return ()
    by_pointer: dict[str, list[tuple[str, str, int, int]]] = {}
    for list_id in LISTS:
        for hit in found_hits.get(list_id, ()):
            place = hit.locations[0]
            by_pointer.setdefault(place.pointer, []).append((list_id, hit.term, place.start or 0, place.end or 0))
    plain = corpus(view).plain
    read_plain = "@" in plain or "+" in plain or not plain.isascii() or _may_name_a_site(plain.lower())
    if not (read_plain or by_pointer or any(_needs_reading(view, field.text) for field in html_fields(view))):
        return []
    found: list[Contact] = []
    for field in texts(view):
        is_html = field.kind in HTML
        if not (is_html or read_plain or field.pointer in by_pointer):
            continue
        places = _in_text(view, field.text, by_pointer.get(field.pointer, ()), is_html=is_html)
        if is_html or not field.text.isascii():
            places += _in_readable(view, field, places)
        if places:
            found.extend(_contact(view, field, place) for place in _merged(places))
    return found


def _is_silent(view: View) -> bool:
    """Whether no text holds any sign of a contact besides listed words. False leaves it to a look at each text."""
    whole = corpus(view)
    haystack = whole.haystack
    if not whole.is_ascii or "@" in haystack or "+" in haystack or ("&" in haystack and "&#" in haystack):
        return False
    listing = view.listing
    if listing.mobile_description or listing.descriptions or ("." in whole.plain and DOT_LETTER.search(whole.plain)):
        return False
    return DOT_LETTER.search(outline(view).visible) is None and not _splits_words(view, listing.description or "")


def _splits_words(view: View, html: str) -> bool:
    """Whether inline tags or a comment may stand inside a word of a description."""
    if html is view.listing.description:
        names = outline(view).names
        if names is not None and INLINE_NAMES.isdisjoint(names):
            return False
    return has_split_words(html[:MAX_READ])


def _needs_reading(view: View, html: str) -> bool:
    """Whether a description holds any sign of a contact besides listed words."""
    if "@" in html or "+" in html or "&#" in html or not html.isascii():
        return True
    return _may_name_a_site(_visible(view, html)) or _splits_words(view, html)


def _visible(view: View, html: str) -> str:
    return (outline(view).visible if html is view.listing.description else html).lower()


def _in_text(view: View, text: str, words: Iterable[tuple[str, str, int, int]], *, is_html: bool) -> list[_Found]:
    """The contacts of one text; `words` are its listed words as (list, term, start, end)."""
    found: list[_Found] = []
    if "@" in text:
        found += _emails(text)
    if "+" in text:
        found += _phones(text)
    if words:
        found += _channels(view, text, words)
    if "." in text:
        if not is_html:
            found += _addresses(text)
        elif _may_name_a_site(_visible(view, text)):
            masked = TAGS.sub(lambda match: " " * len(match.group()), text)
            found += [place for place in _addresses(masked) if "//" not in text[place.start : place.end]]
    return found


def _emails(text: str) -> list[_Found]:
    found: list[_Found] = []
    at = text.find("@")
    for _ in range(MAX_CANDIDATES):
        if at < 0 or len(found) >= MAX_PLACES:
            break
        local = LOCAL.search(text[max(0, at - 65) : at])
        host = MAIL_HOST.match(text, at + 1)
        if local and host and not NO_MAIL_HOST.search(host.group()):
            domain = registrable(host.group())
            found.append(_Found("email", at - len(local.group()), host.end(), domain=domain))
        at = text.find("@", at + 1)
    return found


def _phones(text: str) -> list[_Found]:
    """Numbers with an international prefix: +86 138 0013 8000."""
    found = []
    for match in islice(INTERNATIONAL.finditer(text), MAX_PLACES):
        number = match.group()
        digits = len(DIGITS.findall(number))
        if 10 <= digits <= 15 and len(set(DIGITS.findall(number))) > 2:
            found.append(_Found("phone", match.start(), match.end()))
    return found


def _channels(view: View, text: str, words: Iterable[tuple[str, str, int, int]]) -> list[_Found]:
    found = []
    lists = view.resources.lists
    for list_id, term, start, end in islice(words, MAX_PLACES):
        kind = lists[list_id].notes.get(term, "messenger")
        if list_id == DISGUISED:
            found.append(_Found(kind, start, end, disguised=True))
        elif list_id == PAYMENT:
            found.append(_Found("payment", start, end))
        else:
            place = _channel(text, kind, start, end)
            if place:
                found.append(place)
    return found


def _channel(text: str, kind: str, start: int, end: int) -> _Found | None:
    """A channel word is a contact with a handle or number behind it, or (messengers, social) an invitation beside it.

    `kind` "phone" and "ambiguous" (line, signal: also words of products) need a number or an @handle.
    """
    behind = BEHIND.match(text, end, end + WINDOW)
    if behind:
        handle = behind.group("handle").rstrip(".,;-")
        if _is_handle(handle, kind, text[end : behind.start("handle")]):
            return _Found("messenger" if kind == "ambiguous" else kind, start, behind.start("handle") + len(handle))
    if kind in ("messenger", "social"):
        before = OWN.search(text, max(0, start - WINDOW), start)
        if before:
            return _Found(kind, start, end)
        after = INVITES.match(text, end, end + WINDOW)
        if after:
            return _Found(kind, start, after.end())
    return None


def _is_handle(handle: str, kind: str, between: str) -> bool:
    digits = len(DIGITS.findall(handle))
    if kind == "phone":
        return 8 <= digits <= 15 and digits >= len(handle.replace(" ", "").replace("-", "")) - 3
    if handle.startswith("@") or "@" in between:
        return len(handle) >= 4 and not handle.lstrip("@").isdecimal()
    if kind == "ambiguous":
        return (
            re.search(r"\bid\b", between, re.IGNORECASE) is not None
            and any(mark in between for mark in ":：")
            and len(handle) > 3
        )
    if digits >= 6:
        return True
    if not any(mark in between for mark in ":：=#"):
        return False
    return len(handle) >= 5 and (digits > 0 or "_" in handle or "." in handle.strip("."))


def _may_name_a_site(lower: str) -> bool:
    return "www." in lower or "http" in lower or ENDING.search(lower) is not None


def _addresses(text: str) -> list[_Found]:
    """Domains in plain text; weak endings (".de", ".it", ".me") only behind http or www or before a path."""
    lower = same_length_lower(text)
    if not _may_name_a_site(lower):
        return []
    found = []
    for match in islice(_domains(lower), MAX_PLACES):
        whole, host = match.group(), match.group("host")
        if host.rsplit(".", 1)[1] in WEAK_ENDINGS and not (whole.startswith(("http", "www")) or "/" in whole):
            continue
        if host.split(".")[0].isdecimal() and not whole.startswith(("http", "www")):
            continue
        if COMPANY.match(lower, match.end()):
            continue
        is_address = whole.startswith(("http", "www")) or "/" in whole
        found.append(_Found("url" if is_address else "domain", match.start(), match.end(), domain=registrable(host)))
    return found


def _domains(lower: str) -> Iterator[re.Match[str]]:
    """Every match of DOMAIN. Endings are found first: the whole pattern would be tried at each letter of a text."""
    reached = 0
    for ending in islice(HOST_ENDS.finditer(lower), MAX_CANDIDATES):
        at = ending.start()
        if at < reached:
            continue
        match = DOMAIN.search(lower, max(reached, at - BEFORE_END), ending.end() + AFTER_END)
        if match is not None:
            reached = match.end()
            yield match


def _in_readable(view: View, field: TextField, known: Sequence[_Found]) -> list[_Found]:
    """What only shows in the readable form of a source; spans are of the source."""
    text = field.text[:MAX_READ]
    if field.kind not in HTML:
        invisible = INVISIBLE.search(text) or FULL_WIDTH.search(text)
        if not invisible:
            return []
    elif not ("&#" in text or not text.isascii() or has_split_words(text)):
        return []
    form = readable(text) if field.kind in HTML else _plain(text)
    if form.text == text:
        return []
    plain = TextField(field.pointer, form.text, field.kind)
    words = [
        (found.list, found.term, found.start, found.end)
        for found in view.resources.scanner.spans(plain)
        if found.list in LISTS
    ]
    seen = {(place.kind, text[place.start : place.end].lower()) for place in known}
    result = []
    for place in _in_text(view, form.text, words, is_html=False):
        start, end = form.source(place.start), form.source(place.end - 1) + 1
        written = form.text[place.start : place.end]
        if (place.kind, written.lower()) in seen:
            continue
        disguised = text[start:end] != written
        if field.kind in HTML and place.kind in ("url", "domain") and not disguised:
            continue
        result.append(place._replace(start=start, end=max(end, start + 1), disguised=disguised or place.disguised))
    return result


INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
FULL_WIDTH = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff20\uff0e]")
WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


def _plain(text: str) -> Readable:
    """A plain text without invisible characters and with full-width letters made ordinary (same length)."""
    return readable(text.translate(WIDE))


def _merged(places: Iterable[_Found]) -> list[_Found]:
    """In order, without what lies inside another place."""
    kept: list[_Found] = []
    for place in sorted(set(places), key=lambda found: (found.start, -found.end)):
        if kept and (place.end <= kept[-1].end or (place.kind == kept[-1].kind and place.start < kept[-1].end)):
            continue
        kept.append(place)
    return kept


def _contact(view: View, field: TextField, place: _Found) -> Contact:
    location = span(field, place.start, place.end)
    is_brand = place.kind == "domain" and _is_brand(view, location.text or "")
    is_hidden = field.kind in HTML and _is_hidden(view, field, place.start)
    return Contact(
        place.kind, location.text or "", field.kind, place.domain, place.disguised, is_hidden, is_brand, (location,)
    )


def _is_brand(view: View, name: str) -> bool:
    """Whether the brand attribute holds just this name."""
    return any(
        attribute.value is not None and attribute.value.lower() == name.lower() and "brand" in attribute.name.lower()
        for attribute in view.listing.attributes
    )


def _is_hidden(view: View, field: TextField, at: int) -> bool:
    """In a tag, a comment, or a part that styles hide."""
    window = field.text[max(0, at - 1000) : at]
    if window.rfind("<") > window.rfind(">"):
        return True
    for part in hidden(view):
        place = part.locations[0]
        if place.pointer == field.pointer and (place.start or 0) <= at < (place.end or 0):
            return True
    if "!" not in field.text:
        return False
    spans = _comments(view, field)
    number = bisect_right(spans, (at, len(field.text) + 1)) - 1
    return number >= 0 and at < spans[number][1]


def _comments(view: View, field: TextField) -> list[tuple[int, int]]:
    """The comments of a description, looked for once."""
    key = ("comments", field.pointer)
    if key not in view.cache:
        view.cache[key] = comments(field.text)
    found: list[tuple[int, int]] = view.cache[key]
    return found
