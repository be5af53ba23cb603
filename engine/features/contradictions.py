"""Where the title says one thing and an attribute (or every SKU) another. One precise finding beats ten guesses."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from engine.features.attributes import name_of
from engine.features.audience import told_audience
from engine.features.given_attributes import Given, Meaning, amount, filled, items_of, sku_values
from engine.features.numbers import quotient
from engine.features.product_noun import title_stems
from engine.features.registry import Field, collection
from engine.features.sku_names import quantities, sku_pieces_max, sku_title_pieces_max, sku_title_pieces_min
from engine.features.title_claims import Said, claim_spots, claimed, first_digit, measures, said
from engine.features.view import View
from engine.findings import Location
from engine.taxonomy import Attribute
from engine.taxonomy.claims import COLOR, MATERIAL

READS = ("title", "attributes", "skus", "category_id", "category_path")


class Contradiction(NamedTuple):
    """`kind`: the attribute's id. `ratio`: for numbers, the larger divided by the smaller; None for words.

    `against`: "attribute" or "sku".
    """

    kind: str
    attribute: str
    attribute_zh: str
    title_says: str
    attribute_says: str
    against: str
    ratio: Decimal | None
    locations: tuple[Location, ...]


def _item(
    view: View, spec: Attribute, start: int, end: int, given: Given | None, *, ratio: Decimal | None = None
) -> Contradiction:
    title = view.title or ""
    places = [Location("/title", start, end, title[start:end])]
    says = ""
    if given is not None:
        places.append(given.location)
        says = given.text[:100]
    names = name_of(spec), name_of(spec, "zh")
    return Contradiction(spec.id, *names, title[start:end], says, "attribute", ratio, tuple(places))


def _families(item: Given, families: Mapping[str, frozenset[str]]) -> set[str] | None:
    """All families of the values; None when one of them is unknown or belongs to none."""
    found: set[str] = set()
    for value in item.values:
        known = families.get(value.id) if value is not None else None
        if known is None:
            return None
        found |= known
    return found


def _one(claims: Sequence[Said]) -> Said | None:
    """The one value that a title says firmly; None when it names another one too."""
    if not claims or len({claim.value for claim in claims}) > 1:
        return None
    return next((claim for claim in claims if claim.is_firm), None)


def _colors(view: View) -> Iterator[Contradiction]:
    claim = _one(said(view).get(COLOR, ()))
    taxonomy = view.resources.taxonomy
    spec = taxonomy.attributes.get(COLOR)
    if claim is None or spec is None:
        return
    reading = taxonomy.reading
    families = reading.color_families
    told = families.get(claim.value)
    if told is None or not reading.color_never_with.isdisjoint(title_stems(view)):
        return
    by_sku = sku_values(view).get(COLOR, {})
    known = taxonomy.values_of(spec)
    sku_families: set[str] = set()
    for text in by_sku:
        value = known.get(text.replace("-", " "))
        if value is None or value.id not in families:
            return
        sku_families |= families[value.id]
    if not told.isdisjoint(sku_families):
        return
    items = items_of(view, COLOR)
    for item in items:
        if any(value is not None and value.id in reading.color_any for value in item.values):
            return
        said_here = _families(item, families)
        if said_here is None or not told.isdisjoint(said_here):
            return
    if items:
        yield _item(view, spec, claim.start, claim.end, items[0])
    elif by_sku:
        title = view.title or ""
        places = [Location("/title", claim.start, claim.end, title[claim.start : claim.end])]
        places += [Location(f"/skus/{index}") for index in by_sku.values()]
        says = ", ".join(by_sku)[:100]
        names = name_of(spec), name_of(spec, "zh")
        yield Contradiction(COLOR, *names, title[claim.start : claim.end], says, "sku", None, tuple(places))


def _materials(view: View) -> Iterator[Contradiction]:
    families = view.resources.taxonomy.reading.material_families
    placed = filled(view).first.get(MATERIAL)
    if placed is None or _told_alike(view, placed[1], families):
        return
    claims = said(view).get(MATERIAL, ())
    items = items_of(view, MATERIAL)
    if not claims:
        return
    firm = [claim for claim in claims if claim.is_firm]
    if len({claim.value for claim in firm}) != 1:
        return
    told = frozenset((firm[0].value,))
    for claim in claims:
        if not claim.is_firm and (claim.start, claim.end) != (firm[0].start, firm[0].end):
            other = families.get(claim.value)
            if other is None or told.isdisjoint(other):
                return
    for item in items:
        said_here = _families(item, families)
        if said_here is None or not told.isdisjoint(said_here):
            return
    yield _item(view, items[0].spec, firm[0].start, firm[0].end, items[0])


def _told_alike(view: View, meaning: Meaning, families: Mapping[str, frozenset[str]]) -> bool:
    """Whether the attribute holds every material that the title may firmly say, so that there is nothing to compare."""
    phrases = view.resources.taxonomy.claims.phrases
    held: set[str] = set()
    for value in meaning.values:
        known = families.get(value.id) if value is not None else None
        if known is None:
            return True  # nothing is known against it
        held |= known
    for spot in claim_spots(view):
        for claim in phrases[spot[2]]:
            if claim.is_firm and claim.attribute == MATERIAL and claim.value not in held:
                return False
    return True


def _audience(view: View) -> Iterator[Contradiction]:
    items = items_of(view, "gender")
    told = told_audience(view) if items else None
    if told is None or not items:
        return
    reading = view.resources.taxonomy.reading
    for item in items:
        if any(value is None or not reading.conflicting(told.audience, value.id) for value in item.values):
            return
    yield _item(view, items[0].spec, told.word.start, told.word.end, items[0])


def _words(view: View) -> Iterator[Contradiction]:
    reading = view.resources.taxonomy.reading
    for name in reading.told:
        items = items_of(view, name)
        if not items:
            continue
        claim = _one(said(view).get(name, ()))
        if claim is None or len(items) > 1 or any(value is None for value in items[0].values):
            continue
        agreeing = [group for group in reading.agreeing.get(name, ()) if claim.value in group]
        values = {value.id for value in items[0].values if value is not None}
        if claim.value in values or any(values & group for group in agreeing):
            continue
        yield _item(view, items[0].spec, claim.start, claim.end, items[0])


def _numbers(view: View) -> Iterator[Contradiction]:
    reading = view.resources.taxonomy.reading
    filled_in = filled(view)
    names: Collection[str] = reading.number_names.intersection(filled_in.first)
    if len(names) > 1:
        names = [name for name in reading.numbers if name in names]
    for name in names:
        items = items_of(view, name)
        if len(items) > 1:
            continue
        spec = items[0].spec
        read = filled_in.first[name][1].amount
        found = measures(view, spec) if read is not None and read[1] is not None else []
        if read is None or read[1] is None or len({measure.amount for measure in found}) != 1:
            continue
        given = view.resources.taxonomy.convert(spec, read[0], read[1])
        told = found[0].amount
        if not given or not told or given == told or _varies(view, name):
            continue
        ratio = quotient(max(given, told), min(given, told))
        if ratio is not None:
            yield _item(view, spec, found[0].start, found[0].end, items[0], ratio=ratio)


def _varies(view: View, name: str) -> bool:
    """Whether the SKUs differ in the attribute, or in anything with a number: then the title names one of several."""
    by_sku = sku_values(view)
    return name in by_sku or any(any(char.isdigit() for char in text) for values in by_sku.values() for text in values)


def _pieces(view: View) -> Iterator[Contradiction]:
    items = items_of(view, "quantity")
    if not items or len(items) > 1 or sku_pieces_max(view) is not None:
        return
    low, high = sku_title_pieces_min(view), sku_title_pieces_max(view)
    read = amount(view, items[0])
    if not low or low != high or read is None or not read[0] or read[0] == low:
        return
    found = quantities(view.title or "")
    unit = read[1]
    spec = items[0].spec
    same_unit = unit is None or view.resources.taxonomy.unit(spec, unit) is not None
    if same_unit and found:
        number = Decimal(low)
        ratio = quotient(max(number, read[0]), min(number, read[0]))
        yield _item(view, spec, found[0].start, found[0].end, items[0], ratio=ratio)


@collection(
    "attributes.contradictions",
    item={
        "kind": Field("str", "Id of the attribute: color, material, gender, capacity …", "属性编号"),
        "attribute": Field("str", "English name of the attribute", "属性英文名"),
        "attribute_zh": Field("str", "Chinese name of the attribute", "属性中文名"),
        "title_says": Field("str", "What the title says", "标题所述"),
        "attribute_says": Field("str", "What the attribute or the SKUs say", "属性或SKU所述"),
        "against": Field("str", "attribute or sku", "attribute为属性，sku为SKU"),
        "ratio": Field(
            "decimal", "For numbers: the larger divided by the smaller", "数值时为大值除以小值", nullable=True
        ),
    },
    reads=READS,
    en="Where the title says one value of an attribute and the attribute (or every SKU) another",
    zh="标题所述与属性（或全部SKU）相矛盾之处",
)
def attributes_contradictions(view: View) -> Sequence[Contradiction]:
    """Empty without a title or attributes."""
    listing = view.listing
    if not listing.title or not (listing.attributes or listing.skus):
        return ()
    reading = view.resources.taxonomy.reading
    known = filled(view).first
    told = claimed(view)
    found: list[Contradiction] = []
    if told:
        if COLOR in told:
            found.extend(_colors(view))
        if MATERIAL in told and MATERIAL in known:
            found.extend(_materials(view))
    if "gender" in known:
        found.extend(_audience(view))
    if told and not reading.told_names.isdisjoint(told):
        found.extend(_words(view))
    if first_digit(view) >= 0 and not reading.number_names.isdisjoint(known):
        found.extend(_numbers(view))
    if "quantity" in known:
        found.extend(_pieces(view))
    return found
