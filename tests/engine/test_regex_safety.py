"""`check_regex` never accepts a pattern that is slow, and accepts the patterns that rules are made of.

The proof counts steps, not seconds: `Oracle` backtracks as Python's `re` does and counts every node it tries. Each
accepted pattern must stay within its own promised bound on pumped texts.
"""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from re import _constants as sre
from re import _parser as parser

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.conditions.regex_safety import check_regex, steps_per_character

ORDINARY = [
    r"^(\d+\w{0,3}|[smlx]+)$",
    r"\b\d{1,4} ?(pcs|pieces|packs?)\b",
    r"https?://[^\s\"'<>]{1,200}",
    r"https?://\S+",
    "[一-鿿]",
    r"(?i)\bfree shipping\b",
    r"^[\w.+-]{1,64}@[\w-]{1,63}(\.[\w-]{1,63}){1,5}$",
    r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}",
    r"\b\w+@",
    r"^(?:\w+\s)*\w+$",
    r"^(?:foo |bar |baz )+$",
    r"(?<!\d)\d+x",
    r"#\d+\.\d+x",
    r"\d{1,3}(?:,\d{3})*",
    r"^[a-z]+ing$",
    r"^\w++\s?\w+$",
    r"^\s*\S*x",
    r"^[一-鿿]+\d+$",
    r"(?:\+?86[- ]?)?1[3-9]\d{9}",
    r"(?i)(?:whats ?app|we ?chat|line)\s{0,3}[:：]?\s{0,3}\+?[\d\w-]{5,20}",
    r"^\d+(\.\d+)?$",
    r"(?m)^\d+x",
    r"[A-Z]{2,}",
    r"^(?=.{1,20}$)x",
    r"(?:^|\s)\d+x",
    r"<[^<>]*>",
    r"<(/?)([a-zA-Z][a-zA-Z0-9:-]{0,30})([^<>]*)>",
    r"<kse:widget\b[^<>]*>",
    r"[^\W_]+(?:['-][^\W_]+)*",
    r"[+-]?\d{1,3}(?:,\d{3}){2,}",
    "",
]

SLOW = [
    r"(a+)+$",
    r"^(a+)+$",
    r"(a|aa)+$",
    r"^(a|aa)+$",
    r"(a|a)*b",
    r"^(?:ab|a|b)*c",
    r"(\w+\s?)*$",
    r"^(\w+\s?)*$",
    r"(x+x+)+y",
    r"^(([a-z])+.)+[A-Z]([a-z])+$",
    r".*a.*b",
    r"^.*a.*b",
    r"\d+\.\d+x",
    r"\d+x",
    r"\d++x",
    r"(\s*\S*)*",
    r"\s+$",
    r"(.*)*",
    r"(a{1,30}){1,30}b",
    r"^(a?){30}a{30}$",
    r"(?:ab){1,1000}c",
    r".{0,5000}x",
    r"^\w+\s?\w+$",
    r"https?://\S+x",
    r"(?m)^[\s\d]+x",
    r"<[^>]*>",
    r"<[a-z]{0,30}[^>]*>",
    r"a(ba)*c",
    r"[a-z]+(?:-[a-z]+)*$",
    r"[+-]?\d{1,3}(?:,\d{3})+\.\d+",
    r"(?i)K[a-z\u212a]*x",
    r"(?i)^[а-я]+[А-Я]+1",
]


@pytest.mark.parametrize("pattern", ORDINARY)
def test_an_ordinary_rule_pattern_is_accepted(pattern: str) -> None:
    assert check_regex(pattern) is None


@pytest.mark.parametrize("pattern", SLOW)
def test_a_pattern_that_can_be_slow_is_refused_with_a_way_out(pattern: str) -> None:
    reason = check_regex(pattern)
    assert reason is not None
    assert ";" in reason
    assert "\n" not in reason


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(", "not a regular expression: missing ), unterminated subpattern at position 0; correct it there"),
        (r"(a)\1", "a backreference cannot be matched in linear time; spell out what it may repeat"),
        (r"(a)?(?(1)b|c)", "a backreference cannot be matched in linear time; spell out what it may repeat"),
        (
            "(?=.*x)y",
            "the lookaround (?=.*x) may read any length of text at each place; bound it, such as {0,40}",
        ),
        (
            r"^\w+\w+$",
            (
                r"two repeats in a row can match the same text: \w+ and \w+; make the first possessive (such as \w++), "
                "bound both, such as {1,40}, or separate them by a character neither contains"
            ),
        ),
    ],
)
def test_the_reason_names_the_fragment_and_the_way_out(pattern: str, reason: str) -> None:
    assert check_regex(pattern) == reason


