"""What a description holds: how much text, which elements, what it hides."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from engine.features.markup import Outline, hidden_parts
from engine.features.registry import Field, collection, feature
from engine.features.scan import MAX_TERM, hits
from engine.features.texts import TextField, escape, span
from engine.features.value_words import HIDING
from engine.features.view import View, derived
from engine.findings import Location

UNSAFE, HIDING_GATES = "unsafe_html", "html_hiding"
MAX_PLACES = 50
"""Places shown of one fault; the rest is in the same description."""
WIDGET = re.compile(r"<kse:widget\b[^<>]*>", re.IGNORECASE)
RELATION = re.compile(r"type\s*=\s*[\"']?(?:relation|relatedproduct)\b", re.IGNORECASE)
PAIRED = (("div", "/div"), ("table", "/table"), ("ul", "/ul"))
PAIRED_NAMES = frozenset({"div", "table", "ul"})
SPACES = b" \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f"
"""What `str.split` parts ASCII text at."""
PLAIN_LINE = 20
"""Letters from which a text between tags is a sentence and not a label. A bound of the measure."""


@derived
def html_fields(view: View) -> list[TextField]:
    """The descriptions in every form and language, as `texts` has them."""
    listing = view.listing
    found = []
    if listing.description:
        found.append(TextField("/description", listing.description, "description"))
    if listing.mobile_description:
        found.append(TextField("/mobile_description", listing.mobile_description, "mobile_description"))
    for locale, text in listing.descriptions.items():
        if text:
            found.append(TextField(f"/descriptions/{escape(locale)}", text, "localized_description"))
    return found


@derived
def visible_text(view: View) -> str:
    """The text of the description without its tags, entities as written."""
    return outline(view).visible


@derived
def outline(view: View) -> Outline:
    """The description, read once."""
    return Outline(view.listing.description or "")


def _start(view: View, value: object) -> list[Location]:
    text = view.listing.description
    return [Location("/description", 0, min(len(text), 60), text[:60])] if text else [Location("/description")]


@feature(
    "description.text_length",
    type="int",
    unit="characters",
    reads=("description",),
    nullable=True,
    locate=_start,
    en="Letters, digits and marks a reader sees in the description, without spaces and tags",
    zh="详情描述中可读文字的字符数（不含空格和标签）",
)
def description_text_length(view: View) -> int | None:
    """None without a description."""
    return None if view.listing.description is None else _text_length(view)


@derived
def _text_length(view: View) -> int:
    text = outline(view).visible
    if "&" in text and "&nbsp;" in text:
        text = text.replace("&nbsp;", " ")
    if text.isascii():
        return len(text.encode().translate(None, SPACES))
    return len("".join(text.split()))


@feature(
    "description.image_count",
    type="int",
    unit="images",
    reads=("description",),
    nullable=True,
    locate=_start,
    en="Pictures in the description",
    zh="详情描述中的图片数",
)
def description_image_count(view: View) -> int | None:
    """<img> elements; None without a description."""
    text = view.listing.description
    if text is None:
        return None
    names = outline(view).names
    if names is not None:
        return names.count("img") + names.count("img/")
    return text.count("<img") + text.count("<IMG") + text.count("<Img")


@feature(
    "description.is_missing",
    type="bool",
    reads=("description",),
    locate=_start,
    en="Whether the description is missing, or holds neither text nor picture nor module",
    zh="详情描述是否缺失（无文字、图片或模块）",
)
def description_is_missing(view: View) -> bool:
    """True without a description and for one of empty tags."""
    text = view.listing.description
    if not text or text.isspace():
        return True
    return not (_text_length(view) or "<img" in text or description_image_count(view) or "<kse:" in text)


@feature(
    "description.has_mobile",
    type="bool",
    reads=("mobile_description",),
    nullable=True,
    locate=lambda view, value: [Location("/mobile_description")],
    en="Whether the mobile description says anything",
    zh="是否有无线端详情描述",
)
def description_has_mobile(view: View) -> bool | None:
    """None when nothing is known of a mobile description; False when it is given and empty."""
    text = view.listing.mobile_description
    return None if text is None else bool(text.strip())


@feature(
    "description.module_count",
    type="int",
    unit="modules",
    reads=("description",),
    nullable=True,
    locate=lambda view, value: _widgets(view, relation=False),
    en="Information modules (kse:widget) in the description",
    zh="详情描述中的产品信息模块数",
)
def description_module_count(view: View) -> int | None:
    """None without a description."""
    return None if view.listing.description is None else len(_widgets(view, relation=False))


@feature(
    "description.relation_module_count",
    type="int",
    unit="modules",
    reads=("description",),
    nullable=True,
    locate=lambda view, value: _widgets(view, relation=True),
    en="Modules of related products in the description",
    zh="详情描述中的关联产品模块数",
)
def description_relation_module_count(view: View) -> int | None:
    """None without a description."""
    return None if view.listing.description is None else len(_widgets(view, relation=True))


def _widgets(view: View, *, relation: bool) -> list[Location]:
    if outline(view).names is not None:
        return []
    text = view.listing.description or ""
    if "kse:" not in text:
        return []
    return [
        Location("/description", match.start(), match.end(), match.group())
        for match in WIDGET.finditer(text)
        if not relation or RELATION.search(match.group())
    ]


@derived
def _repeated(view: View) -> tuple[int, str]:
    """(times, text) of the sentence that stands most often between tags."""
    long = [part for part in outline(view).texts if len(part) >= PLAIN_LINE]
    lines = [line for part in long if len(line := part.strip()) >= PLAIN_LINE]
    if len(set(lines)) == len(lines):
        return (1 if lines else 0), ""
    counts: dict[str, int] = {}
    for line in lines:
        counts[line] = counts.get(line, 0) + 1
    best = max(counts, key=lambda line: counts[line])
    return counts[best], best


@feature(
    "description.repeated_sentence_count",
    type="int",
    unit="occurrences",
    reads=("description",),
    nullable=True,
    locate=lambda view, value: _places(view.listing.description or "", _repeated(view)[1]),
    en="How often the most repeated sentence of the description stands in it",
    zh="详情描述中重复最多的句子出现的次数",
)
def description_repeated_sentence_count(view: View) -> int | None:
    """Sentences of at least 20 characters between tags; None without a description."""
    return None if view.listing.description is None else _repeated(view)[0]


def _places(text: str, part: str) -> list[Location]:
    found: list[Location] = []
    at = text.find(part) if part else -1
    while at >= 0 and len(found) < MAX_PLACES:
        found.append(Location("/description", at, at + len(part), part))
        at = text.find(part, at + len(part))
    return found


@derived
def _unsafe(view: View) -> dict[str, list[Location]]:
    """Filtered elements and event handlers: name → places. Names and terms come from the list `unsafe_html`."""
    found: dict[str, list[Location]] = {}
    words = view.resources.lists.get(UNSAFE)
    if words is None or UNSAFE not in hits(view):
        return found
    sources = {field.pointer: field.text for field in html_fields(view)}
    for hit in hits(view)[UNSAFE]:
        place = hit.locations[0]
        text = sources.get(place.pointer)
        if text is None or place.start is None or place.end is None:
            continue
        after = text[place.end : place.end + 1]
        if hit.term.startswith("<"):
            if after.isalnum():
                continue
        elif not _in_tag(text, place.start):
            continue
        places = found.setdefault(words.notes.get(hit.term, hit.term), [])
        if len(places) < MAX_PLACES:
            places.append(place)
    return found


def _in_tag(text: str, at: int) -> bool:
    """Whether the position is inside a tag (looking back a bounded way)."""
    window = text[max(0, at - 1000) : at]
    return window.rfind("<") > window.rfind(">")


@feature(
    "description.unsafe_elements",
    type="list[str]",
    reads=("description", "mobile_description", "descriptions"),
    locate=lambda view, value: [place for places in _unsafe(view).values() for place in places][:MAX_PLACES],
    en="Elements and event handlers that the platform filters: script, iframe, form, input, style, onclick …",
    zh="平台会过滤的元素和事件：script、iframe、form、input、style、onclick 等",
)
def description_unsafe_elements(view: View) -> list[str]:
    """Their names, without repeats, in the order they stand."""
    return list(_unsafe(view))


@feature(
    "description.unclosed_elements",
    type="list[str]",
    reads=("description",),
    nullable=True,
    locate=_start,
    en="Of div, table and ul (written in lower case): elements opened more often than closed",
    zh="div、table、ul（小写）中开始标签多于结束标签的元素",
)
def description_unclosed_elements(view: View) -> list[str] | None:
    """Their names; None without a description."""
    text = view.listing.description
    if text is None:
        return None
    names = outline(view).names
    if names is None:
        return [name for name, _ in PAIRED if f"<{name}" in text and _opened(text, name) > text.count(f"</{name}>")]
    used = PAIRED_NAMES.intersection(names)
    return [name for name, end in PAIRED if name in used and names.count(name) > names.count(end)] if used else []


def _opened(text: str, name: str) -> int:
    return text.count(f"<{name}>") + text.count(f"<{name} ")


class HiddenText(NamedTuple):
    """Text that a buyer does not see. `technique`: display_none, visibility_hidden, zero_size, transparent,
    off_screen, hidden_attribute or white_text."""

    technique: str
    text: str
    locations: tuple[Location]


@derived
def hidden(view: View) -> Sequence[HiddenText]:
    """Every hidden text of every description, at most MAX_PLACES a description."""
    gates = hits(view).get(HIDING_GATES, ())
    if not gates:
        return ()
    opened = {hit.locations[0].pointer for hit in gates}
    see_all = len(gates) >= MAX_TERM
    found: list[HiddenText] = []
    for field in html_fields(view):
        if see_all or field.pointer in opened:
            for part in hidden_parts(field.text)[:MAX_PLACES]:
                place = span(field, part.start, part.end)
                found.append(HiddenText(part.technique, place.text or "", (place,)))
    return found


@collection(
    "description.hidden_texts",
    item={
        "technique": Field(
            "str",
            "display_none, visibility_hidden, zero_size, transparent, off_screen, hidden_attribute or white_text",
            "隐藏方式：display_none、zero_size、transparent、off_screen、white_text 等",
            words=HIDING,
        ),
        "text": Field("str", "The hidden text", "被隐藏的文字"),
    },
    reads=("description", "mobile_description", "descriptions"),
    en="Texts in the description that a buyer does not see",
    zh="详情描述中买家看不到的文字",
)
def description_hidden_texts(view: View) -> Sequence[HiddenText]:
    """One item for each hidden text between two tags."""
    return hidden(view)
