"""One rule set that every engine can be asked: 40 conditions over 25 plain measures of a listing, 8 of them patterns.

Each condition is a conjunction of (measure, operator, constant). The same table is turned into our rules, ZEN, CEL,
JSON logic and durable_rules expressions, so that all must give the same findings. For more rules the table repeats
with other constants.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from engine.evaluate.program import Program
from engine.facts import Listing, Package
from engine.features.registry import Feature, Registry
from engine.features.resources import Resources
from engine.features.scan import Scanner
from engine.features.view import View, derived
from engine.model.expressions import And, Comparison, Expr, Literal, Ref
from engine.model.rule import CheckRule
from engine.taxonomy import Taxonomy

AS_OF = date(2026, 11, 23)
Condition = tuple[tuple[str, str, Any], ...]
NONE = Package()
ZERO = Decimal(0)
NO_RESOURCES = Resources({}, Taxonomy.from_documents(()), Scanner(()))


@derived
def _skus(view: View) -> tuple[Decimal, Decimal, int, int]:
    """Lowest and highest price, total and lowest stock, from one pass."""
    low = high = ZERO
    total = least = 0
    first = True
    for sku in view.listing.skus:
        price, stock = sku.price or ZERO, sku.stock or 0
        total += stock
        if first:
            low, high, least, first = price, price, stock, False
            continue
        if price < low:
            low = price
        elif price > high:
            high = price
        least = min(least, stock)
    return low, high, total, least


@derived
def _images(view: View) -> tuple[int, int]:
    """Least width and greatest file size."""
    images = view.listing.images
    if not images:
        return 0, 0
    return min([image.width or 0 for image in images]), max([image.size or 0 for image in images])


MEASURES: dict[str, tuple[str, Callable[[View], Any]]] = {
    "title": ("str", lambda view: view.listing.title or ""),
    "title_length": ("int", lambda view: len(view.listing.title or "")),
    "title_words": ("int", lambda view: len((view.listing.title or "").split())),
    "title_commas": ("int", lambda view: (view.listing.title or "").count(",")),
    "description_length": ("int", lambda view: len(view.listing.description or "")),
    "description_images": ("int", lambda view: (view.listing.description or "").count("<img")),
    "description_paragraphs": ("int", lambda view: (view.listing.description or "").count("<p>")),
    "price": ("decimal", lambda view: view.listing.price or ZERO),
    "sku_count": ("int", lambda view: len(view.listing.skus)),
    "sku_price_min": ("decimal", lambda view: _skus(view)[0]),
    "sku_price_max": ("decimal", lambda view: _skus(view)[1]),
    "stock_total": ("int", lambda view: _skus(view)[2]),
    "stock_min": ("int", lambda view: _skus(view)[3]),
    "image_count": ("int", lambda view: len(view.listing.images)),
    "image_width_min": ("int", lambda view: _images(view)[0]),
    "image_size_max": ("int", lambda view: _images(view)[1]),
    "attribute_count": ("int", lambda view: len(view.listing.attributes)),
    "attribute_empty": ("int", lambda view: len([a for a in view.listing.attributes if not a.value])),
    "keyword_count": ("int", lambda view: len(view.listing.keywords)),
    "handling_days": ("int", lambda view: view.listing.handling_days or 0),
    "pieces": ("int", lambda view: view.listing.pieces_per_lot or 0),
    "weight": (
        "decimal",
        lambda view: view.listing.package.weight or ZERO if view.listing.package else ZERO,
    ),
    "longest_side": (
        "decimal",
        lambda view: view.listing.package.length or ZERO if view.listing.package else ZERO,
    ),
    "country_count": ("int", lambda view: len(view.listing.deliverable_countries or ())),
    "status": ("str", lambda view: view.listing.status or ""),
}
CONDITIONS: tuple[Condition, ...] = (
    (("title_length", "gt", 128),),
    (("title_length", "lt", 20),),
    (("title_words", "gt", 22),),
    (("title_words", "lt", 3),),
    (("title_commas", "gt", 5), ("title_words", "gt", 10)),
    (("description_length", "lt", 100),),
    (("description_length", "gt", 1400), ("description_images", "gt", 3)),
    (("description_images", "gt", 30),),
    (("description_paragraphs", "lt", 2), ("description_length", "gt", 500)),
    (("price", "lt", 1),),
    (("price", "gt", 27), ("sku_count", "gt", 5)),
    (("price", "gt", 100000),),
    (("sku_count", "gt", 100),),
    (("sku_count", "lt", 1),),
    (("sku_price_min", "lt", 1), ("sku_price_max", "gt", 5)),
    (("sku_price_max", "gt", 100000),),
    (("stock_total", "lt", 50),),
    (("stock_total", "gt", 999999),),
    (("stock_min", "lt", 12), ("stock_total", "gt", 600)),
    (("image_count", "lt", 3),),
    (("image_count", "gt", 6),),
    (("image_width_min", "lt", 800), ("image_count", "gt", 1)),
    (("image_size_max", "gt", 5000000),),
    (("attribute_count", "lt", 6),),
    (("attribute_empty", "gt", 0),),
    (("keyword_count", "gt", 3),),
    (("handling_days", "gt", 7),),
    (("pieces", "gt", 1000),),
    (("weight", "gt", 500),),
    (("longest_side", "gt", 700), ("weight", "gt", 30)),
    (("country_count", "lt", 2),),
    (("status", "eq", "offline"), ("stock_total", "gt", 0)),
    (("title", "re", r"[0-9]{5,20}"),),
    (("title", "re", r"^[a-z]"),),
    (("title", "re", r"[!?]{2,9}"),),
    (("title", "re", r"(free|fast) shipping"),),
    (("title", "re", r"bottle [a-z]{2,10} bottle"),),
    (("title", "re", r"https?://[a-z]{1,40}"),),
    (("title", "re", r" (hot|top|best) (sale|seller)"),),
    (("title", "re", r"[^a-zA-Z0-9 ,.%-]"),),
)


def conditions(count: int, *, patterns: bool = True) -> list[Condition]:
    """The first `count` conditions; from the 41st on the table repeats with other constants."""
    table = [c for c in CONDITIONS if patterns or all(op != "re" for _, op, _ in c)]
    return [_varied(table[index % len(table)], index // len(table)) for index in range(count)]


def _varied(condition: Condition, turn: int) -> Condition:
    if not turn:
        return condition
    return tuple(
        (name, op, constant if op == "eq" else f"{constant}{'x' * turn}" if op == "re" else constant + turn)
        for name, op, constant in condition
    )


def measure(listing: Listing) -> dict[str, Any]:
    """All measures at once: what the other engines are given, numbers as float."""
    view = View(listing, NO_RESOURCES, as_of=AS_OF)
    found = {name: compute(view) for name, (_, compute) in MEASURES.items()}
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in found.items()}


def common_program(count: int, *, patterns: bool = True) -> tuple[Program, Resources]:
    """The conditions as our own compiled rules."""
    own = Registry()
    for name, (kind, compute) in MEASURES.items():
        own.features[name] = Feature(name, kind, compute, (), name, name)
    rules = [_rule(f"R{index:04}", condition) for index, condition in enumerate(conditions(count, patterns=patterns))]
    return Program(rules, "bench", AS_OF, NO_RESOURCES, registry=own), NO_RESOURCES


def _rule(rule_id: str, condition: Condition) -> CheckRule:
    parts: tuple[Expr, ...] = tuple(Comparison(Ref(name), op, Literal.of(value)) for name, op, value in condition)
    words = {"en": "x", "zh": "x"}
    return CheckRule(
        id=rule_id, name="bench", code="BENCH", kind="check", status="stable", mode="warn", revision=1,
        section="products", marketplace="bench", subject="bench", effective_from=date(2020, 1, 1), severity="info",
        confidence="high", title=words, why=words, sources=(), message=words, examples=(), file="bench",
        when=parts[0] if len(parts) == 1 else And(parts),
    )  # fmt: skip


def python_patterns(found: list[Condition]) -> dict[str, Callable[[str], Any]]:
    """The patterns of the conditions, compiled for engines that have none."""
    return {value: re.compile(value).search for condition in found for _, op, value in condition if op == "re"}
