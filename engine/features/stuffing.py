"""What a title repeats: one keyword many times, a phrase, a word twice, synonyms in a row.

Counting is of keywords, not of strings (`engine.features.keywords`), and leaves alone what repeats for a reason
(`engine.features.repetition`). The word lists are the pack's; a listing with none still counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from engine.features.keywords import (
    DOUBLE_NAMES,
    DOUBLING_FAULTS,
    IGNORED,
    JOINED,
    JOINERS,
    LIST_GAP,
    NOTHING,
    STOP,
    Keyword,
    Repetition,
    groups_of,
    has_digit,
    keywords,
    stem,
    words_of,
)
from engine.features.registry import Field, collection, feature
from engine.features.repetition import repeated_keyword, repeated_phrase
from engine.features.texts import TextField, escape, span
from engine.features.tokens import title_tokens, title_words, tokenize
from engine.features.view import View, derived
from engine.findings import Location


@derived
def _title_keywords(view: View) -> list[Keyword]:
    return keywords(title_tokens(view))


@derived
def title_stems(view: View) -> list[str]:
    """The words of the title, singular and plural made one."""
    return list(map(stem, title_words(view).words))


@derived
def _repeats(view: View) -> bool:
    """Whether any word but a stop word stands twice: without one nothing below has to be looked for."""
    stems = title_stems(view)
    if len(set(stems)) < len(stems):
        stop = words_of(view, STOP)
        seen: set[str] = set()
        for word in stems:
            if word in seen and word not in stop:
                return True
            seen.add(word)
    if title_words(view).is_plain:
        return False
    title = view.title or ""
    if not title.isascii():
        return True
    return ("/" in title or "&" in title or "+" in title) and any(not JOINED.isdisjoint(word) for word in stems)


@derived
def _top(view: View) -> Repetition:
    title = view.title
    return repeated_keyword(title, _title_keywords(view), view) if title else NOTHING


def _title_spans(view: View, spans: Sequence[tuple[int, int]]) -> list[Location]:
    title = view.title or ""
    return [Location("/title", start, end, title[start:end]) for start, end in spans]


def _locate_top(view: View, value: object) -> list[Location]:
    return _title_spans(view, _top(view).spans)


@feature(
    "title.top_term",
    type="str",
    reads=("title",),
    nullable=True,
    locate=_locate_top,
    en="The keyword that stands most often in the title, without sizes, models, colours, units and stop words",
    zh="标题中出现次数最多的关键词（不计尺码、型号、颜色、单位和虚词）",
)
def title_top_term(view: View) -> str | None:
    """The keyword as first written, in lower case; None without a keyword."""
    return _top(view).term or None


@feature(
    "title.top_term_count",
    type="int",
    unit="occurrences",
    reads=("title",),
    nullable=True,
    locate=_locate_top,
    en="How often that keyword stands in the title, plural and case variants included",
    zh="该关键词在标题中出现的次数（含单复数和大小写变体）",
)
def title_top_term_count(view: View) -> int | None:
    """Places that count as repetition, 1 when no word stands twice; None without a title."""
    if not view.title:
        return None
    return len(_top(view).spans) if _repeats(view) else 1


@derived
def _phrase(view: View) -> Repetition:
    title = view.title
    return repeated_phrase(title, _title_keywords(view), view) if title and _repeats(view) else NOTHING


@feature(
    "title.repeated_phrase",
    type="str",
    reads=("title",),
    nullable=True,
    locate=lambda view, value: _title_spans(view, _phrase(view).spans),
    en="The longest phrase of two or more words that stands more than once in the title",
    zh="标题中重复出现的最长词组（两个词以上）",
)
def title_repeated_phrase(view: View) -> str | None:
    """The phrase as first written, in lower case; None when no phrase is repeated."""
    return _phrase(view).term or None


@feature(
    "title.repeated_phrase_count",
    type="int",
    unit="occurrences",
    reads=("title",),
    nullable=True,
    locate=lambda view, value: _title_spans(view, _phrase(view).spans),
    en="How often the title says its most repeated phrase of two or more words",
    zh="标题中重复词组（两个词以上）出现的次数",
)
def title_repeated_phrase_count(view: View) -> int | None:
    """Places of the repeated phrase, 1 when none is said again, 0 for a single word; None without a title."""
    if not view.title:
        return None
    return len(_phrase(view).spans) or int(len(title_stems(view)) > 1)


@derived
def _doubled(view: View) -> list[Keyword]:
    title = view.title
    if not title or not _repeats(view):
        return []
    words = _title_keywords(view)
    names, common, ignored = words_of(view, DOUBLE_NAMES), words_of(view, DOUBLING_FAULTS), words_of(view, IGNORED)
    found = []
    for index, (left, right) in enumerate(pairwise(words)):
        if left.stem != right.stem or not left.stem.isalpha() or left.stem in names:
            continue
        if left.stem in ignored and index and words[index - 1].stem in JOINERS:
            continue  # "black and white, white gold"
        is_code = right.end < len(title) and title[right.end] == "_"
        if title[left.end : right.start] == " " and not is_code and (len(left.stem) > 4 or left.stem in common):
            found.append(right)
    return found


@feature(
    "title.doubled_words",
    type="list[str]",
    reads=("title",),
    nullable=True,
    locate=lambda view, value: _title_spans(view, [(word.start, word.end) for word in _doubled(view)]),
    en="Words written twice in a row (known names such as Bora Bora and short names left out)",
    zh="连续重复书写的词（Bora Bora 等固有叠词和短名称除外）",
)
def title_doubled_words(view: View) -> list[str] | None:
    """The second one of each pair, as written; None without a title."""
    title = view.title
    if not title:
        return None
    return [title[word.start : word.end] for word in _doubled(view)] if _repeats(view) else []


@derived
def _in_groups(view: View) -> bool:
    """Whether at least two words of the title have known synonyms."""
    groups = groups_of(view)
    return sum(map(groups.__contains__, title_stems(view))) > 1


@derived
def _synonyms(view: View) -> list[Keyword]:
    """The longest run of different words for the same thing, at most one other word between two of them."""
    title, groups = view.title, groups_of(view)
    if not title or not groups or not _in_groups(view):
        return []
    best: list[Keyword] = []
    runs: dict[str, tuple[int, list[Keyword]]] = {}
    for index, word in enumerate(_title_keywords(view)):
        group = groups.get(word.stem)
        if group is None:
            continue
        last, run = runs.get(group, (-9, []))
        if index - last > 2:
            run = []
        if all(word.stem != other.stem for other in run):
            run = [*run, word]
        runs[group] = (index, run)
        if len(run) > len(best):
            best = run
    return best


@feature(
    "title.synonym_run",
    type="list[str]",
    reads=("title",),
    nullable=True,
    locate=lambda view, value: _title_spans(view, [(word.start, word.end) for word in _synonyms(view)]),
    en="Different words for the same thing that follow each other in the title",
    zh="标题中连续出现的同义词",
)
def title_synonym_run(view: View) -> list[str] | None:
    """The words as written, in order; None without a title."""
    title = view.title
    if not title:
        return None
    return [title[word.start : word.end] for word in _synonyms(view)] if _in_groups(view) else []


@derived
def _keyword_list(view: View) -> list[tuple[int, int]]:
    """The longest run of comma-separated segments that end in the same word or in words for the same thing."""
    title = view.title
    if not title or title_words(view).is_plain or not LISTED.search(title) or not (_repeats(view) or _in_groups(view)):
        return []
    words, groups, ignored = _title_keywords(view), groups_of(view), words_of(view, IGNORED)
    best: list[tuple[int, int]] = []
    run: list[tuple[int, int]] = []
    head, begin = "", 0
    for index, word in enumerate(words):
        is_last = index == len(words) - 1
        if not is_last and not LIST_GAP.match(title[word.end : words[index + 1].start]):
            continue
        key = groups.get(word.stem, word.stem)
        same = key == head and key not in ignored and not has_digit(key) and index - begin < SEGMENT_WORDS
        run = [*run, (words[begin].start, word.end)] if same else [(words[begin].start, word.end)]
        head, begin = key, index + 1
        if len(run) > len(best):
            best = run
    return best


LISTED = re.compile(r"[,;|，、；/]")
SEGMENT_WORDS = 5
"""What has this many words or more is a clause and no keyword. A bound of the measure, not of the policy."""


@feature(
    "title.keyword_list_length",
    type="int",
    unit="keywords",
    reads=("title",),
    nullable=True,
    locate=lambda view, value: _title_spans(view, _keyword_list(view)),
    en="The longest comma-separated run of keywords for the same thing (gym shorts, swim shorts, running shorts)",
    zh="标题中以逗号分隔、指同一商品的关键词的最长连续个数",
)
def title_keyword_list_length(view: View) -> int | None:
    """Segments in the run, 0 when there is no list; None without a title."""
    if not view.title:
        return None
    found = len(_keyword_list(view))
    return found if found > 1 else 0


class LocalizedTitle(NamedTuple):
    """A title in another language, measured as the main one is."""

    locale: str
    length: int
    top_term: str
    top_term_count: int
    locations: tuple[Location, ...]


@collection(
    "localized_titles",
    item={
        "locale": Field("str", "Language and country of the title", "标题的语言"),
        "length": Field("int", "Code points in the title", "标题字符数", unit="characters"),
        "top_term": Field("str", "The keyword that stands most often", "出现最多的关键词"),
        "top_term_count": Field("int", "How often it stands there", "出现次数", unit="occurrences"),
    },
    reads=("titles",),
    en="The titles in other languages",
    zh="多语言标题",
)
def localized_titles(view: View) -> Sequence[LocalizedTitle]:
    """One item for each other language with a title."""
    if not view.listing.titles:
        return ()
    found = []
    for locale, title in view.listing.titles.items():
        if title:
            top = repeated_keyword(title, keywords(tokenize(title)), view)
            text = TextField(f"/titles/{escape(locale)}", title, "localized_title")
            places = tuple(span(text, start, end) for start, end in top.spans)
            found.append(LocalizedTitle(locale, len(title), top.term, len(top.spans), places))
    return found
