"""How alike two listings are, measure by measure. A measure knows no threshold; what it is worth stands in the model.

Every value is a float; `UNKNOWN` where one of the two lacks what is compared. All are symmetric: the order of the two
listings does not matter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from engine.duplicates.cards import Card
from engine.hashes import distance

UNKNOWN = -1.0
"""Below every value that a measure can have."""


class Measure(NamedTuple):
    """What a measure says, for explanations."""

    en: str
    zh: str


MEASURES: dict[str, Measure] = {
    "word_likeness": Measure("weighted share of words in common", "共有词的加权比例"),
    "sorted_likeness": Measure("likeness of the titles, words in order", "标题相似度（按词排序）"),
    "set_likeness": Measure("likeness of the titles, words once each", "标题相似度（去重词）"),
    "part_likeness": Measure("likeness of the shorter title to a part of the longer", "短标题与长标题片段的相似度"),
    "unmatched_least": Measure(
        "weight of words without a counterpart, of the better matched title", "匹配较好标题中无对应词的权重占比"
    ),
    "unmatched_most": Measure(
        "weight of words without a counterpart, of the worse matched title", "匹配较差标题中无对应词的权重占比"
    ),
    "unmatched_weight_least": Measure(
        "rare words without a counterpart, in the better matched title", "匹配较好标题中无对应的稀有词"
    ),
    "unmatched_weight_most": Measure(
        "rare words without a counterpart, in the worse matched title", "匹配较差标题中无对应的稀有词"
    ),
    "rarest_unmatched_least": Measure(
        "rarest word without a counterpart, in the better matched title", "匹配较好标题中最稀有的无对应词"
    ),
    "rarest_unmatched_most": Measure(
        "rarest word without a counterpart, in the worse matched title", "匹配较差标题中最稀有的无对应词"
    ),
    "rarest_shared": Measure("rarest word in common", "最稀有的共有词"),
    "shared_weight": Measure("rare words in common", "共有的稀有词"),
    "code_likeness": Measure("likeness of the model codes", "型号代码相似度"),
    "code_likeness_least": Measure("likeness of the less alike model code", "较不相似的型号代码相似度"),
    "codes_differ": Measure("both name a model code, and none is the same", "双方均有型号代码且互不相同"),
    "code_length": Measure("length of the longest model code in both", "双方共有的最长型号代码长度"),
    "numbers_shared": Measure("numbers in common", "共有数字"),
    "numbers_conflict": Measure("numbers that only one of them has, on both sides", "双方各自独有的数字"),
    "numbers_apart": Measure("numbers that only one of them has", "仅一方有的数字"),
    "numbers_overlap": Measure("share of numbers in common", "数字重合比例"),
    "sizes_conflict": Measure("sizes that differ", "规格不一致"),
    "sizes_shared": Measure("sizes in common", "共有规格"),
    "colours_conflict": Measure("colours that differ", "颜色不一致"),
    "packs_conflict": Measure("pack counts that differ", "包装数量不一致"),
    "same_first_word": Measure("the same first word", "首词相同"),
    "brand": Measure("likeness of the brands", "品牌相似度"),
    "price_gap": Measure("difference of the prices (natural logarithm of their ratio)", "价格差异（比值的自然对数）"),
    "length_ratio": Measure("words of the shorter title over those of the longer", "标题词数之比"),
    "described_most": Measure("one title's words found in the other listing", "标题词在对方商品信息中出现的比例"),
    "described_least": Measure("the other title's words found in this listing", "对方标题词在本商品信息中出现的比例"),
    "words_of_shorter": Measure("words of the shorter title", "短标题词数"),
    "pictures_shared": Measure("share of main pictures in common", "共有主图比例"),
    "sku_codes_shared": Measure("share of SKU codes in common", "共有SKU编码比例"),
    "attributes_shared": Measure("share of attributes that are the same", "相同属性比例"),
    "better_elsewhere_least": Measure(
        "listings more alike to the one with fewer such", "与一方更相似的其他商品数（较少者）"
    ),
    "better_elsewhere_most": Measure(
        "listings more alike to the one with more such", "与一方更相似的其他商品数（较多者）"
    ),
    "lead_least": Measure("lead over the next most alike listing, the smaller", "领先次相似商品的幅度（较小者）"),
    "lead_most": Measure("lead over the next most alike listing, the larger", "领先次相似商品的幅度（较大者）"),
    "picture_distance": Measure(
        "bits of 64 by which the most alike main pictures of other names differ", "不同名主图感知哈希的最小差异（64位）"
    ),
}
NAMES = tuple(MEASURES)


class Rivals(NamedTuple):
    """How alike (`word_likeness`) the other candidates of a listing are, most alike first."""

    likeness: Sequence[float] = ()


class Comparison(NamedTuple):
    """The measures of a pair in the order of `NAMES`, and the words that one of the two has alone."""

    values: list[float]
    apart: tuple[str, ...]
    shared: frozenset[str]


Weight = Callable[[str], float]


def compare(
    one: Card, other: Card, weight: Weight, *, rivals: tuple[Rivals, Rivals] = (Rivals(), Rivals())
) -> Comparison:
    """Compare two cards. `weight` is the inverse document frequency of a word in the catalogue."""
    from rapidfuzz import fuzz

    shared = one.bag & other.bag
    mine, theirs = _unmatched(one, other), _unmatched(other, one)
    whole_mine, whole_theirs = _sum(one.bag, weight), _sum(other.bag, weight)
    loose_mine, loose_theirs = _sum(mine, weight), _sum(theirs, weight)
    peak_mine, peak_theirs = _peak(mine, weight), _peak(theirs, weight)
    likeness = _cosine(one, other, shared, weight)
    codes = sorted((_code_likeness(one, other), _code_likeness(other, one)))
    told = sorted((_told(one, other, whole_mine, weight), _told(other, one, whole_theirs, weight)))
    sizes = (len(one.sizes - other.sizes), len(other.sizes - one.sizes))
    numbers = (len(one.numbers - other.numbers), len(other.numbers - one.numbers))
    better = sorted((_better(rivals[0], likeness), _better(rivals[1], likeness)))
    lead = sorted((_lead(rivals[0], likeness), _lead(rivals[1], likeness)))
    short, long = sorted((len(one.bag), len(other.bag)))
    loose = sorted((loose_mine / (whole_mine or 1.0), loose_theirs / (whole_theirs or 1.0)))
    values = [
        likeness,
        fuzz.ratio(one.ordered, other.ordered) / 100,
        fuzz.token_set_ratio(one.title, other.title) / 100,
        fuzz.partial_ratio(one.title, other.title) / 100,
        *loose,
        *sorted((loose_mine, loose_theirs)),
        *sorted((peak_mine, peak_theirs)),
        _peak(shared, weight),
        _sum(shared, weight),
        codes[1],
        codes[0],
        float(bool(one.codes and other.codes) and not one.codes & other.codes),
        float(
            max(
                (len(code) for code in one.codes | other.codes if code in one.compact and code in other.compact),
                default=0,
            )
        ),
        float(len(one.numbers & other.numbers)),
        float(min(numbers)),
        float(sum(numbers)),
        _overlap(one.numbers, other.numbers),
        float(min(sizes)),
        float(len(one.sizes & other.sizes)),
        float(_conflict(one.colours, other.colours)),
        float(_conflict(one.packs, other.packs)),
        float(bool(one.words and other.words) and one.words[0] == other.words[0]),
        _brand(one, other),
        UNKNOWN if one.price is None or other.price is None else abs(math.log(one.price / other.price)),
        short / (long or 1),
        told[1],
        told[0],
        float(short),
        _overlap(one.pictures, other.pictures),
        _overlap(one.sku_codes, other.sku_codes),
        _overlap(one.attributes, other.attributes),
        float(better[0]),
        float(better[1]),
        lead[0],
        lead[1],
        _picture_distance(one, other),
    ]
    return Comparison(values, (*mine, *theirs), shared)


def _sum(words: Iterable[str], weight: Weight) -> float:
    return math.fsum(map(weight, words))


def _peak(words: Iterable[str], weight: Weight) -> float:
    return max(map(weight, words), default=0.0)


def _cosine(one: Card, other: Card, shared: frozenset[str], weight: Weight) -> float:
    if not shared:
        return 0.0
    common = math.fsum(weight(word) ** 2 for word in shared)
    norms = math.fsum(weight(word) ** 2 for word in one.bag) * math.fsum(weight(word) ** 2 for word in other.bag)
    return common / math.sqrt(norms) if norms else 0.0


def _overlap(mine: frozenset[object], theirs: frozenset[object]) -> float:
    """Share of what either has that both have; unknown when one has nothing."""
    if not mine or not theirs:
        return UNKNOWN
    return len(mine & theirs) / len(mine | theirs)


def _picture_distance(one: Card, other: Card) -> float:
    """Unknown when a picture of the same name says already that they share one: that is not counted twice."""
    if not one.hashes or not other.hashes or one.pictures & other.pictures:
        return UNKNOWN
    return float(min(distance(mine, theirs) for mine in one.hashes for theirs in other.hashes))


def _conflict(mine: frozenset[str], theirs: frozenset[str]) -> bool:
    """Both say something, and nothing that is the same."""
    return bool(mine and theirs) and not mine & theirs


def _unmatched(one: Card, other: Card) -> list[str]:
    """Words of the first that the second has in no form: not glued, not shortened, not misspelt."""
    left = one.bag - other.bag
    if not left:
        return []
    rest = other.bag - one.bag
    return sorted(word for word in left if not _has_form(word, one, other, rest))


_GLUED = 4
"""Letters from which a word inside the other title's letters counts as written there without a space."""


