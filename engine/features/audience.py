"""For whom goods are: what the title says, and what the category is for."""

from __future__ import annotations

from typing import NamedTuple

from engine.features.category_of import category
from engine.features.product_noun import Word, title_stems, title_words
from engine.features.registry import feature
from engine.features.value_words import AUDIENCES
from engine.features.view import View, derived
from engine.findings import Location


class Told(NamedTuple):
    """The one audience a title names, and the word that does."""

    audience: str
    word: Word


@derived
def told_audience(view: View) -> Told | None:
    """The audience of the title; None when it names none or several, or when the word is excused (a gift, a doll)."""
    reading = view.resources.taxonomy.reading
    known = reading.audiences
    if reading.audience_stems.isdisjoint(title_stems(view)):
        return None
    words = title_words(view)
    found = [(position, word) for position, word in enumerate(words) if word.stem in known]
    audience = _one_of({known[word.stem] for _, word in found})
    if audience is None:
        return None
    for position, word in found:
        beside = [near.stem for near in words[max(0, position - 2) : position + 2]]
        if reading.audience_excuses.isdisjoint(beside):
            return Told(audience, word)
    return None


def _one_of(said: set[str]) -> str | None:
    """Boys and girls together, with or without "kids", are kids; "boys kids" are boys; else several are none."""
    young = said & {"boys", "girls"}
    if "kids" in said and young == said - {"kids"}:
        said = young or {"kids"}
    if said == {"boys", "girls"}:
        return "kids"
    return next(iter(said)) if len(said) == 1 else None


@derived
def audience_clash(view: View) -> bool:
    """Whether the title is for another audience than the category."""
    node = category(view)
    if node is None:
        return False
    taxonomy = view.resources.taxonomy
    wanted = taxonomy.audiences.get(node.id)
    told = told_audience(view) if wanted is not None else None
    return told is not None and wanted is not None and taxonomy.reading.conflicting(told.audience, wanted)


def _told_places(view: View, value: object) -> list[Location]:
    told = told_audience(view)
    if told is None:
        return []
    title = view.listing.title or ""
    return [Location("/title", told.word.start, told.word.end, title[told.word.start : told.word.end])]


@feature(
    "title.audience",
    type="str",
    nullable=True,
    reads=("title",),
    en="Whom the title says the goods are for: men, women, boys, girls or kids",
    zh="标题所述适用人群：men、women、boys、girls或kids",
    locate=_told_places,
    words=AUDIENCES,
)
def title_audience(view: View) -> str | None:
    """None when the title names none or several."""
    told = told_audience(view)
    return None if told is None else told.audience


@feature(
    "category.audience",
    type="str",
    nullable=True,
    reads=("category_id", "category_path"),
    en="Whom the category is for: men, women, boys, girls or kids",
    zh="类目适用人群：men、women、boys、girls或kids",
    words=AUDIENCES,
)
def category_audience(view: View) -> str | None:
    """None when the category is for anyone or not known."""
    node = category(view)
    return None if node is None else view.resources.taxonomy.audiences.get(node.id)


@feature(
    "category.audience_conflicts",
    type="bool",
    nullable=True,
    reads=("title", "category_id", "category_path"),
    en="The title is for another audience than the category",
    zh="标题适用人群与类目适用人群相冲突",
    locate=_told_places,
)
def category_audience_conflicts(view: View) -> bool | None:
    """None when title or category is not known."""
    if not view.listing.title or category(view) is None:
        return None
    return audience_clash(view)
