"""What a character stands for: the Latin letter it imitates, the letter it sounds like, or nothing.

The look-alikes are those of Unicode TR39 (the data file of the package confusable-homoglyphs), of the names and
decompositions in Python's own Unicode tables, and a few scripts' letters that TR39 leaves out because they only
resemble. Tables fill themselves as characters are met.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

LEET = {
    "0": "o", "1": "il", "2": "z", "3": "e", "4": "a", "5": "s", "6": "bg", "7": "t", "8": "b", "9": "gq",
    "@": "a", "$": "s", "!": "il", "|": "il", "+": "t", "€": "e", "£": "l", "¢": "c", "©": "c", "§": "s", "¥": "y",
}  # fmt: skip
"""Digits and signs → the letters they are written for."""

SIGNS = frozenset("@$!|+€£¢©§¥")
WIDE = {"＠": "@", "＄": "$", "！": "!", "｜": "|", "＋": "+", "￡": "£", "￠": "¢", "￥": "¥", "﹩": "$", "﹫": "@",
        "﹢": "+"}  # fmt: skip
"""Signs in full width → the plain ones."""
SIGN_CLASS = "".join(sorted(SIGNS)) + "".join(WIDE)
CLASSES = str.maketrans("0i134579268gqw", "olleastbzbbbbv")
"""Letters that a trick may exchange share one class; whether it really did is verified letter by letter."""

BREAK = "\x1f"
"""Stands between two texts; nothing but a join over texts passes it."""

_CYRILLIC_LIKE = dict(zip("авекмнорстухпигьяшщыдлё", "abekmhopctyxnurbrwwbdne", strict=True)) | {
    "б": "b", "з": "3", "ч": "4", "й": "u", "ъ": "b", "ф": "o", "і": "i", "ї": "i", "ј": "j",
    "ѕ": "s", "һ": "h", "ԁ": "d", "ԛ": "q", "ԝ": "w", "ѵ": "v", "ӏ": "l", "ү": "y", "є": "e", "ґ": "r", "ц": "u",
}  # fmt: skip
_GREEK_LIKE = dict(zip("αβγδεζηθικλνορσςτυχωμπ", "abydeznoiklvoposstuxwun"[:15] + "stuxwun", strict=True))
_SOUNDS = dict(
    zip("абвгдезийклмнопрстуфхыэ", "abvgdeziyklmnoprstufhie", strict=True)
) | {"ж": "zh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sh", "ъ": "", "ь": "", "ю": "yu", "я": "ya", "ё": "e",
     "і": "i", "ї": "i", "є": "e", "ґ": "g"}  # fmt: skip
_NAMED = re.compile(
    r"(?:LATIN (?:LETTER )?(?:SMALL |CAPITAL )*(?:LETTER )?"
    r"(?:SMALL CAPITAL |SCRIPT |OPEN |TURNED |REVERSED |BLACKLETTER )?"
    r"|REGIONAL INDICATOR SYMBOL LETTER |TAG LATIN (?:SMALL|CAPITAL) LETTER "
    r"|(?:NEGATIVE |CROSSED )?(?:CIRCLED|SQUARED|PARENTHESIZED) (?:LATIN )?(?:SMALL|CAPITAL)? ?(?:LETTER )?)"
    r"(?:DOTLESS )?([A-Z])(?: WITH .*)?"
)
UNSPACED = "\u0e00-\u0eff\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff"
"""Ranges of the scripts that write words without spaces between them."""
_UNSPACED = re.compile(f"[{UNSPACED}]")


def is_unspaced(text: str) -> bool:
    """Written without spaces between words, or with particles that join: Han, kana, Hangul, Thai."""
    return _UNSPACED.search(text) is not None


@cache
def _confusables() -> dict[str, str]:
    """Character → the ASCII letters or digit it is confused with, after TR39."""
    spec = find_spec("confusable_homoglyphs")
    if spec is None or spec.origin is None:
        return {}
    raw = json.loads((Path(spec.origin).parent / "confusables.json").read_text("utf-8"))
    found: dict[str, str] = {}
    for char, alike in raw.items():
        if len(char) == 1 and not char.isascii():
            letters = [one["c"] for one in alike if one["c"].isascii() and one["c"].isalnum() and len(one["c"]) == 1]
            if letters:
                found[char] = min(letters, key=lambda one: (one.isdigit(), one.lower())).lower()
    return found


@lru_cache(maxsize=1 << 16)
def compatible(char: str) -> str | None:
    """The lower-case ASCII letter or digit of which a character is a form (ｎ, Ⓝ, 𝐧, ñ, ɴ, 🅽), else None."""
    if char.isascii():
        return char.lower() if char.isalnum() else None
    base = "".join(part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part))
    base = base.strip("()").casefold()
    if len(base) == 1 and base.isascii() and base.isalnum():
        return base
    if base and base[0] == base[-1] == "s" and char in "ßẞ":
        return "s"
    name = unicodedata.name(char, "")
    if match := _NAMED.fullmatch(name):
        return match[1].lower()
    return None


@lru_cache(maxsize=1 << 16)
def looks_like(char: str) -> str | None:
    """The lower-case ASCII letter or digit that a character shows to the eye, else None."""
    plain = compatible(char)
    if plain is not None:
        return plain
    low, alike = char.lower(), _confusables()
    if "\u0391" <= char <= "\u03a9" and char in alike:  # Greek capitals look otherwise than their small letters: Η, Μ
        return alike[char]
    own = _CYRILLIC_LIKE.get(low) or _GREEK_LIKE.get(low)
    if own and own.isascii():
        return own
    bare = unicodedata.normalize("NFKD", low)[:1]
    own = _CYRILLIC_LIKE.get(bare) or _GREEK_LIKE.get(bare)
    return alike.get(char) or alike.get(low) or (own if own and own.isascii() else None)


@lru_cache(maxsize=4096)
def sounds_like(char: str) -> str | None:
    """How a Cyrillic letter is written in Latin letters; None for other characters."""
    low = char.lower()
    return _SOUNDS.get(low)


@lru_cache(maxsize=1 << 16)
def is_invisible(char: str) -> bool:
    """Takes no room of its own: format characters, combining marks, variation selectors, fillers."""
    return (
        unicodedata.category(char) in ("Cf", "Mn", "Me") and compatible(char) is None
    ) or char in "\u115f\u1160\u3164\uffa0\u034f\u2800"


class Table(dict[int, str]):
    """For `str.translate`: one character in, one out. NUL is dropped later, a space parts two tokens."""

    def __init__(self, read: Callable[[str], str | None], signs: bool) -> None:
        super().__init__()
        self._read = read
        self._signs = signs

    def __missing__(self, code: int) -> str:
        char = chr(code)
        self[code] = found = self._fold(char)
        return found

    def _fold(self, char: str) -> str:
        if char == BREAK:
            return BREAK
        if self._signs and (plain := WIDE.get(char, char)) in SIGNS:
            return LEET[plain][0].translate(CLASSES)
        if is_invisible(char):
            return "\x00"
        read = self._read(char)
        if read is not None:
            return read.translate(CLASSES) or "\x00"
        low = char.lower()
        return low[0] if char.isalnum() else " "


def _native(char: str) -> str | None:
    """Forms of Latin letters; other scripts stay what they are, except single look-alikes of no living alphabet."""
    plain = compatible(char)
    if plain is not None or char.isascii() or not char.isalnum():
        return plain
    name = unicodedata.name(char, "")
    if name.startswith(("CYRILLIC", "GREEK", "ARABIC", "HEBREW", "CJK", "HANGUL", "HIRAGANA", "KATAKANA", "THAI")):
        return None
    return looks_like(char)


def _sound(char: str) -> str | None:
    sound = sounds_like(char)
    return _native(char) if sound is None else sound[:1]


NATIVE = Table(_native, False)
SIGNED = Table(looks_like, True)
ALIKE = Table(looks_like, False)