def _has_form(word: str, one: Card, other: Card, rest: frozenset[str]) -> bool:
    if len(word) >= _GLUED and word in other.compact:
        return True
    return any(
        is_form(word, its) or (len(its) >= _GLUED and its in one.compact and word in other.compact) for its in rest
    )


@lru_cache(maxsize=200_000)
def is_form(word: str, other: str) -> bool:
    """Whether two different words are forms of one: an abbreviation (prof, professional) or a slip of the pen."""
    if word[0] != other[0] or not (word + other).isalpha():
        return False
    return _shortens(word, other) or _shortens(other, word) or _misspells(word, other)


def _shortens(short: str, long: str) -> bool:
    """At least three letters of the longer word, in its order, from its first."""
    if not 3 <= len(short) < len(long):
        return False
    rest = iter(long)
    return all(sign in rest for sign in short)


def _misspells(word: str, other: str) -> bool:
    from rapidfuzz.distance import JaroWinkler

    return min(len(word), len(other)) >= 4 and JaroWinkler.similarity(word, other) >= 0.92


def _code_likeness(one: Card, other: Card) -> float:
    """The most alike that a model code of the first is to the second: 1 when it stands there, in any place."""
    best = UNKNOWN
    for code in one.codes:
        if code in other.compact or code in other.described:
            return 1.0
        best = max(best, 0.0, *(code_pair(*sorted((code, its))) for its in other.codes), 0.0)
    return best