def test_flags_count() -> None:
    assert check_regex("^[a-z]+[A-Z]+1") is None
    assert check_regex("^[a-z]+[A-Z]+1", re.IGNORECASE) is not None
    assert check_regex(r"^.+\n+x") is None
    assert check_regex(r"^.+\n+x", re.DOTALL) is not None


def test_a_hostile_pattern_is_judged_quickly_and_never_raises() -> None:
    hostile = ["(" * 500 + "a" + ")*" * 500, "(?:a?b?" * 60 + ")*" * 60, "a{1,99999}" * 50, "|".join(["abc+"] * 3000)]
    assert [isinstance(check_regex(pattern), str | None) for pattern in hostile] == [True] * len(hostile)


class TooManySteps(Exception):
    pass


class Oracle:
    """Backtracks over the parsed pattern in the order of Python's `re`, and counts each node it tries."""

    def __init__(self, pattern: str, text: str, budget: int) -> None:
        self.tree = parser.parse(pattern)
        self.text, self.budget, self.steps = text, budget, 0

    def search(self) -> tuple[int, int] | None:
        for start in range(len(self.text) + 1):
            for end in self.sequence(self.tree, 0, start):
                return start, end
        return None

    def sequence(self, tree, index, at):
        if index == len(tree):
            yield at
            return
        for end in self.node(*tree[index], at):
            yield from self.sequence(tree, index + 1, end)

    def node(self, op, value, at):
        self.steps += 1
        if self.steps > self.budget:
            raise TooManySteps
        if op is sre.BRANCH:
            for branch in value[1]:
                yield from self.sequence(branch, 0, at)
        elif op is sre.SUBPATTERN:
            yield from self.sequence(value[3], 0, at)
        elif op is sre.ATOMIC_GROUP:
            yield from itertools.islice(self.sequence(value, 0, at), 1)
        elif op in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            yield from self.repeat(value, at, 0, lazy=op is sre.MIN_REPEAT)
        elif op is sre.POSSESSIVE_REPEAT:
            yield from itertools.islice(self.repeat(value, at, 0), 1)
        elif op in (sre.ASSERT, sre.ASSERT_NOT):
            width = value[1].getwidth()[0] if value[0] < 0 else 0
            holds = at >= width and any(True for _ in self.sequence(value[1], 0, at - width))
            if holds is (op is sre.ASSERT):
                yield at
        elif op is sre.AT:
            if ANCHORS[value].match(self.text, at):
                yield at
        elif at < len(self.text) and leaf(op, value).match(self.text, at):
            yield at + 1

    def repeat(self, value, at, done, *, lazy=False):
        low, high, body = value
        if lazy and done >= low:
            yield at
        if done < high:
            for end in self.sequence(body, 0, at):
                if end == at and done >= low:
                    yield end  # a turn that matched nothing ends the repeat
                else:
                    yield from self.repeat(value, end, done + 1, lazy=lazy)
        if not lazy and done >= low:
            yield at


ANCHORS = {
    sre.AT_BEGINNING: re.compile("^"),
    sre.AT_END: re.compile("$"),
    sre.AT_BOUNDARY: re.compile(r"\b"),
    sre.AT_NON_BOUNDARY: re.compile(r"\B"),
}
LEAVES: dict[str, re.Pattern[str]] = {}


def leaf(op, value) -> re.Pattern[str]:
    key = f"{op}{value}"
    if key not in LEAVES:
        if op is sre.ANY:
            text = "."
        elif op in (sre.LITERAL, sre.NOT_LITERAL):
            text = f"[{'^' * (op is sre.NOT_LITERAL)}{re.escape(chr(value))}]"
        else:
            text = "["
            for item, argument in value:
                if item is sre.NEGATE:
                    text += "^"
                elif item is sre.LITERAL:
                    text += re.escape(chr(argument))
                elif item is sre.RANGE:
                    text += f"{chr(argument[0])}-{chr(argument[1])}"
                else:
                    text += {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}[str(argument).rsplit("_", 1)[1]]
            text += "]"
        LEAVES[key] = re.compile(text)
    return LEAVES[key]


