"""Which words and phrases of a title are repeated without need.

Sizes, numbers, units, colours and materials (list `title_spec_words`), a model series ("iPad 2, iPad 3"), "X to X",
doubled names ("Bora Bora"), parts of a set and the device an accessory is for do not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from engine.features.keywords import (
    DIGIT_WORDS,
    DOUBLE_NAMES,
    ENGLISH_STOP,
    GAP,
    IGNORED,
    JOINERS,
    NOTHING,
    STOP,
    VERSION_LEADS,
    Keyword,
    Repetition,
    counts_as_keyword,
    follower,
    has_digit,
    is_measure,
    names_a_model,
    opens_item,
    words_of,
)
from engine.features.view import View


def repeated_keyword(title: str, words: Sequence[Keyword], view: View) -> Repetition:
    """The keyword that stands most often, with the places that count; NOTHING when no word counts."""
    ignored, digit_words = words_of(view, IGNORED) | words_of(view, STOP), words_of(view, DIGIT_WORDS)
    doubles = words_of(view, DOUBLE_NAMES)
    places: dict[str, list[int]] = {}
    for index, word in enumerate(words):
        if counts_as_keyword(word.stem, ignored, digit_words):
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
        if index and (before := words[index - 1]) and has_digit(before.stem) and before.stem.isdecimal():
            continue
        if index < last:
            after = words[index + 1]
            is_model = title[word.end : after.start] in GAP and names_a_model(after.stem, digit_words)
            if is_model and not is_measure(words, index + 1, ignored):
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
    return follower(title, words, index + 1) is not None and opens_item(title, words, index)


def repeated_phrase(title: str, words: Sequence[Keyword], view: View) -> Repetition:
    """The longest phrase of at least two words that stands twice or more; NOTHING when there is none.

    Words of a phrase follow each other directly; a phrase holds no number, stop word or unit, and is not followed by
    a model, a colour or the like in one of its places (a list of variants), nor led by "from".
    """
    if len(words) < 4:
        return NOTHING
    stop = words_of(view, STOP) | ENGLISH_STOP | JOINERS
    digit_words = words_of(view, DIGIT_WORDS)
    usable = [
        len(word.stem) > 1 and word.stem not in stop and (word.stem in digit_words or not has_digit(word.stem))
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
    digit_words, ignored = words_of(view, DIGIT_WORDS), words_of(view, IGNORED)
    after = [follower(title, words, start + length) for start in starts]
    if all(word is not None and word.stem in ignored for word in after):
        return length, []  # "mug black and mug blue": a list of variants
    first, last = words[starts[0]].stem, words[starts[0] + length - 1].stem
    if length == 2 and last in ignored and first not in ignored:
        return length, []  # "one lens black, one lens black": the colour of two parts
    kept = []
    for start, word in zip(starts, after, strict=True):
        if word is not None:
            is_model = names_a_model(word.stem, digit_words) and not is_measure(words, start + length, ignored)
            is_item = start - length in starts and opens_item(title, words, start)
            if is_model or is_item:
                continue
        if start and (words[start - 1].stem in VERSION_LEADS or _begins_a_part(title, words, start, word)):
            continue
        kept.append(start)
    return length, kept


def _begins_a_part(title: str, words: Sequence[Keyword], start: int, after: Keyword | None) -> bool:
    """The second of two parts of a set: "neem soap and neem shampoo"."""
    if after is None:
        return False
    between = title[words[start - 1].end : words[start].start].strip()
    return words[start - 1].stem in JOINERS or between in {"&", "+"}
