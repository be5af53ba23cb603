"""Which of our languages a caller reads."""

from __future__ import annotations

from functools import lru_cache

LANGUAGES = ("en", "zh")


@lru_cache(maxsize=256)
def choose(accept_language: str) -> str:
    """The best of en and zh for an Accept-Language header; English where the header says nothing we can serve."""
    best, best_weight = "en", 0.0
    for part in accept_language[:200].lower().split(","):
        tag, _, parameter = part.partition(";")
        language = tag.strip().split("-")[0]
        if language in LANGUAGES and (weight := _weight(parameter)) > best_weight:
            best, best_weight = language, weight
    return best


def _weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0
