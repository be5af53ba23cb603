"""What goods a title names: the mentions of product nouns, and which of them are the goods themselves.

"Silicone phone case for watch lovers": `phone` is a part of the compound, `case` the goods, `watch` what they are for.
This is the quick way that every listing takes: look-ups of stems, no segmentation of English, a few microseconds.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from engine.features.category_of import category
from engine.features.registry import feature
from engine.features.tokens import Token, title_tokens
from engine.features.tokens import title_words as plain_words
from engine.features.view import View, derived
from engine.findings import Location
from engine.taxonomy.nouns import NounIndex, is_han, stem
from engine.taxonomy.reading import Reading

MAX_TOKENS = 400
"""A title is read up to this many words; what is longer breaks a rule of its own."""

BREAKS = frozenset("|;!/•·")
"""Marks between words after which a new phrase begins."""


class Word(NamedTuple):
    """One stem of the title with its code-point span."""

    stem: str
    start: int
    end: int


class Mention(NamedTuple):
    """A product noun of the title.

    `leaves`: numbers of the leaves it names; `weaker`: those that only its last words name ("shoes" of "sports shoes").
    `is_head`: it names the goods, not what they are for, made with or part of.
    """

    phrase: str
    start: int
    end: int
    leaves: tuple[int, ...]
    weaker: tuple[int, ...]
    is_head: bool


def words_of(tokens: Sequence[Token]) -> list[Word]:
    """Stems of tokens; a token joined by marks ("t-shirt", "hat/cap") counts as its parts."""
    found: list[Word] = []
    for lower, start, end in tokens[:MAX_TOKENS]:
        if lower.isalnum():
            found.append(Word(stem(lower), start, end))
            continue
        whole = stem(lower)
        if whole.isalnum():
            found.append(Word(whole, start, end))
            continue
        at = start
        for part in whole.replace("/", "-").replace("&", "-").replace("+", "-").replace(".", "-").split("-"):
            if part:
                found.append(Word(stem(part), at, at + len(part)))
            at += len(part) + 1
    return found


@derived
def title_words(view: View) -> list[Word]:
    """The stems of the title with their places."""
    return words_of(title_tokens(view))


@derived
def title_stems(view: View) -> list[str]:
    """The stems of the title, the same as those of `title_words`; the places are seldom needed."""
    found = plain_words(view)
    words = found.words if len(found.words) <= MAX_TOKENS else found.words[:MAX_TOKENS]
    if found.is_plain:
        return list(map(stem, words))
    stems: list[str] = []
    for word in words:
        stems.extend(_stems(word))
    return stems


@lru_cache(maxsize=1 << 14)
def _stems(word: str) -> tuple[str, ...]:
    """The stems of one token."""
    return tuple([part.stem for part in words_of((Token(word, 0, len(word)),))])


def heads(title: str, words: Sequence[Word], rule: Reading) -> list[bool]:
    """For each word: whether it stands where the goods are named, that is, not in a complement."""
    openers = rule.openers
    if openers.isdisjoint([word[0] for word in words]):
        return [True] * len(words)
    flags = []
    inside = False
    last_end = 0
    for position, (text, start, end) in enumerate(words):
        if inside and start - last_end > 1 and not BREAKS.isdisjoint(title[last_end:start]):
            inside = False
        if text in openers and not (text == "of" and _counts(words, position, rule)):
            inside = True
        flags.append(not inside)
        last_end = end
    return flags


def _counts(words: Sequence[Word], position: int, rule: Reading) -> bool:
    """ "set of", "pack of": the goods come after it. Also "pack (2) of": up to two words back."""
    return any(word.stem in rule.measures for word in words[max(0, position - 2) : position])


@derived
def title_heads(view: View) -> list[bool]:
    """`heads` of the title's words."""
    return heads(view.title or "", title_words(view), view.resources.taxonomy.reading)


def find_mentions(words: Sequence[Word], flags: Sequence[bool], index: NounIndex, rule: Reading) -> list[Mention]:
    """All nouns, longest first at each place, left to right. `flags`: which words stand where the goods are named."""
    spots = longest_phrases([word[0] for word in words], index.first, index.phrases)
    if not spots:
        return []
    if not any(flags[start] for start, _, _ in spots):
        flags = list(flags)
        opener = flags.index(False)
        if opener == 0 or words[opener][0] not in rule.purposes:
            # "For iPhone 14 case", "Norvella by Arlen jumpsuit"; but "Sleeve for iPad" names no goods we know
            flags[spots[-1][0]] = True
    found: list[Mention] = []
    nouns = [index.noun(phrase) for _, _, phrase in spots]
    last = len(spots) - 1
    for position, (begin, end, phrase) in enumerate(spots):
        noun = nouns[position]
        is_head = flags[begin]
        if is_head and position < last:
            following = spots[position + 1][0]
            # two nouns in a row are a compound ("phone case") or, of one group, alike goods ("sneakers shoes")
            if following == end and flags[following] and noun.groups.isdisjoint(nouns[position + 1].groups):
                is_head = False
        found.append(Mention(phrase, words[begin][1], words[end - 1][2], noun.leaves, noun.weaker, is_head))
    return found


def longest_phrases(
    stems: Sequence[str], first: Mapping[str, int], phrases: Container[str]
) -> list[tuple[int, int, str]]:
    """(first word, after the last word, phrase) of the longest known phrase at each place, none overlapping."""
    found: list[tuple[int, int, str]] = []
    free = 0
    for at, text in enumerate(stems):
        if at < free or text not in first:
            continue
        phrase, after = _phrase_at(stems, at, first[text], phrases)
        if phrase:
            free = after
            found.append((at, free, phrase))
    return found


