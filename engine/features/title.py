"""What can be read off a title (and the keyword fields) at once: length, capitals, spaces, decoration, prices."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from engine.features.keywords import stem
from engine.features.registry import Field, collection, feature
from engine.features.stuffing import title_stems
from engine.features.tokens import Words, title_words
from engine.features.view import View, derived
from engine.findings import Location

CAPITALS = re.compile(r"(?<![A-Za-z0-9_-])[A-Z]{4,}(?![A-Za-z0-9_])(?!-\w{0,20}\d)")
"""Whole words only: the letters of a model ("SNTH-3", "WNDR4000") are no shouting."""
FOUR_CAPITALS = re.compile(r"[A-Z][A-Z][A-Z][A-Z]")
WORDS = re.compile(r"[A-Za-z]{4,}")
LETTER = re.compile(r"[a-z]")
IDEOGRAM = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
SPACES = re.compile(r"^\s+|\s+\Z|\s{2,}|[\t\r\n\v\f\u2028\u2029]")
MARKS = re.compile(r"([!?*~#=^<>_-])\1\1+|\.{4,}|!!+\s*\Z")
NOISY = frozenset("!?*~#=^<>_")
SYMBOLS = re.compile(
    "[\u2190-\u2193\u21d0-\u21ff\u23e9-\u23fa\u2460-\u24ff\u25a0-\u25ff\u2600-\u2669\u266b-\u26ff\u2700-\u27bf\u2b00-\u2bff"
    "\u3008-\u3011\u3014-\u301b\uff01\uff0a\uff5e\U0001f000-\U0001faff][\ufe0f\u20e3]?"
)
MONEY = frozenset("$€£¥₽₹￥%")
PRICE = re.compile(
    r"(?<![\w$])(?:(?:us|usd|au|ca|c|a)\s?)?[$€£¥₽₹￥]\s?\d{1,6}(?:[.,]\d{1,3})?(?![\w%]|\s(?:warranty|guarantee))"
    r"|(?<![\w.,])\d{1,6}(?:[.,]\d{1,2})?\s?(?:[$€£¥₽₹￥](?!\w)|(?:usd|rmb|cny)\b)"
    r"|\b(?:usd|rmb|cny)\s?\d{1,6}(?:[.,]\d{1,2})?\b"
)
DISCOUNT = re.compile(
    r"(?<![\w.,])-?\d{1,2}\s?%\s?(?:off\b|discount\b|rebate\b|cheaper\b|rabatt\b|скидк\w{0,2})"
    r"|(?<![\w.,])-?\d{1,2}\s?%\sde\s(?:descuento|desconto)\b"
    r"|\b(?:save|discount|sale)\s(?:up to\s)?\d{1,2}\s?%"
    r"|\bскидка\s(?:до\s)?\d{1,2}\s?%"
)


def _spans(view: View, spans: Sequence[tuple[int, int]]) -> list[Location]:
    title = view.listing.title or ""
    return [Location("/title", start, end, title[start:end]) for start, end in spans]


def _written(view: View, spans: Sequence[tuple[int, int]]) -> list[str]:
    title = view.listing.title or ""
    return [title[start:end] for start, end in spans]


@feature(
    "title.is_missing",
    type="bool",
    reads=("title",),
    locate=lambda view, value: _whole(view, value) if view.listing.title else [Location("/title")],
    en="Whether there is no title, or one of spaces only",
    zh="标题是否缺失或只有空格",
)
def title_is_missing(view: View) -> bool:
    """True without a title or with a blank one."""
    title = view.listing.title
    return not title or title.isspace()


def _whole(view: View, value: object) -> list[Location]:
    title = view.listing.title or ""
    return [Location("/title", 0, len(title), title)]


@feature(
    "title.length",
    type="int",
    unit="characters",
    reads=("title",),
    nullable=True,
    locate=_whole,
    en="Code points in the title",
    zh="标题的字符数",
)
def title_length(view: View) -> int | None:
    """Length in code points; None without a title."""
    title = view.listing.title
    return len(title) if title else None


@feature(
    "title.word_count",
    type="int",
    unit="words",
    reads=("title",),
    nullable=True,
    locate=_whole,
    en="Words with a letter in the title (a Chinese character counts as one)",
    zh="标题中含字母的词数（每个汉字计一个）",
)
def title_word_count(view: View) -> int | None:
    """Words with at least one letter; None when the title is missing or blank."""
    title = view.listing.title
    if not title or title.isspace():
        return None
    found = title_words(view)
    if found.is_plain:
        return len(found.words) - sum(map(str.isdigit, found.words))
    count = 0
    for word in found.words:
        if word.isascii():
            count += word.isalpha() or LETTER.search(word) is not None
        else:
            count += len(IDEOGRAM.findall(word)) or 1
    return count


@derived
def _capitals(view: View) -> list[tuple[int, int]]:
    title = view.listing.title or ""
    return [match.span() for match in CAPITALS.finditer(title)] if FOUR_CAPITALS.search(title) else []


@feature(
    "title.capital_words",
    type="list[str]",
    reads=("title",),
    nullable=True,
    locate=lambda view, value: _spans(view, _capitals(view)),
    en="Words of four letters or more written in capitals",
    zh="全大写的单词（四个字母以上）",
)
def title_capital_words(view: View) -> list[str] | None:
    """The words as written; None without a title."""
    spans = _capitals(view)
    if not spans:
        return [] if view.listing.title else None
    return _written(view, spans)


NONE = Decimal(0)


@feature(
    "title.capital_share",
    type="decimal",
    unit="share",
    reads=("title",),
    nullable=True,
    locate=lambda view, value: _spans(view, _capitals(view)),
    en="Share of the words of four letters or more that are written in capitals",
    zh="四个字母以上的单词中全大写的比例",
)
def title_capital_share(view: View) -> Decimal | None:
    """0 to 1, to two places; None without a title."""
    title = view.listing.title
    if not title:
        return None
    capitals = len(_capitals(view))
    if not capitals:
        return NONE
    return round(Decimal(capitals) / max(len(WORDS.findall(title)), capitals), 2)


@derived
def _extra_spaces(view: View) -> list[tuple[int, int]]:
    title = view.listing.title
    if not title or ("  " not in title and title.isprintable() and title == title.strip()):
        return []
    return [match.span() for match in SPACES.finditer(title)]


@feature(
    "title.extra_spaces",
    type="list[str]",
    reads=("title",),
    nullable=True,
    locate=lambda view, value: _spans(view, _extra_spaces(view)),
    en="Spaces at the ends of the title, doubled ones, tabs and line breaks",
    zh="标题首尾空格、连续空格、制表符和换行",
)
def title_extra_spaces(view: View) -> list[str] | None:
    """Every such run as written; None without a title."""
    spans = _extra_spaces(view)
    if not spans:
        return [] if view.listing.title else None
    return _written(view, spans)


@derived
def _decorations(view: View) -> list[tuple[int, int]]:
    title = view.listing.title
    if not title or title_words(view).is_plain:
        return []
    is_plain = NOISY.isdisjoint(title) and "---" not in title and "..." not in title
    found = [] if is_plain else [match.span() for match in MARKS.finditer(title)]
    if not title.isascii():
        found += [match.span() for match in SYMBOLS.finditer(title)]
        found.sort()
    return found


@feature(
    "title.decorations",
    type="list[str]",
    reads=("title",),
    nullable=True,
    locate=lambda view, value: _spans(view, _decorations(view)),
    en="Emoji, stars, arrows, framing brackets and repeated marks (!!!, ***)",
    zh="表情符号、星号、箭头、装饰括号和重复标点（!!!、***）",
)
def title_decorations(view: View) -> list[str] | None:
    """Every mark as written; None without a title."""
    spans = _decorations(view)
    if not spans:
        return [] if view.listing.title else None
    return _written(view, spans)


@derived
def _prices(view: View) -> list[tuple[int, int]]:
    found = title_words(view)
    lower = found.lower
    has_money = not found.is_plain and not MONEY.isdisjoint(lower)
    if not (has_money or "usd" in lower or "rmb" in lower or "cny" in lower):
        return []
    return sorted(match.span() for pattern in (PRICE, DISCOUNT) for match in pattern.finditer(lower))


@feature(
    "title.prices",
    type="list[str]",
    reads=("title",),
    nullable=True,
    locate=lambda view, value: _spans(view, _prices(view)),
    en="Amounts of money and percentages off in the title",
    zh="标题中的金额和折扣",
)
def title_prices(view: View) -> list[str] | None:
    """Every amount as written; None without a title."""
    spans = _prices(view)
    if not spans:
        return [] if view.listing.title else None
    return _written(view, spans)


class KeywordField:
    """One of the keyword fields."""

    __slots__ = ("_index", "is_in_title", "is_repeated", "text")

    def __init__(self, index: int, text: str, is_repeated: bool, is_in_title: bool) -> None:
        self._index = index
        self.text = text
        self.is_repeated = is_repeated
        self.is_in_title = is_in_title

    @property
    def locations(self) -> tuple[Location]:
        """The whole field."""
        return (Location(f"/keywords/{self._index}", 0, len(self.text), self.text),)


@collection(
    "keyword_fields",
    item={
        "text": Field("str", "What the field says", "关键词内容"),
        "is_repeated": Field(
            "bool", "An earlier field says the same (case, plural and word order aside)", "与前面的关键词重复"
        ),
        "is_in_title": Field("bool", "The title says just that already", "标题已包含该关键词"),
    },
    reads=("keywords", "title"),
    en="The keyword fields (three in the platform's older interface)",
    zh="关键词字段（旧接口为三个）",
)
def keyword_fields(view: View) -> Sequence[KeywordField]:
    """One item for each keyword field that is not empty."""
    listing = view.listing
    if not listing.keywords:
        return ()
    stems = title_stems(view)
    in_title = set(stems)
    seen: set[tuple[str, ...]] = set()
    found = []
    for index, keyword in enumerate(listing.keywords):
        words = list(map(stem, Words(keyword).words))
        if not words:
            continue
        is_said = in_title.issuperset(words) and f" {' '.join(words)} " in f" {' '.join(stems)} "
        words.sort()
        key = tuple(words)
        found.append(KeywordField(index, keyword, key in seen, is_said))
        seen.add(key)
    return found


@feature(
    "keyword_fields.count",
    type="int",
    unit="fields",
    reads=("keywords",),
    locate=lambda view, value: [
        Location(f"/keywords/{index}", 0, len(keyword), keyword) for index, keyword in enumerate(view.listing.keywords)
    ],
    en="Keyword fields that are given",
    zh="已填写的关键词字段数",
)
def keyword_field_count(view: View) -> int:
    """How many keywords the listing gives."""
    return len(view.listing.keywords)
