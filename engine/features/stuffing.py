"""What a title repeats: one keyword many times, a phrase, a word twice, synonyms in a row.

Counting is of keywords, not of strings: plural and case variants are one keyword, while sizes, numbers, units, colours
and materials (list `title_spec_words`), a model series ("iPad 2, iPad 3"), "X to X", doubled names ("Bora Bora") and
the device an accessory is for do not count. The word lists are the pack's; a listing with none still counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from engine.features.registry import Field, collection, feature
from engine.features.texts import TextField, escape, span
from engine.features.tokens import Token, title_tokens, tokenize
from engine.features.view import View, derived
from engine.findings import Location

IGNORED, STOP, SYNONYMS = "title_spec_words", "title_stop_words", "title_synonyms"
DOUBLE_NAMES, DIGIT_WORDS, DOUBLING_FAULTS = "double_names", "digit_words", "doubling_faults"
ENGLISH_STOP = frozenset({"for", "fits", "fit", "compatible", "suitable"})
JOINERS = frozenset({"and", "to", "by", "or", "n", "vs", "on", "in", "y", "e", "et", "und", "и"})
MODEL_SUFFIXES = frozenset(
    {"ii", "iii", "iv", "v", "vi", "mini", "pro", "plus", "max", "air", "se", "lite", "ultra", "retina"}
)
VERSION_LEADS = frozenset({"from", "upgrade"})
HAN = re.compile(r"[\u3400-\u9fff]")
GAP = frozenset({" ", "-", "\u00a0", "  "})
LIST_GAP = re.compile(r"\s*[,;|/，、；]\s*\Z")


IRREGULAR = {
    "women": "woman", "men": "man", "knives": "knife", "shelves": "shelf", "scarves": "scarf", "feet": "foot",
    **{word: word for word in ("thermos", "lens", "gas", "canvas", "bias", "atlas", "jeans", "always", "series")},
}  # fmt: skip


class Keyword(NamedTuple):
    """One counted word of a title: its stem, and its span [start, end) in the title."""

    stem: str
    start: int
    end: int


class Repetition(NamedTuple):
    """`term` as first written in lower case, and the spans of every counted place."""

    term: str
    spans: tuple[tuple[int, int], ...]


NOTHING = Repetition("", ())


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """One form for singular, plural and possessive: "boxes", "box", "box's" → "box"."""
    word = word.replace("’", "'")
    word = word.removesuffix("'s").removesuffix("'")
    if word in IRREGULAR:
        return IRREGULAR[word]
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _words(view: View, list_id: str) -> frozenset[str]:
    found = view.resources.lists.get(list_id)
    return found.members or frozenset(found.terms) if found is not None else frozenset()


def _groups(view: View) -> Mapping[str, str]:
    found = view.resources.lists.get(SYNONYMS)
    return found.notes if found is not None else {}


def keywords(tokens: Iterable[Token]) -> list[Keyword]:
    """Every word as (stem, start, end). Chinese runs are segmented (rjieba, loaded when first met)."""
    found: list[Keyword] = []
    for word, start, end in tokens:
        if not word.isascii() and HAN.search(word):
            import rjieba

            at = start
            for part in rjieba.cut(word):
                found.append(Keyword(part, at, at + len(part)))
                at += len(part)
        elif "/" in word or "&" in word or "+" in word:
            found.extend(Keyword(stem(m.group()), start + m.start(), start + m.end()) for m in PART.finditer(word))
        else:
            found.append(Keyword(stem(word), start, end))
    return found


PART = re.compile(r"[^/&+]+")
JOINED = frozenset("/&+")


def _has_digit(word: str) -> bool:
    return not word.isalpha() and any(char.isdigit() for char in word)


def _names_a_model(word: str, digit_words: frozenset[str]) -> bool:
    """A number, a model ("mp450"), a single letter or a suffix ("pro"): the word before is a series, not a repeat."""
    return (
        (len(word) == 1 and word.isascii()) or word in MODEL_SUFFIXES or (_has_digit(word) and word not in digit_words)
    )


def repeated_keyword(title: str, words: Sequence[Keyword], view: View) -> Repetition:
    """The keyword that stands most often, with the places that count; NOTHING when no word counts."""
    ignored, digit_words = _words(view, IGNORED) | _words(view, STOP), _words(view, DIGIT_WORDS)
    doubles = _words(view, DOUBLE_NAMES)
    places: dict[str, list[int]] = {}
    for index, word in enumerate(words):
        if _counts_as_keyword(word.stem, ignored, digit_words):
            places.setdefault(word.stem, []).append(index)
    best = NOTHING
    for key, indexes in places.items():
        kept = indexes
        if len(indexes) > 1:
            is_name = key in doubles
            kept = _counted(title, words, indexes, is_name=is_name, ignored=ignored, digit_words=digit_words)
        if len(kept) > len(best.spans):
            first = words[kept[0]]
            spans = tuple((words[i].start, words[i].end) for i in kept)
            best = Repetition(title[first.start : first.end].lower(), spans)
    return best


def _counts_as_keyword(key: str, ignored: frozenset[str], digit_words: frozenset[str]) -> bool:
    return (
        len(key) > 1 and key not in ignored and key not in ENGLISH_STOP and (key in digit_words or not _has_digit(key))
    )


def _is_measure(words: Sequence[Keyword], index: int, ignored: frozenset[str]) -> bool:
    """A number with its unit ("750 ml", "750ml") says a size and makes no series of the word before."""
    word = words[index].stem
    if word.isdecimal():
        return index + 1 < len(words) and words[index + 1].stem in ignored
    return word[:1].isdecimal() and word.lstrip("0123456789.") in ignored


def _counted(
    title: str,
    words: Sequence[Keyword],
    indexes: Sequence[int],
    *,
    is_name: bool,
    ignored: frozenset[str],
    digit_words: frozenset[str],
) -> list[int]:
    """Those places of one keyword that are repetition and not a series, a pair, a name or the device it is for."""
    kept: list[int] = []
    last = len(words) - 1
    for index in indexes:
        word = words[index]
        if index and (before := words[index - 1]) and _has_digit(before.stem) and before.stem.isdecimal():
            continue
        if index < last:
            after = words[index + 1]
            is_model = title[word.end : after.start] in GAP and _names_a_model(after.stem, digit_words)
            if is_model and not _is_measure(words, index + 1, ignored):
                continue
        if kept and _pairs_with(title, words, kept[-1], index):
            continue
        if word.start and title[word.start - 1] == "_":
            continue
        kept.append(index)
    kept = _without_doubles(title, words, kept, is_name)
    return _without_device(title, words, kept)


def _pairs_with(title: str, words: Sequence[Keyword], left: int, right: int) -> bool:
    """ "X to X", "X and X", "X & X": one statement of two."""
    if right - left == 2 and words[left + 1].stem in JOINERS:
        return True
    return right - left == 1 and title[words[left].end : words[right].start].strip() in {"&", "+"}


def _without_doubles(title: str, words: Sequence[Keyword], kept: list[int], is_name: bool) -> list[int]:
    """A word written exactly twice in a row counts once (a name, or the fault of `title.doubled_words`)."""
    result: list[int] = []
    run: list[int] = []
    for index in [*kept, -9]:
        if run and index == run[-1] + 1 and title[words[run[-1]].end : words[index].start].isspace():
            run.append(index)
            continue
        result.extend(run[:1] if is_name or len(run) == 2 else run)
        run = [index]
    return result


def _without_device(title: str, words: Sequence[Keyword], kept: list[int]) -> list[int]:
    """Behind "for" stands what the goods are for: "watch strap for Apple Watch, smart watch", "for Abc X, Abc Y".

    A keyword that also stands before counts once there, and the first word of a further device in a list does not.
    """
    start = next((i for i, word in enumerate(words) if word.stem in ENGLISH_STOP), None)
    if start is None:
        return kept
    before = [index for index in kept if index < start]
    behind = [index for index in kept if index > start]
    return before + behind[:1] if before else [i for i in behind if i == behind[0] or not _leads_item(title, words, i)]


def _leads_item(title: str, words: Sequence[Keyword], index: int) -> bool:
    """The word opens an item of a list and does not end it."""
    return _follower(title, words, index + 1) is not None and _opens_item(title, words, index)


@derived
def _title_keywords(view: View) -> list[Keyword]:
    return keywords(title_tokens(view))


@derived
def title_stems(view: View) -> list[str]:
    """The words of the title, singular and plural made one."""
    return [stem(token.lower) for token in title_tokens(view)]


@derived
def _repeats(view: View) -> bool:
    """Whether any word but a stop word stands twice: without one nothing below has to be looked for."""
    stems = title_stems(view)
    if len(set(stems)) < len(stems):
        stop = _words(view, STOP)
        seen: set[str] = set()
        for word in stems:
            if word in seen and word not in stop:
                return True
            seen.add(word)
    title = view.listing.title or ""
    if not title.isascii():
        return True
    return ("/" in title or "&" in title or "+" in title) and any(not JOINED.isdisjoint(word) for word in stems)


@derived
def _top(view: View) -> Repetition:
    title = view.listing.title
    return repeated_keyword(title, _title_keywords(view), view) if title else NOTHING


def _title_spans(view: View, spans: Sequence[tuple[int, int]]) -> list[Location]:
    title = view.listing.title or ""
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
    if not view.listing.title:
        return None
    return len(_top(view).spans) if _repeats(view) else 1


@derived
def _phrase(view: View) -> Repetition:
    title = view.listing.title
    return repeated_phrase(title, _title_keywords(view), view) if title and _repeats(view) else NOTHING


def repeated_phrase(title: str, words: Sequence[Keyword], view: View) -> Repetition:
    """The longest phrase of at least two words that stands twice or more; NOTHING when there is none.

    Words of a phrase follow each other directly; a phrase holds no number, stop word or unit, and is not followed by
    a model, a colour or the like in one of its places (a list of variants), nor led by "from".
    """
    if len(words) < 4:
        return NOTHING
    stop = _words(view, STOP) | ENGLISH_STOP | JOINERS
    digit_words = _words(view, DIGIT_WORDS)
    usable = [
        len(word.stem) > 1 and word.stem not in stop and (word.stem in digit_words or not _has_digit(word.stem))
        for word in words
    ]
    joined = [
        usable[i] and usable[i + 1] and title[words[i].end : words[i + 1].start] in GAP for i in range(len(words) - 1)
    ]
    seen: dict[tuple[str, str], list[int]] = {}
    for index, is_joined in enumerate(joined):
        if is_joined and words[index].stem != words[index + 1].stem:
            seen.setdefault((words[index].stem, words[index + 1].stem), []).append(index)
    best: tuple[int, list[int]] = (0, [])
    for starts in seen.values():
        if len(starts) > 1 and starts[1] - starts[0] > 1:
            length, kept = _grown(title, words, joined, starts, view)
            if len(kept) > 1 and length > best[0]:
                best = (length, kept)
    length, kept = best
    if not kept:
        return NOTHING
    spans = tuple((words[i].start, words[i + length - 1].end) for i in kept)
    return Repetition(title[spans[0][0] : spans[0][1]].lower(), spans)


def _grown(
    title: str, words: Sequence[Keyword], joined: Sequence[bool], starts: list[int], view: View
) -> tuple[int, list[int]]:
    """The phrase at `starts` made as long as all its places allow, without the places that begin a variant."""
    length = 2
    while all(
        start + length - 1 < len(joined)
        and joined[start + length - 1]
        and words[start + length].stem == words[starts[0] + length].stem
        for start in starts
    ) and all(b - a > length for a, b in pairwise(starts)):
        length += 1
    digit_words, ignored = _words(view, DIGIT_WORDS), _words(view, IGNORED)
    after = [_follower(title, words, start + length) for start in starts]
    if all(word is not None and word.stem in ignored for word in after):
        return length, []  # "mug black and mug blue": a list of variants
    first, last = words[starts[0]].stem, words[starts[0] + length - 1].stem
    if length == 2 and last in ignored and first not in ignored:
        return length, []  # "one lens black, one lens black": the colour of two parts
    kept = []
    for start, word in zip(starts, after, strict=True):
        if word is not None:
            is_model = _names_a_model(word.stem, digit_words) and not _is_measure(words, start + length, ignored)
            is_item = start - length in starts and _opens_item(title, words, start)
            if is_model or is_item:
                continue
        if start and (words[start - 1].stem in VERSION_LEADS or _begins_a_part(title, words, start, word)):
            continue
        kept.append(start)
    return length, kept


def _begins_a_part(title: str, words: Sequence[Keyword], start: int, follower: Keyword | None) -> bool:
    """The second of two parts of a set: "neem soap and neem shampoo"."""
    if follower is None:
        return False
    between = title[words[start - 1].end : words[start].start].strip()
    return words[start - 1].stem in JOINERS or between in {"&", "+"}


def _follower(title: str, words: Sequence[Keyword], index: int) -> Keyword | None:
    """The word at `index` when nothing but a space parts it from the one before."""
    if index >= len(words) or title[words[index - 1].end : words[index].start] not in GAP:
        return None
    return words[index]


def _opens_item(title: str, words: Sequence[Keyword], index: int) -> bool:
    """A comma or the like parts the word at `index` from the one before."""
    return LIST_GAP.match(title[words[index - 1].end : words[index].start]) is not None


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
    """Places of the repeated phrase, 0 when none is repeated; None without a title."""
    return len(_phrase(view).spans) if view.listing.title else None


@derived
def _doubled(view: View) -> list[Keyword]:
    title = view.listing.title
    if not title or not _repeats(view):
        return []
    words = _title_keywords(view)
    names, common, ignored = _words(view, DOUBLE_NAMES), _words(view, DOUBLING_FAULTS), _words(view, IGNORED)
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
    title = view.listing.title
    return [title[word.start : word.end] for word in _doubled(view)] if title else None


@derived
def _in_groups(view: View) -> bool:
    """Whether at least two words of the title have known synonyms."""
    groups = _groups(view)
    return sum(map(groups.__contains__, title_stems(view))) > 1


@derived
def _synonyms(view: View) -> list[Keyword]:
    """The longest run of different words for the same thing, at most one other word between two of them."""
    title, groups = view.listing.title, _groups(view)
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
    title = view.listing.title
    return [title[word.start : word.end] for word in _synonyms(view)] if title else None


@derived
def _keyword_list(view: View) -> list[tuple[int, int]]:
    """The longest run of comma-separated segments that end in the same word or in words for the same thing."""
    title = view.listing.title
    if not title or not LISTED.search(title) or not (_repeats(view) or _in_groups(view)):
        return []
    words, groups, ignored = _title_keywords(view), _groups(view), _words(view, IGNORED)
    best: list[tuple[int, int]] = []
    run: list[tuple[int, int]] = []
    head, begin = "", 0
    for index, word in enumerate(words):
        is_last = index == len(words) - 1
        if not is_last and not LIST_GAP.match(title[word.end : words[index + 1].start]):
            continue
        key = groups.get(word.stem, word.stem)
        same = key == head and key not in ignored and not _has_digit(key) and index - begin < SEGMENT_WORDS
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
    if not view.listing.title:
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
    found = []
    for locale, title in view.listing.titles.items():
        if title:
            top = repeated_keyword(title, keywords(tokenize(title)), view)
            text = TextField(f"/titles/{escape(locale)}", title, "localized_title")
            places = tuple(span(text, start, end) for start, end in top.spans)
            found.append(LocalizedTitle(locale, len(title), top.term, len(top.spans), places))
    return found