def chinese_mentions(title: str, index: NounIndex, rule: Reading) -> list[Mention]:
    """Nouns of a Chinese title: words by rjieba, the longest run of them that is a noun."""
    import rjieba

    text = title.lower() if len(title.lower()) == len(title) else title
    pieces = rjieba.cut(text[: MAX_TOKENS * 4].encode("utf-8", "replace").decode())  # a lone surrogate becomes "?"
    starts = []
    at = 0
    for piece in pieces:
        starts.append(at)
        at += len(piece)
    starts.append(at)
    spots: list[tuple[int, int]] = []
    position = 0
    while position < len(pieces):
        for length in range(min(6, len(pieces) - position), 0, -1):
            begin, end = starts[position], starts[position + length]
            if end - begin <= index.chinese_longest and text[begin:end] in index.chinese:
                spots.append((begin, end))
                position += length
                break
        else:
            position += 1
    found = []
    for begin, end in spots:
        opener = max((text.rfind(word, 0, begin) for word in rule.openers_zh), default=-1)
        inside = opener >= 0 and "的" not in text[opener:begin]
        phrase = text[begin:end]
        found.append(Mention(phrase, begin, end, index.chinese[phrase], (), not inside))
    if found and not any(mention.is_head for mention in found):
        found[-1] = found[-1]._replace(is_head=True)
    return found


@derived
def names_category(view: View) -> bool:
    """Whether a noun that surely names the goods names the listing's category: the quick yes of nearly every listing.

    A no is no answer: then `mentions` has to be read. None of the answers below differs from what it says.
    """
    node = category(view)
    if node is None or not view.title:
        return False
    taxonomy = view.resources.taxonomy
    own = taxonomy.below(node)
    index = taxonomy.nouns
    begins = taxonomy.noun_begins
    stems = title_stems(view)
    count = len(stems)
    at = 0
    for position, word in enumerate(stems):
        longest = begins.get(word)
        if longest is None:
            continue
        if not longest:
            return False  # a complement begins, though within a noun; what follows may not be the goods
        if position < at:
            continue
        phrase, after = _phrase_at(stems, position, longest, index.phrases)
        if not phrase:
            continue
        at = after
        noun = index.noun(phrase)
        if own.isdisjoint(noun.leaves) and own.isdisjoint(noun.weaker):
            continue
        following = begins.get(stems[after]) if after < count else None
        if following is None:
            return True
        if not following:
            return stems[after] != "of"  # "set of": only the whole reading tells
        beside, _ = _phrase_at(stems, after, following, index.phrases)
        if not beside or not noun.groups.isdisjoint(index.noun(beside).groups):
            return True
    return False


def _phrase_at(stems: Sequence[str], at: int, longest: int, phrases: Container[str]) -> tuple[str, int]:
    """The longest known phrase that begins at a word, and the word after it; an empty one when there is none."""
    for length in range(min(longest, len(stems) - at), 0, -1):
        phrase = stems[at] if length == 1 else " ".join(stems[at : at + length])
        if phrase in phrases:
            return phrase, at + length
    return "", at


@derived
def mentions(view: View) -> list[Mention]:
    """The product nouns of the title; empty without a title or without a noun."""
    title = view.title
    if not title:
        return []
    taxonomy = view.resources.taxonomy
    rule = taxonomy.reading
    found = find_mentions(title_words(view), title_heads(view), taxonomy.nouns, rule)
    if not title.isascii() and is_han(title):
        found = [*chinese_mentions(title, taxonomy.nouns, rule), *found]
    return found


@derived
def head_mention(view: View) -> Mention | None:
    """The noun that names the goods: the last one that is a head."""
    return next((mention for mention in reversed(mentions(view)) if mention.is_head), None)


def place(view: View, mention: Mention) -> Location:
    """Where a noun stands in the title."""
    title = view.title or ""
    return Location("/title", mention.start, mention.end, title[mention.start : mention.end])


def _head_places(view: View, value: object, *_: object) -> list[Location]:
    mention = head_mention(view)
    return [place(view, mention)] if mention is not None else [Location("/title")]


@feature(
    "title.product_noun",
    type="str",
    nullable=True,
    reads=("title",),
    en="The words of the title that name the goods",
    zh="标题中指明商品的品名词",
    locate=_head_places,
)
def title_product_noun(view: View) -> str | None:
    """As written in the title; None when it names no goods we know."""
    mention = head_mention(view)
    return None if mention is None else (view.title or "")[mention.start : mention.end]


@feature(
    "title.has_product_noun",
    type="bool",
    nullable=True,
    reads=("title",),
    en="Whether the title names any goods of the category tree",
    zh="标题是否含有类目树中的品名词",
    locate=_head_places,
)
def title_has_product_noun(view: View) -> bool | None:
    """None without a title, or with one of blanks."""
    title = view.title
    return names_category(view) or bool(mentions(view)) if title and not title.isspace() else None


@feature(
    "title.product_nouns",
    type="list[str]",
    reads=("title",),
    en="Every name of goods in the title, in order",
    zh="标题中的所有品名词（按顺序）",
    locate=lambda view, value: [place(view, mention) for mention in mentions(view)],
)
def title_product_nouns(view: View) -> list[str]:
    """As written."""
    title = view.title or ""
    return [title[mention.start : mention.end] for mention in mentions(view)]
