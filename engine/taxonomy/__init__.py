"""The category tree of a marketplace, with attributes, as read from the pack's taxonomy files."""

from __future__ import annotations

from engine.taxonomy.model import Attribute, AttributeValue, Category, Unit
from engine.taxonomy.tree import Taxonomy

__all__ = ["Attribute", "AttributeValue", "Category", "Taxonomy", "Unit"]
