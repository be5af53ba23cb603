"""From a stretch of the original text to a mark's name: which transforms lead there, if any do."""

from __future__ import annotations

import unicodedata

from engine.marks.alphabets import LEET, WIDE, compatible, is_invisible, looks_like, sounds_like
from engine.marks.starred import STARS

TRANSFORMS = (
    "invisible", "diacritics", "letter_form", "homoglyph", "leet", "separators", "emoji", "repeated", "wildcard",
    "reversed", "transliteration", "split_over_fields", "split", "misspelling", "glued",
    "markup",
)  # fmt: skip


def chain(text: str, name: str, *, is_sound: bool = False, has_stars: bool = False) -> tuple[str, ...] | None:
    """The transforms between `text` and `name`, in the order met; None when the letters do not lead there.

    `has_stars`: a star between letters stands for one letter, whichever.
    """
    if text.lower() == name.lower():
        return ()
    wanted = [(low, at and not name[at - 1].isalnum()) for at, char in enumerate(name) if char.isalnum()
              for low in char.lower()[:1]]  # fmt: skip
    if is_sound:
        return _sounding(text, "".join(char for char, _ in wanted))
    met: dict[str, None] = {}
    at = 0
    for place, char in enumerate(text):
        expected, begins = wanted[at] if at < len(wanted) else ("", False)
        before = wanted[at - 1][0] if at else ""
        if has_stars and char in STARS and 0 < at < len(wanted):
            at += 1
            met["wildcard"] = None
            continue
        if is_invisible(char):
            met["diacritics" if unicodedata.combining(char) else "invisible"] = None
            continue
        if expected and (how := _same(char, expected)) is not None:
            at += 1
            if how:
                met[how] = None
        elif before and _same(char, before) is not None and char.isalnum():
            met["repeated"] = None
        elif before == "w" and text[place - 1 : place + 1].lower() == "vv":
            continue
        elif expected == "w" and text[place : place + 2].lower() == "vv":
            at += 1
            met["homoglyph"] = None
        elif char.isalnum():
            return None
        elif not begins and 0 < at < len(wanted):
            met["emoji" if unicodedata.category(char) == "So" else "separators"] = None
    return tuple(met) if at == len(wanted) else None


def _same(char: str, expected: str) -> str | None:
    """ "" for the letter itself, the transform for a stand-in, None for another letter."""
    low = char.lower()
    if low == expected:
        return ""
    stands = LEET.get(WIDE.get(char, char))
    if stands is not None and expected in stands:
        return "leet"
    form = compatible(char)
    if form is not None and not char.isascii() and (form == expected or (form in "il" and expected in "il")):
        return "diacritics" if unicodedata.normalize("NFD", low)[:1] == expected else "letter_form"
    if compatible(expected) == low:  # the name itself carries the accent
        return ""
    seen = looks_like(char)
    if seen is not None and (
        seen == expected or (seen in "il1" and expected in "il") or expected in LEET.get(seen, "")
    ):
        return "homoglyph"
    return None


def _sounding(text: str, wanted: str) -> tuple[str, ...] | None:
    written = "".join(sounds_like(char) if sounds_like(char) is not None else char.lower() for char in text)  # type: ignore[misc]
    letters = "".join(char for char in written if char.isalnum())
    return ("transliteration",) if letters == wanted else None
