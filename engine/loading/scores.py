"""One score file → one ScoreRule, with every fault of the file noted."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from engine.errors import suggestion
from engine.loading.amounts import Amounts, number
from engine.loading.fields import Faults, Fields
from engine.loading.header import (
    WORD,
    Context,
    read_common,
    read_effective,
    read_identity,
    read_marketplace,
    read_parameters,
)
from engine.loading.strict_yaml import Node
from engine.model import score as model
from engine.model.rule import Parameter
from engine.model.score import Evaluated, Item, Level, Privilege, ScoreExample, ScoreRule

ITEM_WORD = "a lower-case word such as non_fulfilment"


def read_score(root: Node, context: Context, faults: Faults) -> ScoreRule | None:
    """The score, or None when the file has a fault (all of them are in `faults`)."""
    fields = Fields(root, faults, "a score")
    fields.choice("kind", ("score",))
    scope_node = fields.required("applies_to")
    marketplace, subject = "", None
    if scope_node is not None:
        scope = Fields(scope_node, faults, '"applies_to"')
        marketplace, subject = read_marketplace(scope, context), scope.choice("subject", model.SUBJECTS)
        scope.close()
    parameters = read_parameters(fields)
    amounts = Amounts(parameters, faults)
    since, until = read_effective(fields)
    method = fields.choice("method", model.METHODS)
    items = _items(fields, amounts, context) if method != "month_mean" else ()
    levels = _levels(fields, amounts)
    values: dict[str, Any] = {
        **read_common(fields),
        "subject": subject,
        "method": method,
        "most": amounts.of(fields, "most", required=True),
        "least": amounts.of(fields, "least"),
        "missing": fields.choice("missing", model.MISSING, required=False) or "not_assessed",
        "items": items,
        "of_score": _of_score(fields, context) if method == "month_mean" else None,
        "levels": levels,
        "evaluated": _evaluated(fields, amounts),
        "module": read_identity(fields, "module", WORD, ITEM_WORD) if fields.optional("module") else None,
        "examples": _examples(fields, items, levels, method == "month_mean"),
    }
    fields.close()
    amounts.close(root)
    if not faults.clean or since is None:
        return None
    rule = ScoreRule(
        **values,
        kind="score",
        marketplace=marketplace,
        effective_from=since,
        effective_until=until,
        parameters=parameters,
        file=faults.name,
    )
    _check_numbers(rule, root, faults)
    return rule if faults.clean else None


def _of_score(fields: Fields, context: Context) -> str | None:
    name, known = fields.text("of"), context.known("score")
    if name is not None and name not in known:
        fields.faults.at(fields.node.value["of"], "R014", f'there is no score "{name}"{suggestion(name, known)}')
    return name


def _items(fields: Fields, amounts: Amounts, context: Context) -> tuple[Item, ...]:
    known = context.known("indicator") | context.known("score")
    found: list[Item] = []
    for node in fields.entries("items", required=True):
        item = Fields(node, fields.faults, "an item")
        item_id, title = read_identity(item, "id", WORD, ITEM_WORD), item.wording("title")
        of = item.text("of")
        if of is not None and of not in known:
            reason = f'there is no indicator or score "{of}"{suggestion(of, known)}'
            fields.faults.at(node.value["of"], "R014", reason)
        most, least = amounts.of(item, "most", required=True), amounts.of(item, "least")
        values, points = _curve(item, amounts)
        meets = next((name for name in model.COMPARATORS if item.optional(name) is not None), None)
        at = amounts.of(item, meets) if meets is not None else None
        item.close()
        if (values is None) == (meets is None) and fields.faults.clean:
            fields.faults.at(node, "R002", 'an item has either "curve" or one of "gte" and "lt"')
        if item_id is not None and item_id in {other.id for other in found}:
            fields.faults.at(node, "R005", f'two items are named "{item_id}"')
        if item_id and title and of and most:
            found.append(Item(item_id, title, of, most, least, values, points, meets, at))
    return tuple(found)


def _curve(item: Fields, amounts: Amounts) -> tuple[str | None, str | None]:
    node = item.optional("curve")
    if node is None:
        return None, None
    curve = Fields(node, item.faults, '"curve"')
    found = amounts.of(curve, "values", required=True), amounts.of(curve, "points", required=True)
    curve.close()
    return found


def _levels(fields: Fields, amounts: Amounts) -> tuple[Level, ...]:
    found: list[Level] = []
    for node in fields.entries("levels"):
        level = Fields(node, fields.faults, "a level")
        level_id, title = read_identity(level, "id", WORD, ITEM_WORD), level.wording("title")
        at = amounts.of(level, "at", required=bool(found))
        privileges = []
        for entry in level.entries("privileges"):
            given = Fields(entry, fields.faults, "a privilege")
            privilege, words = read_identity(given, "id", WORD, ITEM_WORD), given.wording("title")
            value = amounts.of(given, "value", required=True, kinds=("int", "decimal", "bool"))
            given.close()
            if privilege and words and value:
                privileges.append(Privilege(privilege, words, value))
        level.close()
        if level_id is not None and level_id in {other.id for other in found}:
            fields.faults.at(node, "R005", f'two levels are named "{level_id}"')
        if level_id and title:
            found.append(Level(level_id, title, at, tuple(privileges)))
    return tuple(found)


def _evaluated(fields: Fields, amounts: Amounts) -> Evaluated | None:
    node = fields.optional("evaluated")
    if node is None:
        return None
    when = Fields(node, fields.faults, '"evaluated"')
    day, months = amounts.of(when, "day", required=True, kinds=("int",)), amounts.of(when, "months", kinds=("int",))
    when.close()
    return Evaluated(day, months) if day else None


def _examples(
    fields: Fields, items: Sequence[Item], levels: Sequence[Level], is_mean: bool
) -> tuple[ScoreExample, ...]:
    entries = list(fields.entries("examples", required=True))
    if len(entries) < 2:
        fields.faults.at(fields.node, "R023", "a score needs at least two examples")
    ids, sources = [item.id for item in items], [item.of for item in items]
    found = []
    for node in entries:
        item = Fields(node, fields.faults, "an example")
        name, as_of, level = item.text("name"), item.day("as_of"), item.text("level", required=False)
        if level is not None and level not in {known.id for known in levels}:
            fields.faults.at(node, "R014", f'there is no level "{level}"')
        values = _numbers(item, "values", sources, required=not is_mean)
        given = tuple(str(entry.value) for entry in item.entries("days", required=is_mean))
        points = _numbers(item, "points", ids, required=False)
        privileges = _numbers(item, "privileges", None, required=False)
        score = number(item, "score", required=False)
        following = item.day("next", required=False)
        item.close()
        if name and as_of:
            found.append(
                ScoreExample(name, as_of, values, given, score, level, points, privileges, following, node.line)
            )
    return tuple(found)


def _numbers(fields: Fields, key: str, known: Sequence[str] | None, *, required: bool) -> dict[str, str]:
    """Name → number as text; an unknown name is a fault."""
    node = fields.required(key) if required else fields.optional(key)
    if node is None:
        return {}
    inner = Fields(node, fields.faults, f'"{key}"')
    found = {}
    for name, child in node.items():
        inner.optional(str(name))
        if known is not None and name not in known:
            reason = f'"{key}" has no "{name}"{suggestion(str(name), known)}; known are {", ".join(known)}'
            fields.faults.at(node.keys[name], "R014", reason)
        if isinstance(child.value, int | Decimal):
            found[str(name)] = str(child.value).lower()
    inner.close()
    return found


def _check_numbers(rule: ScoreRule, root: Node, faults: Faults) -> None:
    """On every day of its history: curves rise in their values and have as many points; levels rise."""
    for day in sorted(rule.dates()):
        for item in rule.items:
            if item.values is None or item.points is None:
                continue
            values, points = (_at(rule.parameters[name], day) for name in (item.values, item.points))
            if values is None or points is None:
                continue
            if len(values) != len(points) or list(values) != sorted(values):
                reason = f'on {day} the curve of "{item.id}" needs rising values, and as many points as values'
                faults.at(root.value["items"], "R022", reason)
        bounds = [found[0] for level in rule.levels if level.at and (found := _at(rule.parameters[level.at], day))]
        if bounds != sorted(set(bounds)):
            faults.at(root.value["levels"], "R022", f"on {day} the levels do not rise one by one: {bounds}")


def _at(parameter: Parameter, day: object) -> tuple[Decimal, ...] | None:
    dated = parameter.at(day)  # type: ignore[arg-type]
    return tuple(Decimal(literal.text) for literal in dated.values) if dated is not None else None