@lru_cache(maxsize=100_000)
def code_pair(one: str, other: str) -> float:
    """Likeness of two codes (0..1): the same beginning counts most, as a family of models shares it."""
    from rapidfuzz.distance import Levenshtein, Prefix

    return max(Prefix.normalized_similarity(one, other), 0.9 * Levenshtein.normalized_similarity(one, other))


def _told(one: Card, other: Card, whole: float, weight: Weight) -> float:
    return _sum(one.bag & other.described, weight) / whole if whole else 0.0


def _brand(one: Card, other: Card) -> float:
    from rapidfuzz import fuzz

    if one.brand and other.brand:
        return fuzz.token_set_ratio(one.brand, other.brand) / 100
    if not one.brand and not other.brand:
        return UNKNOWN
    name, title = (one.brand, other.title) if one.brand else (other.brand, one.title)
    return 0.5 + 0.5 * (fuzz.partial_ratio(name, title) > 85)


_SAME = 1e-6


def _better(rivals: Rivals, likeness: float) -> int:
    return sum(other > likeness + _SAME for other in rivals.likeness)


def _lead(rivals: Rivals, likeness: float) -> float:
    """Likeness less that of the most alike other candidate, -1..1."""
    others = [other for other in rivals.likeness if abs(other - likeness) > _SAME]
    return likeness - others[0] if others else likeness
