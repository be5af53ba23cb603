"""Operations on texts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from engine.features.texts import same_length_lower
from engine.features.tokens import WORD, tokenize
from engine.findings import Location
from engine.fixes.edits import Cover, Original, TextEdit, edited, spans, targets
from engine.fixes.essentials import essentials
from engine.fixes.operations import operation
from engine.fixes.removal import tidy_removals

SPACE_RUN = re.compile(r"[ \t\u00a0\u3000]{2,}|^\s+|(?<!\s)\s+\Z")
PART = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
VOWELS = frozenset("aeiouyàáâäãèéêëìíîïòóôöõùúûüаеёиоуыэюя")
JOINING = frozenset("&+-–—_.'’/")
DANGLING = frozenset({"and", "or", "with", "for", "of", "in", "to", "by", "the", "a", "an", "&", "+", "-"})

MAX_TITLE = 5000
"""Characters; to shorten more than that is for a person."""

Places = list[tuple[int, int]]


def _removals(original: Original, pointer: str, places: Places) -> list[TextEdit]:
    text = original.text(pointer)
    return [TextEdit(pointer, start, end, by) for start, end, by in tidy_removals(text, places)]


def _protected(original: Original, pointer: str) -> Places:
    words = original.words.get("safety_words", frozenset())
    return [(found.start, found.end) for found in essentials(original.visible(pointer), words)]


def _is_glued(text: str, start: int, end: int) -> bool:
    """Part of a longer word, such as "phone" in "phone-case"."""

    def glues(at: int, beyond: int) -> bool:
        if not 0 <= at < len(text):
            return False
        return text[at].isalnum() or (text[at] in JOINING and 0 <= beyond < len(text) and text[beyond].isalnum())

    return glues(start - 1, start - 2) or glues(end, end + 1)


@operation(
    "drop_repeated_terms",
    arguments={"keep": "int"},
    removes_located=True,
    en="Keeps the first occurrences of a repeated word and drops the others",
    zh="保留重复词的前几次出现，删除其余",
)
def drop_repeated_terms(
    original: Original, locations: Sequence[Location], field: str | None, *, keep: int
) -> list[TextEdit] | None:
    """Of the located occurrences all but `keep` go, the last ones first, but never one inside a model or a count."""
    edits: list[TextEdit] = []
    for pointer, located in spans(original, locations, field).items():
        text = original.text(pointer)
        places = located if len(located) > max(keep, 1) else _every(text, text[located[0][0] : located[0][1]])
        surplus = len(places) - max(keep, 1)
        if surplus <= 0:
            continue
        own = Cover(places)  # the term itself may be essential, such as "mp3"
        protected = Cover([place for place in _protected(original, pointer) if not own.holds(*place)])
        movable = [place for place in places if not _is_glued(text, *place) and not protected.touches(*place)]
        if len(movable) < surplus:
            return None
        edits += _removals(original, pointer, movable[-surplus:])
    return edits or None


def _every(text: str, term: str) -> Places:
    """Every place of `term` as whole words, whatever its case."""
    words = [token.lower for token in tokenize(term)]
    found = tokenize(text)
    size = len(words)
    return [
        (found[i].start, found[i + size - 1].end)
        for i in range(len(found) - size + 1)
        if size and [token.lower for token in found[i : i + size]] == words
    ]


@operation("remove_spans", removes_located=True, en="Removes the text found", zh="删除找到的文字")
def remove_spans(original: Original, locations: Sequence[Location], field: str | None) -> list[TextEdit] | None:
    return _without_spans(original, locations, field)


def _without_spans(original: Original, locations: Sequence[Location], field: str | None) -> list[TextEdit] | None:
    edits: list[TextEdit] = []
    for pointer, places in spans(original, locations, field).items():
        edits += _removals(original, pointer, places)
    return edits or None


@operation(
    "replace_spans",
    arguments={"with": "str"},
    removes_located=True,
    en="Replaces the text found by another",
    zh="将找到的文字替换为指定文字",
)
def replace_spans(
    original: Original, locations: Sequence[Location], field: str | None, **arguments: str
) -> list[TextEdit] | None:
    by = str(arguments["with"])
    if not by:
        return _without_spans(original, locations, field)
    found = spans(original, locations, field)
    return [TextEdit(pointer, *place, by) for pointer, places in found.items() for place in places] or None


@operation("collapse_spaces", en="Makes one space of several, and trims the ends", zh="合并多余空格并去除首尾空格")
def collapse_spaces(original: Original, locations: Sequence[Location], field: str | None) -> list[TextEdit] | None:
    edits: list[TextEdit] = []
    for pointer in targets(original, locations, field):
        text = original.visible(pointer, "\0")
        for match in SPACE_RUN.finditer(text):
            at_end = match.start() == 0 or match.end() == len(text)
            edits.append(TextEdit(pointer, match.start(), match.end(), "" if at_end else " "))
    return edits or None


@operation(
    "trim_title",
    arguments={"limit": "int"},
    en="Drops the least telling words until the title is short enough",
    zh="删除信息量最少的词，直到标题不超长",
)
def trim_title(
    original: Original, locations: Sequence[Location], field: str | None, *, limit: int
) -> list[TextEdit] | None:
    """Repeated words go first, then small words, then words from the end; numbers, models and safety words stay."""
    edits: list[TextEdit] = []
    for pointer in targets(original, locations, field or "title"):
        text = original.text(pointer)
        if len(text) <= limit:
            continue
        trimmed = _trimmed(original, pointer, text, limit) if len(text) <= MAX_TITLE else None
        if trimmed is None:
            return None
        edits += trimmed
    return edits or None


def _trimmed(original: Original, pointer: str, text: str, limit: int) -> list[TextEdit] | None:
    protected = Cover(_protected(original, pointer))
    words = list(tokenize(text))
    seen: set[str] = set()
    repeated: Places = []
    others: Places = []
    for word in words:
        place = (word.start, word.end)
        if not protected.touches(*place) and not _is_glued(text, *place):
            (repeated if word.lower in seen else others).append(place)
        seen.add(word.lower)
    if words and others and others[0] == (words[0].start, words[0].end):
        others = others[1:]  # the first word stays: a title without its beginning is another title
    order = repeated[::-1] + others[::-1]
    need, count = len(text) - limit, 0
    for count in range(1, len(order) + 1):
        need -= order[count - 1][1] - order[count - 1][0] + 1
        if need <= 0:
            break
    for size in range(max(count - 1, 1), len(order) + 1):
        places = sorted(order[:size])
        edits = _removals(original, pointer, places + _dangling(text, places, protected))
        if len(edited(text, edits)) <= limit:
            return edits
    return None


def _dangling(text: str, gone: Places, protected: Cover) -> Places:
    """Joining words that would be left at the very end."""
    lost = Cover(gone)
    left = [(token.start, token.end) for token in tokenize(text) if not lost.touches(token.start, token.end)]
    found: Places = []
    while left and text[slice(*left[-1])].lower() in DANGLING and not protected.touches(*left[-1]):
        found.append(left.pop())
    return found


@operation(
    "lower_shouting",
    en="Writes words in capitals as ordinary words; acronyms, models and units stay",
    zh="将全大写单词改为首字母大写，保留缩写、型号和单位",
)
def lower_shouting(original: Original, locations: Sequence[Location], field: str | None) -> list[TextEdit] | None:
    """A word stays when the list `acronyms` has it, when it is very short, has a digit or no vowel."""
    acronyms = original.words.get("acronyms", frozenset())
    small = original.words.get("title_stop_words", frozenset())
    words = original.words.get("english_title_words", frozenset())
    located = spans(original, locations, field)
    edits: list[TextEdit] = []
    for pointer in located or targets(original, locations, field):
        text = original.visible(pointer)
        within = Cover(located[pointer]) if pointer in located else None
        for match in WORD.finditer(text):
            word, place = match.group(), match.span()
            if not word.isupper() or (within is not None and not within.touches(*place)):
                continue
            if any(map(str.isdigit, word)):
                continue  # a model or a measure
            calm = PART.sub(lambda part: _calm(part.group(), acronyms, small, words), word)
            if calm != word:
                edits.append(TextEdit(pointer, *place, calm))
    return edits or None


def _calm(word: str, acronyms: frozenset[str], small: frozenset[str], words: frozenset[str]) -> str:
    """One word without shouting: "Dress"; acronyms and very short words that are no known words stay."""
    lower = same_length_lower(word)
    if lower in small:
        return lower
    if lower in acronyms or (lower not in words and (len(word) <= 3 or not set(lower) & VOWELS)):
        return word
    return word[0] + lower[1:]


@operation(
    "remove_characters",
    removes_located=True,
    en="Removes control characters, zero-width characters and decoration",
    zh="删除控制字符、零宽字符和装饰符号",
)
def remove_characters(original: Original, locations: Sequence[Location], field: str | None) -> list[TextEdit] | None:
    """Invisible characters go without a trace; a decoration between two words leaves a space."""
    located = spans(original, locations, field)
    edits: list[TextEdit] = []
    for pointer in located or targets(original, locations, field):
        text = original.text(pointer)
        done = 0
        for start, end in located.get(pointer) or _odd_characters(text):
            edit = _without_characters(pointer, text, max(start, done), end, done)
            edits.append(edit)
            done = edit.end
    return edits or None


def _without_characters(pointer: str, text: str, start: int, end: int, done: int) -> TextEdit:
    """`done`: what stands before it was dealt with already."""
    if all(unicodedata.category(character)[0] == "C" for character in text[start:end]):
        return TextEdit(pointer, start, end, "")
    before, after = text[start - 1 : start] if start > done else "", text[end : end + 1]
    if before.isalnum() and after.isalnum():
        return TextEdit(pointer, start, end, " ")
    if after == " " and (not before or before == " "):
        return TextEdit(pointer, start, end + 1, "")
    if not after and before == " ":
        return TextEdit(pointer, start - 1, end, "")
    return TextEdit(pointer, start, end, "")


def _odd_characters(text: str) -> Places:
    if text.isascii() and text.isprintable():
        return []
    kinds = {character: unicodedata.category(character) for character in set(text)}
    odd = {c for c, kind in kinds.items() if kind in {"Cc", "Cf", "So", "Co"} and c not in "\n\r\t"}
    if not odd:
        return []
    return [m.span() for m in re.finditer(f"[{re.escape(''.join(sorted(odd)))}]+", text)]