def assert_stays_within_its_bound(pattern: str, text: str) -> None:
    promised = steps_per_character(pattern)
    # The oracle also steps into groups and ends of sequences, which the bound counts as one point each.
    oracle = Oracle(pattern, text, budget=3 * (promised + 2) * (len(text) + 2))
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    try:
        found = oracle.search()
    finally:
        sys.setrecursionlimit(limit)
    native = re.compile(pattern).search(text)
    assert found == (native.span() if native else None)


SETS = ["a", "b", "1", " ", r"\d", r"\w", r"\s", ".", "[ab]", "[^a]", r"[^\s]", "[b1]"]
SUFFIXES = ["", "*", "+", "?", "{2}", "{1,3}", "{0,4}", "{2,}", "*?", "+?", "++"]
ANCHOR_TEXTS = ["", "^", r"\b", "(?<!a)", "(?<=1)", "(?!b)", r"\B", "(?<=ab)", "(?=.{0,3}b)"]
PUMPS = ["a", "b", "1", " ", "ab", "a ", "a1", "ba1", "aab", "1 a"]


def pumped(size: int):
    texts = st.text("ab1 !\n", max_size=4)
    return st.builds(
        lambda head, pump, tail: head + (pump * size)[:size] + tail,
        texts,
        st.text("ab1 ", min_size=1, max_size=4),
        texts,
    )


def combined(inner):
    repeated = st.builds(lambda body, suffix: f"(?:{body}){suffix}", inner, st.sampled_from(SUFFIXES))
    alternatives = st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({'|'.join(parts)})")
    return st.one_of(repeated, alternatives, st.lists(inner, min_size=2, max_size=4).map("".join))


leaves = st.builds(
    lambda anchor, characters, suffix: anchor + characters + suffix,
    st.sampled_from([""] * 6 + ANCHOR_TEXTS),
    st.sampled_from(SETS),
    st.sampled_from(["", *SUFFIXES]),
)
patterns = st.builds(
    lambda head, body, tail: head + body + tail,
    st.sampled_from(["", "^", r"\b", "x"]),
    st.recursive(leaves, combined, max_leaves=7),
    st.sampled_from(["", "$", "!", "b"]),
)


@settings(max_examples=300, deadline=None)
@given(patterns, st.lists(pumped(90), min_size=3, max_size=3))
def test_no_accepted_pattern_exceeds_its_bound_on_pumped_texts(pattern: str, texts: list[str]) -> None:
    assume(check_regex(pattern) is None)
    for text in texts:
        assert_stays_within_its_bound(pattern, text)


FAMILY = [
    f"{anchor}{first}{one}{middle}{second}{two}{end}"
    for anchor, first, one, middle, second, two, end in itertools.product(
        ["", "^", r"\b"],
        ["a", r"\w", "[^ ]"],
        ["+", "{0,3}", "*?"],
        ["", "b", " ?"],
        ["a", r"\s", "."],
        ["*", "{2}"],
        ["$"],
    )
]


def test_the_family_of_two_repeats_is_judged_soundly() -> None:
    accepted = [pattern for pattern in FAMILY if check_regex(pattern) is None]
    assert len(FAMILY) // 8 < len(accepted) < len(FAMILY)
    for pattern in accepted:
        for pump in PUMPS:
            assert_stays_within_its_bound(pattern, (pump * 60)[:60] + "!")


def test_accepted_patterns_finish_on_a_megabyte_in_python_itself() -> None:
    """A safety net with a hard kill: the slowest accepted pattern takes about a second, a quadratic one hours."""
    program = (
        "import re, sys\n"
        "for pattern in sys.argv[1:]:\n"
        "    for pump in ('a', '1', ' ', 'ab ', 'http://', 'foo ', '1,', 'a@', '<', '中'):\n"
        "        re.search(pattern, (pump * 200_000)[:200_000] + '!\\n!')\n"
    )
    subprocess.run([sys.executable, "-c", program, *ORDINARY], check=True, timeout=300)
