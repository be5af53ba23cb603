"""Refuses regular expressions that are not linear on every input when Python's `re` searches with them.

The number of steps of a backtracking search is the number of ways in which some prefix of the text can be read: over
all places where the search may start, and all choices at alternatives and repeats. `Counter` bounds, for each point
of the pattern, how many such readings can stand at one and the same position of a text. Their sum over all points
bounds the steps for each character. What is not bounded (or bounded too high) is refused: the check never accepts a
slow pattern, and sometimes refuses a fast one that it cannot prove.

The proof rests on what stands *before* a repeat: when it cannot be part of the repeat itself, there is only one place
in a run of text where the repeat can begin. So `\\d+x` is refused (a search tries every digit), and `\\b\\d+x`,
`#\\d+x` and `(?<!\\d)\\d+x` are accepted.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache

from engine.conditions.regex_readings import Counter
from engine.conditions.regex_shape import (
    HUGE,
    MAX_STEPS,
    forward,
    is_bounded,
    refuse_unbounded_lookarounds,
    without_sure_tail,
)
from engine.conditions.regex_tree import Unsafe, read

MAX_PATTERN = 20_000


@lru_cache(maxsize=4096)
def check_regex(pattern: str, flags: int = 0) -> str | None:
    """None when `pattern` runs in linear time on every input, else one sentence: the reason and the way out."""
    try:
        steps = steps_per_character(pattern, flags)
    except Unsafe as unsafe:
        return str(unsafe)
    if steps > MAX_STEPS:
        return (
            f"a search may take about {min(steps, HUGE)} steps for each character of the text (at most {MAX_STEPS} are "
            "allowed); give the repeats smaller bounds or separate them by something that none of them contains"
        )
    return None


def steps_per_character(pattern: str, flags: int = 0) -> int:
    """An upper bound of the steps a search takes for each character of any text. Unsafe when there is none."""
    if len(pattern) > MAX_PATTERN:
        raise Unsafe(f"the pattern is longer than {MAX_PATTERN} characters; use a word list instead")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(pattern, flags)
            tree, alphabet = read(pattern, flags)
    except Warning as doubt:
        raise Unsafe(f"the pattern is doubtful: {doubt}; escape the character that is meant literally") from None
    except re.error as error:
        raise Unsafe(f"not a regular expression: {error}; correct it there") from None
    except (OverflowError, RecursionError, ValueError) as error:
        raise Unsafe(f"not a regular expression that can be compiled: {error}; make it simpler") from None
    tree = without_sure_tail(tree)
    refuse_unbounded_lookarounds(tree)
    ahead = forward(tree) if is_bounded(tree) else None
    if ahead is not None and ahead.work <= MAX_STEPS:
        return ahead.work
    return Counter(alphabet).count(tree)
