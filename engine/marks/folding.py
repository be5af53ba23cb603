"""A text under one reading, with the way back: which character of the original each folded one came from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from engine.marks.alphabets import (
    ALIKE,
    BREAK,
    CLASSES,
    NATIVE,
    SIGN_CLASS,
    SIGNED,
    UNSPACED,
    Table,
    is_unspaced,
    sounds_like,
)

READINGS = {"native": NATIVE, "alike": ALIKE, "signed": SIGNED}
_FOREIGN = re.compile("[^\x00-\u024f\u2000-\u206f\u2e80-\u9fff\uac00-\ud7af]")
_SIGN = re.compile(f"[{SIGN_CLASS}]")
_UNSPACED = f"[{UNSPACED}]"
_SPACED = rf"[^\W{UNSPACED}]"
_BORDER = re.compile(f"(?<={_SPACED})(?={_UNSPACED})|(?<={_UNSPACED})(?={_SPACED})")
_ANY_UNSPACED = re.compile(_UNSPACED)
_RUN_IN = re.compile(f"([^{BREAK}])\\1+", re.DOTALL)
_RUN = re.compile(r"(.)\1+", re.DOTALL)
_LETTER_BY_SIGN = re.compile(rf"\w\W{{0,3}}[{SIGN_CLASS}]|[{SIGN_CLASS}]\W{{0,3}}\w")
_SETS_APART = re.compile(rf"\S([{SIGN_CLASS}])(?:\S\1){{2,}}\S")
"""One sign again and again between single characters parts them, and stands for no letter."""
_CYRILLIC = re.compile("[\u0400-\u04ff]")


class View(NamedTuple):
    """`text` begins and ends with a space; character i came from `origin[i]` of the original."""

    reading: str
    text: str
    origin: Any


def readings(text: str) -> list[str]:
    """The readings that differ for a text: most have one."""
    found = ["native"]
    if not text.isascii() and _FOREIGN.search(text):
        found.append("alike")
        if _CYRILLIC.search(text):
            found.append("sound")
    if _SIGN.search(text) and _LETTER_BY_SIGN.search(text):
        found.append("signed")
    return found


def view(text: str, reading: str) -> View:
    """The text folded. One pass; runs of one letter count once, what is invisible is left out."""
    if reading == "sound":
        return _sounding(text)
    table: Table = READINGS[reading]
    if reading == "signed":
        text = _SETS_APART.sub(lambda match: match[0].replace(match[1], " "), text)
    folded = f" {text} ".translate(table)
    codes = np.frombuffer(folded.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    return _squeezed(reading, codes, np.arange(-1, len(codes) - 1))


def letter(char: str, reading: str) -> str:
    """One character folded; empty for what is invisible or parts words."""
    if reading == "sound" and (sound := sounds_like(char)) is not None:
        return sound.translate(CLASSES)
    table = READINGS.get(reading, NATIVE)
    return table[ord(char)].strip(" \x00\x1f")


def _sounding(text: str) -> View:
    """Cyrillic as it sounds in Latin letters: one character may become two."""
    padded = f" {text} "
    codes = np.frombuffer(padded.translate(_SOUNDS).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    lengths = np.frombuffer(padded.translate(_LENGTHS).encode("utf-32-le"), dtype=np.uint32)
    return _squeezed("sound", codes, np.repeat(np.arange(-1, len(padded) - 1), lengths))


class _Sounds(dict[int, str]):
    """For `str.translate`: a Cyrillic letter as it sounds, any other as it is folded."""

    def __missing__(self, code: int) -> str:
        sound = sounds_like(chr(code))
        self[code] = found = NATIVE[code] if sound is None else sound.translate(CLASSES)
        return found


class _Lengths(dict[int, str]):
    """For `str.translate`: the character whose number is how many characters `_Sounds` makes of one."""

    def __missing__(self, code: int) -> str:
        self[code] = found = chr(len(_SOUNDS[code]))
        return found


_SOUNDS, _LENGTHS = _Sounds(), _Lengths()


def _squeezed(reading: str, codes: Any, origin: Any) -> View:
    seen = codes != 0
    if not seen.all():
        codes, origin = codes[seen], origin[seen]
    fresh = np.empty(len(codes), dtype=bool)
    fresh[0] = True
    np.not_equal(codes[1:], codes[:-1], out=fresh[1:])
    codes, origin = codes[fresh], origin[fresh]
    seen_text = codes.tobytes().decode("utf-32-le", "surrogatepass")
    if not seen_text.isascii() and _ANY_UNSPACED.search(seen_text):
        return _parted(reading, seen_text, origin)
    return View(reading, seen_text, origin)


def _parted(reading: str, text: str, origin: Any) -> View:
    """Latin words set apart from the scripts around them that have no spaces."""
    borders = [match.start() for match in _BORDER.finditer(text)]
    if not borders:
        return View(reading, text, origin)
    pieces = [text[start:end] for start, end in pairwise([0, *borders, len(text)])]
    return View(reading, " ".join(pieces), np.insert(origin, borders, origin[borders]))


def keys(names: Iterable[str]) -> list[str]:
    """Names as they stand in a view, without the outer spaces. All are folded at once, which a big register needs."""
    padded = [f" {name} ".replace(BREAK, " ") for name in names]
    if not padded:
        return []
    whole = BREAK.join(padded)
    folded = _RUN_IN.sub(r"\1", whole.translate(NATIVE).replace("\x00", ""))
    if not folded.isascii():
        folded = _BORDER.sub(" ", folded)
    return [one.strip() for one in folded.split(BREAK)]


def compacts(folded: Sequence[str]) -> list[str]:
    """The keys without inner spaces."""
    if not folded:
        return []
    return _RUN_IN.sub(r"\1", BREAK.join(folded).replace(" ", "")).split(BREAK)


def key(name: str) -> str:
    """One name as it stands in a view, without the outer spaces."""
    return keys([name])[0]


def compact(name: str) -> str:
    """The same without inner spaces."""
    return compacts(keys([name]))[0]


def squeeze(text: str) -> str:
    """Runs of one character as one."""
    return _RUN.sub(r"\1", text)


def pattern(folded: str) -> str:
    """What is looked for, of a key: whole words, or any place in scripts without spaces."""
    return folded if is_unspaced(folded) else f" {folded} "


__all__ = ["BREAK", "View", "compact", "compacts", "key", "keys", "letter", "pattern", "readings", "squeeze", "view"]
