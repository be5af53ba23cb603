"""How common a word is in the languages of listings: what many people write is no slip of the pen.

The frequencies are those of the package wordfreq (Zipf scale: the base-10 logarithm of occurrences in 10^9 words, so 3
is once in a million). Loaded when a likeness is first looked at, which most listings never need.
"""

from __future__ import annotations

from functools import lru_cache

LANGUAGES = ("en", "de", "es", "fr", "it", "nl", "pt", "ru", "tr")
KNOWN, COMMON = 1.0, 2.0
"""Zipf frequencies from which a short, and a long, word is somebody's word. Seen on real titles: slips stay below 1."""


@lru_cache(maxsize=50_000)
def commonness(word: str) -> float:
    """The greatest Zipf frequency of a word in small letters, 0 for one that nobody writes."""
    from wordfreq import zipf_frequency

    english = float(zipf_frequency(word, "en"))
    return max(english, *(float(zipf_frequency(word, one, wordlist="small")) for one in LANGUAGES[1:]))
