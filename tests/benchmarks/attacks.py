"""Spellings by which sellers hide a mark, made without a look at the tables that find them.

An attack takes a name and a random source and gives a text, or None where it does not apply. The letters were chosen by
eye from the code charts of Unicode; combinations are made of any two attacks that do not undo each other.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from itertools import pairwise
from random import Random

Attack = Callable[[str, Random], str | None]

ALIKE = {
    "a": "аɑαᴀ", "b": "ЬƄʙВ", "c": "сϲᴄⅽ", "d": "ԁⅾᴅ", "e": "еєҽℯ", "f": "ƒꜰ", "g": "ɡցɢ", "h": "һհʜН", "i": "іιɩı",
    "j": "јϳ", "k": "кκᴋК", "l": "ⅼӏɭ", "m": "мⅿᴍМ", "n": "ոпη", "o": "оοօᴏ", "p": "рρⲣ", "q": "ԛգ",
    "r": "гᴦʀ", "s": "ѕꜱЅ", "t": "тτᴛТ", "u": "υսᴜц", "v": "ѵνᴠⅴ", "w": "ԝωᴡ", "x": "хⅹχ", "y": "уүγ", "z": "ᴢʐΖ",
}  # fmt: skip
LEET = {"a": "4@", "b": "8", "e": "3€", "g": "9", "i": "1!|", "l": "1|", "o": "0", "s": "5$", "t": "7+", "z": "2"}
MARKS = "\u0301\u0300\u0308\u0302\u0303\u030a\u0304"
HIDDEN = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e\u200e\u200f\u061c\u2063"
EMOJI = "🔥⭐✨👟💯❤️"
FORMS = (0x1D400, 0x1D434, 0x1D468, 0x1D5A0, 0x1D5D4, 0x1D608, 0x1D63C, 0x1D670)
"""Where the mathematical alphabets without gaps begin: capitals, then small letters."""


def plain(name: str, rng: Random) -> str | None:
    return name


def homoglyph(name: str, rng: Random) -> str | None:
    """One to three letters, or all, of other scripts."""
    places = [at for at, char in enumerate(name.lower()) if char in ALIKE]
    if not places:
        return None
    count = rng.choice((1, 2, 3, len(places)))
    return _changed(name, rng.sample(places, min(count, len(places))), lambda char: rng.choice(ALIKE[char.lower()]))


def full_width(name: str, rng: Random) -> str | None:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in name) if name.isascii() else None


def letter_form(name: str, rng: Random) -> str | None:
    """Mathematical, circled or parenthesised letters."""
    if not name.isascii():
        return None
    base = rng.choice((*FORMS, 0x24B6))
    small = 26

    def form(char: str) -> str:
        if not char.isalpha():
            return char
        capital, offset = char.isupper(), ord(char.lower()) - 97
        found = chr(base + (0 if capital else small) + offset)
        return found if unicodedata.name(found, "") else char

    return "".join(map(form, name))


def diacritics(name: str, rng: Random) -> str | None:
    places = [at for at, char in enumerate(name) if char.isascii() and char.isalpha()]
    if not places:
        return None
    chosen = rng.sample(places, min(len(places), rng.choice((1, 2, 4))))
    decomposed = _changed(name, chosen, lambda char: char + rng.choice(MARKS))
    return unicodedata.normalize("NFC", decomposed) if rng.random() < 0.7 else decomposed


def leet(name: str, rng: Random) -> str | None:
    places = [at for at, char in enumerate(name.lower()) if char in LEET]
    if not places or len(places) == len([char for char in name if char.isalnum()]):
        return None
    count = rng.choice((1, 2, len(places)))
    return _changed(name, rng.sample(places, min(count, len(places))), lambda char: rng.choice(LEET[char.lower()]))


def separators(name: str, rng: Random) -> str | None:
    """One sign between all letters, or between the first few."""
    sign = rng.choice((".", " ", "_", "-", "·", "/", "•", "~", "|", ",", "^", " . ", "--"))
    return sign.join(char for char in name if char != " ")


def starred(name: str, rng: Random) -> str | None:
    places = [at for at, char in enumerate(name) if at and char.isalpha() and at < len(name) - 1]
    return _changed(name, [rng.choice(places)], lambda _: "*") if places else None


def invisible(name: str, rng: Random) -> str | None:
    return "".join(char + (rng.choice(HIDDEN) if rng.random() < 0.7 else "") for char in name[:-1]) + name[-1]


def bidi(name: str, rng: Random) -> str | None:
    """Written backwards between signs that turn it round for the eye, or among marks of direction."""
    if rng.random() < 0.5:
        return f"\u202e{name[::-1]}\u202c"
    return "\u202a" + "\u200e".join(name) + "\u202c"


def repeated(name: str, rng: Random) -> str | None:
    places = [at for at, char in enumerate(name) if char.isalpha()]
    chosen = rng.sample(places, min(len(places), rng.choice((1, 2))))
    return _changed(name, chosen, lambda char: char * rng.choice((2, 3, 4)))


def emoji(name: str, rng: Random) -> str | None:
    at = rng.randrange(1, len(name))
    return name[:at] + rng.choice(EMOJI) + name[at:]


def reversal(name: str, rng: Random) -> str | None:
    turned = name[::-1]
    return turned if turned.lower() != name.lower() else None


def typo(name: str, rng: Random) -> str | None:
    """One letter left out, doubled into a wrong one, changed, or two exchanged; the first stays."""
    letters = [at for at, char in enumerate(name) if at and char.isascii() and char.isalpha()]
    if len(letters) < 4:
        return None
    at = rng.choice(letters)
    other = rng.choice("abcdefghijklmnoprstuvwyz".replace(name[at].lower(), ""))
    kind = rng.randrange(4)
    if kind == 0:
        found = name[:at] + name[at + 1 :]
    elif kind == 1:
        found = name[:at] + other + name[at + 1 :]
    elif kind == 2:
        found = name[:at] + other + name[at:]
    else:
        pairs = [one for one, two in pairwise(letters) if two == one + 1 and name[one].lower() != name[two].lower()]
        if not pairs:
            return None
        at = rng.choice(pairs)
        found = name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    return found if found.lower() != name.lower() else None


def glued(name: str, rng: Random) -> str | None:
    word = rng.choice(("shoes", "bag", "watch", "shirt", "case", "style", "sport", "store", "original", "cap"))
    return rng.choice((name + word, word + name)) if " " not in name else None


TRICKS: dict[str, Attack] = {
    "plain": plain, "homoglyph": homoglyph, "full_width": full_width, "letter_form": letter_form,
    "diacritics": diacritics, "leet": leet, "separators": separators, "starred": starred, "invisible": invisible,
    "bidi": bidi, "repeated": repeated, "emoji": emoji, "reversed": reversal,
}  # fmt: skip
REVIEW: dict[str, Attack] = {"typo": typo, "glued": glued}
COMBINED: tuple[tuple[str, str], ...] = (
    ("leet", "separators"), ("homoglyph", "invisible"), ("homoglyph", "separators"), ("diacritics", "invisible"),
    ("leet", "full_width"), ("repeated", "invisible"), ("homoglyph", "diacritics"), ("separators", "invisible"),
    ("leet", "homoglyph"), ("repeated", "leet"), ("letter_form", "separators"), ("separators", "full_width"),
)  # fmt: skip


def combined(first: str, second: str) -> Attack:
    """One attack upon the other."""

    def attack(name: str, rng: Random) -> str | None:
        once = TRICKS[first](name, rng)
        return None if once is None else TRICKS[second](once, rng)

    return attack


CARRIERS: dict[str, tuple[str, ...]] = {
    "en": ("New {} running shoes for men breathable", "Women {} shoulder bag 2 pcs", "Hot {} 24 cm steel"),
    "es": ("Zapatillas {} para hombre talla 42", "Bolso {} de mujer"),
    "fr": ("Chaussures {} pour homme légères", "Sac {} noir"),
    "de": ("Schuhe {} für Herren größe 43", "Tasche {} schwarz"),
    "ru": ("Кроссовки {} мужские легкие", "Сумка {} женская"),
    "zh": ("新款{}运动鞋男士透气", "女士 {} 单肩包"),
    "tr": ("Erkek {} spor ayakkabı", "Kadın {} çanta"),
    "ko": ("{} 남성 운동화 정품", "여성 {} 가방"),
    "ar": ("حذاء {} رياضي للرجال", "حقيبة {} نسائية"),
}


def _changed(name: str, places: list[int], change: Callable[[str], str]) -> str:
    chosen = set(places)
    return "".join(change(char) if at in chosen else char for at, char in enumerate(name))
