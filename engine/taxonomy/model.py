"""What the category tree is made of: categories, attributes, values and units. Frozen plain data."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct

Wording = Mapping[str, str]
"""{"en": …, "zh": …}"""


class AttributeValue(Struct, frozen=True):
    """One allowed value of an attribute; `synonyms` are other words for it in both languages."""

    id: str
    name: Wording
    synonyms: tuple[str, ...] = ()

    @property
    def en(self) -> str:
        """The English name."""
        return self.name.get("en", self.id)


class Unit(Struct, frozen=True):
    """A unit of a number attribute: `factor` of the attribute's first-rank unit (factor 1)."""

    id: str
    aliases: tuple[str, ...]
    factor: Decimal


class Attribute(Struct, frozen=True):
    """An attribute of goods. `type`: enum, number, text or boolean. `exclusive`: a product has only one value of it."""

    id: str
    name: Wording
    aliases: tuple[str, ...]
    type: str
    exclusive: bool
    values: tuple[AttributeValue, ...] = ()
    units: tuple[Unit, ...] = ()


class Category(Struct, frozen=True):
    """A node of the tree. Leaves have nouns and attributes; groups and industries are nodes with `is_leaf` False.

    `ancestors`: ids from the group up to the industry. `required`, `key`, `optional`: attribute ids, what the whole
    industry asks included; an attribute is in one of the three. `typical_price`: (low, high) in USD for one piece.
    `special`: a link that only takes a payment (Special Category). `audience`: men, women, boys, girls, or "" (any).
    """

    id: str
    name: Wording
    ancestors: tuple[str, ...]
    industry: str
    is_leaf: bool
    nouns: Mapping[str, tuple[str, ...]]
    hints: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    selling_unit: tuple[str, ...] = ()
    typical_price: tuple[Decimal, Decimal] | None = None
    platform_ids: tuple[str, ...] = ()
    special: bool = False
    qualification: str | None = None
    battery: bool | None = None
    index: int = -1

    @property
    def group(self) -> str:
        """The id of the group the leaf belongs to."""
        return self.ancestors[0] if self.ancestors else self.id
