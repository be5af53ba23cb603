"""The packed product: sides in cm, weight in kg."""

from __future__ import annotations

from decimal import Decimal

from engine.features.numbers import decimals, finite, product, quotient
from engine.features.registry import feature
from engine.features.value_words import PACKAGE
from engine.features.view import View, derived
from engine.findings import Location

CUBIC_CM_PER_LITRE = Decimal(1000)
SIDES = ("length", "width", "height")


def _by_name(view: View) -> dict[str, Decimal]:
    """The known sides by name."""
    package = view.listing.package
    if package is None:
        return {}
    return {name: side for name in SIDES if (side := finite(getattr(package, name))) is not None}


@derived
def _sides(view: View) -> list[Decimal]:
    """The known sides."""
    package = view.listing.package
    if package is None:
        return []
    given = (package.length, package.width, package.height)
    return [side for side in given if side is not None and side.is_finite()]


def _side_places(view: View, value: object) -> list[Location]:
    return [Location(f"/package/{name}", text=str(side)) for name, side in _by_name(view).items() if side == value]


@feature(
    "package.side_max",
    type="decimal",
    nullable=True,
    reads=("package",),
    en="Longest side of the package",
    zh="包装最长边",
    unit="cm",
    locate=_side_places,
)
def package_side_max(view: View) -> Decimal | None:
    """The longest side that is known."""
    sides = _sides(view)
    return max(sides) if sides else None


@feature(
    "package.side_min",
    type="decimal",
    nullable=True,
    reads=("package",),
    en="Shortest side of the package",
    zh="包装最短边",
    unit="cm",
    locate=_side_places,
)
def package_side_min(view: View) -> Decimal | None:
    """The shortest side that is known."""
    sides = _sides(view)
    return min(sides) if sides else None


@feature(
    "package.girth",
    type="decimal",
    nullable=True,
    reads=("package",),
    en="Longest side + 2 × (the other two)",
    zh="最长边 + 2×（其余两边之和）",
    unit="cm",
    locate=lambda view, value: [Location("/package")],
)
def package_girth(view: View) -> Decimal | None:
    """None until all three sides are known."""
    sides = _sides(view)
    if len(sides) < len(SIDES):
        return None
    longest = max(sides)
    return longest + 2 * (sum(sides) - longest)


@feature(
    "package.missing",
    type="list[str]",
    reads=("package",),
    en="Package fields that are empty",
    zh="未填写的包装信息",
    locate=lambda view, value: [Location("/package")],
    words=PACKAGE,
)
def package_missing(view: View) -> list[str]:
    """length, width, height, weight: those that are not given."""
    package = view.listing.package
    if (
        package is not None
        and package.weight is not None
        and package.length is not None
        and package.width is not None
        and package.height is not None
    ):
        return []
    return [name for name in (*SIDES, "weight") if package is None or getattr(package, name) is None]


@feature(
    "package.weight",
    type="decimal",
    nullable=True,
    reads=("package",),
    en="Gross weight",
    zh="毛重",
    unit="kg",
    locate=lambda view, value: [Location("/package/weight", text=str(value))],
)
def package_weight(view: View) -> Decimal | None:
    """None when not given or no number."""
    return None if view.listing.package is None else finite(view.listing.package.weight)


@feature(
    "package.weight_decimals",
    type="int",
    reads=("package",),
    en="Decimal places of the weight",
    zh="毛重小数位数",
    locate=lambda view, value: [Location("/package/weight")],
)
def package_weight_decimals(view: View) -> int:
    """0 without a weight."""
    weight = package_weight(view)
    return 0 if weight is None else decimals(weight)


@feature(
    "package.density",
    type="decimal",
    nullable=True,
    reads=("package",),
    en="Weight over volume of the package",
    zh="包装密度（重量/体积）",
    unit="kg per litre",
    locate=lambda view, value: [Location("/package/weight")],
)
def package_density(view: View) -> Decimal | None:
    """None until weight and three sides are known and positive. Water has 1, steel 7.9, gold 19.3."""
    sides, weight = _sides(view), package_weight(view)
    if weight is None or len(sides) < len(SIDES) or min(sides) <= 0:
        return None
    volume = product(*sides)
    heavy = product(weight, CUBIC_CM_PER_LITRE)
    return None if volume is None or heavy is None else quotient(heavy, volume)
