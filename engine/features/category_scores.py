"""How well each category fits a title: the quick agreement of the noun, or a full ranking when that does not hold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from engine.features.audience import audience_clash, told_audience
from engine.features.category_of import category
from engine.features.head_noun import near_nouns
from engine.features.product_noun import Mention, head_mention, mentions, names_category, title_stems
from engine.features.view import View, derived

LAST_HEAD, HEAD, WEAKER, ASIDE, NEAR, LINEAR, AUDIENCE = 7.0, 5.0, 3.0, 1.2, 4.0, 9.0, 4.0
"""What each kind of evidence adds to the log-odds of a leaf: the noun that names the goods, another noun in its
place, only its last words, a noun elsewhere, a misspelt noun, the linear model, and (against) another audience.
Set once by hand; no product data was fitted."""


BESIDE = 0.1
"""The lead of another leaf of the same group when the title names that one and not the listing's own."""


class Ranking(NamedTuple):
    """Leaf number → probability, over all leaves; those with no evidence share what `rest` says, each."""

    probabilities: Mapping[int, float]
    rest: float

    def of(self, leaves: frozenset[int]) -> float:
        """Probability that it is one of these."""
        known = self.probabilities
        return sum(known.get(leaf, self.rest) for leaf in leaves)


@derived
def agrees(view: View) -> bool | None:
    """The quick test: does a noun that names the goods name the listing's category, or one of the same group?

    None when there is no title or the category is not known. True for nearly every sound listing; nothing else runs.
    """
    found = quick(view)
    return None if found is None else found is not False


@derived
def quick(view: View) -> bool | Mention | None:
    """True: the title names the category. A mention: it names one of the same group only. False: neither."""
    node = category(view)
    if node is None or not view.title:
        return None
    if names_category(view):
        return not audience_clash(view)
    taxonomy = view.resources.taxonomy
    own = taxonomy.below(node)
    around = taxonomy.below(taxonomy.nodes[node.group]) if node.is_leaf else own
    beside: Mention | None = None
    for mention in mentions(view):
        if mention.is_head:
            if not (own.isdisjoint(mention.leaves) and own.isdisjoint(mention.weaker)):
                return not audience_clash(view)
            if not around.isdisjoint(mention.leaves):
                beside = mention
    return False if beside is None or audience_clash(view) else beside


@derived
def ranking(view: View) -> Ranking:
    """All leaves by how well they fit the title."""
    taxonomy = view.resources.taxonomy
    logits: dict[int, float] = {}

    def add(mention_leaves: tuple[int, ...], weight: float) -> None:
        for leaf in mention_leaves:
            logits[leaf] = logits.get(leaf, 0.0) + weight

    last = head_mention(view)
    for mention in _distinct(mentions(view)):
        weight = ASIDE if not mention.is_head else LAST_HEAD if last and mention.phrase == last.phrase else HEAD
        length = 1 + 0.15 * mention.phrase.count(" ")
        add(mention.leaves, weight * length)
        add(mention.weaker, min(weight, WEAKER))
    if last is None:  # only then spaCy is asked: the goods are named by no noun we know as it is written
        for near in near_nouns(view):
            add(near.leaves, NEAR * near.likeness)
    stems = title_stems(view)
    for leaf, score in taxonomy.linear.scores(stems).items():
        logits[leaf] = logits.get(leaf, 0.0) + LINEAR * score
    told = told_audience(view)
    if told is not None:
        for leaf in logits:
            wanted = taxonomy.audiences.get(taxonomy.leaves[leaf].id)
            if wanted is not None and taxonomy.reading.conflicting(told.audience, wanted):
                logits[leaf] -= AUDIENCE
            elif wanted == told.audience:
                logits[leaf] += AUDIENCE / 4
    return _softmax(logits, len(taxonomy.leaves))


def _distinct(found: list[Mention]) -> list[Mention]:
    """Each phrase once, as a head where it is one anywhere."""
    kept: dict[str, Mention] = {}
    for mention in found:
        if mention.phrase not in kept or mention.is_head:
            kept[mention.phrase] = mention
    return list(kept.values())


def _softmax(logits: Mapping[int, float], count: int) -> Ranking:
    silent = max(count - len(logits), 0)
    top = max(logits.values(), default=0.0)
    top = max(top, 0.0)
    raised = {leaf: math.exp(value - top) for leaf, value in logits.items()}
    rest = math.exp(-top)
    total = sum(raised.values()) + rest * silent
    if not total:
        return Ranking({}, 0.0)
    return Ranking({leaf: value / total for leaf, value in raised.items()}, rest / total)


class Verdict(NamedTuple):
    """`own`: probability of the listing's category (its group counts half); `best`: the best leaf outside the group
    and its probability (its group counts half); `margin` = max(0, best − own)."""

    own: float
    best: int | None
    best_share: float
    margin: float


AGREED = Verdict(1.0, None, 0.0, 0.0)
"""The title names the category: nothing else is asked."""


@derived
def verdict(view: View) -> Verdict | None:
    """How far the best other category beats the listing's own; None when title or category is not known."""
    fits = quick(view)
    node = category(view)
    if fits is None or node is None:
        return None
    if fits is True:
        return AGREED
    taxonomy = view.resources.taxonomy
    if isinstance(fits, Mention):
        near = taxonomy.below(taxonomy.nodes[node.group])
        best = next(leaf for leaf in fits.leaves if leaf in near)
        return Verdict(0.5 - BESIDE / 2, best, 0.5 + BESIDE / 2, BESIDE)
    ranks = ranking(view)
    leaf = frozenset((node.index,)) if node.is_leaf else taxonomy.below(node)
    around = taxonomy.below(taxonomy.nodes[node.group] if node.is_leaf else node)
    clash = audience_clash(view)
    own = ranks.of(leaf) + (0.0 if clash else 0.5 * ranks.of(around - leaf))
    groups: dict[str, float] = {}
    best_leaf: int | None = None
    best_value = 0.0
    for number, probability in ranks.probabilities.items():
        if number in (leaf if clash else around):
            continue
        group = taxonomy.leaves[number].group
        groups[group] = groups.get(group, 0.0) + probability
        if probability > best_value:
            best_leaf, best_value = number, probability
    if best_leaf is None:
        return Verdict(own, None, 0.0, 0.0)
    share = 0.5 * best_value + 0.5 * groups[taxonomy.leaves[best_leaf].group]
    return Verdict(own, best_leaf, share, max(0.0, share - own))
