"""One indicator file → one IndicatorRule, with every fault of the file noted."""

from __future__ import annotations

from typing import Any

from engine.errors import suggestion
from engine.loading.amounts import Amounts, number
from engine.loading.fields import Faults, Fields
from engine.loading.header import Context, read_common, read_effective, read_marketplace, read_parameters
from engine.loading.ladders import read_timezone
from engine.loading.strict_yaml import Node
from engine.loading.tests_of_rows import read_groups, read_tests
from engine.model import indicator as model
from engine.model.indicator import Bands, IndicatorExample, IndicatorRule, Once, Value, Window
from engine.scoring.example_rows import read_row
from engine.scoring.sources import NUMBER, ROWS, RowKind


def read_indicator(root: Node, context: Context, faults: Faults) -> IndicatorRule | None:
    """The indicator, or None when the file has a fault (all of them are in `faults`)."""
    fields = Fields(root, faults, "an indicator")
    fields.choice("kind", ("indicator",))
    scope_node = fields.required("applies_to")
    marketplace = ""
    if scope_node is not None:
        scope = Fields(scope_node, faults, '"applies_to"')
        marketplace = read_marketplace(scope, context)
        scope.close()
    parameters = read_parameters(fields)
    amounts = Amounts(parameters, faults)
    since, until = read_effective(fields)
    over = fields.choice("over", tuple(ROWS))
    kind = ROWS[over] if over is not None else ROWS["orders"]
    zone = read_timezone(fields)
    counts = dict(read_groups(fields.required("counts"), "counts", kind, amounts, faults))
    values: dict[str, Any] = {
        **read_common(fields),
        "over": over,
        "day": fields.choice("day", kind.days),
        "timezone": zone,
        "rows": _rows(fields, context),
        "where": read_tests(fields.optional("where"), kind, amounts, faults),
        "left_out": dict(read_groups(fields.optional("left_out"), "left_out", kind, amounts, faults)),
        "once": _once(fields, kind, amounts),
        "counts": counts,
        "value": _value(fields, kind, counts, faults),
        "window": _window(fields, amounts),
        "unit": fields.choice("unit", model.UNITS),
        "direction": fields.choice("direction", model.DIRECTIONS),
        "bands": _bands(fields, amounts),
        "examples": _examples(fields, over or "orders", zone or "UTC"),
    }
    fields.close()
    amounts.close(root)
    if not faults.clean or since is None:
        return None
    return IndicatorRule(
        **values,
        kind="indicator",
        marketplace=marketplace,
        effective_from=since,
        effective_until=until,
        parameters=parameters,
        file=faults.name,
    )


def _rows(fields: Fields, context: Context) -> str | None:
    name, known = fields.text("rows", required=False), context.known("indicator")
    if name is not None and name not in known:
        fields.faults.at(fields.node.value["rows"], "R014", f'there is no indicator "{name}"{suggestion(name, known)}')
    return name


def _once(fields: Fields, kind: RowKind, amounts: Amounts) -> Once | None:
    node = fields.optional("once")
    if node is None:
        return None
    once = Fields(node, fields.faults, '"once"')
    by, days = once.choice("by", tuple(kind.columns)), amounts.of(once, "days", required=True, kinds=("int",))
    once.close()
    return Once(by, days) if by and days else None


def _value(fields: Fields, kind: RowKind, counts: dict[str, Any], faults: Faults) -> Value | None:
    node = fields.required("value")
    if node is None:
        return None
    value = Fields(node, faults, '"value"')
    given = [name for name in model.VALUES if value.optional(name) is not None]
    numbers = tuple(name for name, held in kind.columns.items() if held == NUMBER)
    if len(given) != 1:
        faults.at(node, "R002", f'"value" has one of {", ".join(model.VALUES)}')
        value.close()
        return None
    (what,) = given
    names = tuple(counts)
    found = None
    if what == "share":
        parts, of = _names(value, "share", names), _names(value, "of", names)
        found = Value("share", parts[0], of, also=parts[1:]) if parts and of else None
    elif what == "mean":
        column, part = value.choice("mean", numbers), value.choice("of", names)
        found = Value("mean", part, column=column) if column and part else None
    elif what == "ratio":
        column, over, of = value.choice("ratio", numbers), value.choice("over", numbers), _names(value, "of", names)
        found = Value("ratio", of=of, column=column, over=over) if column and over and of else None
    else:
        of, column = _names(value, "total", names), value.choice("column", numbers, required=False)
        found = Value("total", of=of, column=column) if of else None
    value.close()
    return found


def _names(fields: Fields, key: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """One or more names of counts."""
    found = fields.texts(key)
    for name, node in found:
        if name not in known:
            fields.faults.at(node, "R014", f'there is no count "{name}"{suggestion(name, known)}')
    if not found and fields.faults.clean:
        fields.faults.at(fields.node, "R002", f'{fields.what} lacks "{key}"')
    return tuple(name for name, _ in found)


def _window(fields: Fields, amounts: Amounts) -> Window | None:
    node = fields.required("window")
    if node is None:
        return None
    window = Fields(node, fields.faults, '"window"')
    short = amounts.of(window, "short", kinds=("int",))
    enough = amounts.of(window, "enough", required=short is not None, kinds=("int",))
    long = amounts.of(window, "long", required=True, kinds=("int",))
    minimum = amounts.of(window, "minimum", required=True, kinds=("int",))
    window.close()
    return Window(long, minimum, short, enough) if long and minimum else None


def _bands(fields: Fields, amounts: Amounts) -> Bands | None:
    node = fields.optional("bands")
    if node is None:
        return None
    bands = Fields(node, fields.faults, '"bands"')
    at_risk, breach = amounts.of(bands, "at_risk", required=True), amounts.of(bands, "breach", required=True)
    bands.close()
    return Bands(at_risk, breach) if at_risk and breach else None


def _examples(fields: Fields, over: str, zone: str) -> tuple[IndicatorExample, ...]:
    entries = list(fields.entries("examples", required=True))
    if len(entries) < 2:
        fields.faults.at(fields.node, "R023", "an indicator needs at least two examples")
    found = []
    for node in entries:
        item = Fields(node, fields.faults, "an example")
        name, as_of = item.text("name"), item.day("as_of")
        rows = [read_row(row, over, zone, fields.faults) for row in item.entries("rows", required=True)]
        value, band = number(item, "value", required=False), item.choice("band", tuple(model.BANDS), required=False)
        window = item.integer("window", required=False)
        left = item.optional("left_out")
        out = _whole_numbers(left, fields.faults) if left is not None else {}
        item.close()
        if name and as_of:
            given = tuple(row for row in rows if row is not None)
            found.append(IndicatorExample(name, as_of, given, value, band, window, out, node.line))
    return tuple(found)


def _whole_numbers(node: Node, faults: Faults) -> dict[str, int]:
    fields = Fields(node, faults, '"left_out"')
    found = {str(name): fields.integer(str(name)) for name in node.keys}
    return {name: number for name, number in found.items() if number is not None}
