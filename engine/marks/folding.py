"""A text under one reading, with the way back: which character of the original each folded one came from."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np

from engine.marks.alphabets import ALIKE, BREAK, CLASSES, NATIVE, SIGNED, Table, is_unspaced, sounds_like

READINGS = {"native": NATIVE, "alike": ALIKE, "signed": SIGNED}
_FOREIGN = re.compile("[^\x00-\u024f\u2000-\u206f\u2e80-\u9fff\uac00-\ud7af]")
_SIGN = re.compile("[0-9a-zA-Z][@$!|+€£¢©§¥][0-9a-zA-Z]|[@$€£¢©¥][a-zA-Z]")
_ANY_SIGN = re.compile("[@$!|+€£¢©§¥]")
_RUN = re.compile(r"(.)\1+", re.DOTALL)
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
    if _ANY_SIGN.search(text) and _SIGN.search(text):
        found.append("signed")
    return found


def view(text: str, reading: str) -> View:
    """The text folded. One pass; runs of one letter count once, what is invisible is left out."""
    if reading == "sound":
        return _sounding(text)
    table: Table = READINGS[reading]
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
    parts, origin = [" "], [-1]
    for at, char in enumerate(text):
        sound = sounds_like(char)
        out = NATIVE[ord(char)] if sound is None else sound.translate(CLASSES)
        parts.append(out)
        origin += [at] * len(out)
    parts.append(" ")
    origin.append(len(text))
    codes = np.frombuffer("".join(parts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    return _squeezed("sound", codes, np.array(origin))


def _squeezed(reading: str, codes: Any, origin: Any) -> View:
    seen = codes != 0
    if not seen.all():
        codes, origin = codes[seen], origin[seen]
    fresh = np.empty(len(codes), dtype=bool)
    fresh[0] = True
    np.not_equal(codes[1:], codes[:-1], out=fresh[1:])
    codes, origin = codes[fresh], origin[fresh]
    return View(reading, codes.tobytes().decode("utf-32-le", "surrogatepass"), origin)


def key(name: str) -> str:
    """A name as it stands in a view, without the outer spaces."""
    folded = f" {name} ".translate(NATIVE).replace("\x00", "")
    return _RUN.sub(r"\1", folded).strip()


def compact(name: str) -> str:
    """The same without inner spaces."""
    return squeeze(key(name).replace(" ", ""))


def squeeze(text: str) -> str:
    """Runs of one character as one."""
    return _RUN.sub(r"\1", text)


def pattern(name: str) -> str:
    """What is looked for: whole words, or any place in scripts without spaces."""
    folded = key(name)
    return folded if is_unspaced(folded) else f" {folded} "


__all__ = ["BREAK", "View", "compact", "key", "letter", "pattern", "readings", "squeeze", "view"]
