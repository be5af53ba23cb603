"""One ladder file → one LadderRule, with every fault of the file noted."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.loading.amounts import Amounts, moment, number
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
from engine.model import ladder as model
from engine.model.ladder import Earn, EntryExample, LadderExample, LadderRule, Measure, Step

STEP_WORD = "a lower-case word such as frozen_7"


def read_ladder(root: Node, context: Context, faults: Faults) -> LadderRule | None:
    """The ladder, or None when the file has a fault (all of them are in `faults`)."""
    fields = Fields(root, faults, "a ladder")
    fields.choice("kind", ("ladder",))
    scope_node = fields.required("applies_to")
    scope = Fields(scope_node, faults, '"applies_to"') if scope_node is not None else None
    marketplace = read_marketplace(scope, context) if scope is not None else ""
    if scope is not None:
        scope.close()
    parameters = read_parameters(fields)
    amounts = Amounts(parameters, faults)
    since, until = read_effective(fields)
    direction = fields.choice("direction", model.DIRECTIONS, required=False) or "accrue"
    values: dict[str, Any] = {
        **read_common(fields),
        "unit": fields.choice("unit", model.UNITS),
        "direction": direction,
        "timezone": read_timezone(fields),
        "start": amounts.of(fields, "start", required=direction == "deduct"),
        "least": amounts.of(fields, "least"),
        "most": amounts.of(fields, "most"),
        "issue": amounts.of(fields, "issue", kinds=("str",)),
        "earn": _earn(fields, amounts),
        **_lapse(fields, amounts),
        "steps": _steps(fields, amounts),
    }
    values["examples"] = _examples(fields, {step.id for step in values["steps"]})
    fields.close()
    amounts.close(root)
    if not faults.clean or since is None:
        return None
    rule = LadderRule(
        **values,
        kind="ladder",
        marketplace=marketplace,
        effective_from=since,
        effective_until=until,
        parameters=parameters,
        file=faults.name,
    )
    _check_words(rule, root, faults)
    return rule if faults.clean else None


def read_timezone(fields: Fields) -> str | None:
    """The zone of the platform's clock; an unknown one is a fault."""
    name = fields.text("timezone")
    if name is not None:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            fields.faults.at(fields.node.value["timezone"], "R003", f'"{name}" is no time zone, such as Asia/Shanghai')
            return None
    return name


def _lapse(fields: Fields, amounts: Amounts) -> dict[str, Any]:
    node = fields.required("lapse")
    if node is None:
        return {"lapse": "never"}
    lapse = Fields(node, fields.faults, '"lapse"')
    kind = lapse.choice("kind", model.LAPSES)
    life = amounts.of(lapse, "days", required=kind == "days")
    reset = amounts.of(lapse, "reset", required=kind == "calendar", kinds=("str",))
    lapse.close()
    return {"lapse": kind, "life": life, "reset": reset}


def _earn(fields: Fields, amounts: Amounts) -> Earn | None:
    node = fields.optional("earn")
    if node is None:
        return None
    earn = Fields(node, fields.faults, '"earn"')
    points, orders, days = (amounts.of(earn, key, required=True) for key in ("points", "orders", "days"))
    earn.close()
    return Earn(points, orders, days) if points and orders and days else None


def _steps(fields: Fields, amounts: Amounts) -> tuple[Step, ...]:
    found: list[Step] = []
    for node in fields.entries("steps", required=True):
        step = Fields(node, fields.faults, "a step")
        step_id = read_identity(step, "id", WORD, STEP_WORD)
        title, at = step.wording("title"), amounts.of(step, "at")
        every = amounts.of(step, "every")
        actions, entity = _measures(step, "actions", amounts), _measures(step, "entity", amounts)
        if not actions and step.optional("actions") is None:
            fields.faults.at(node, "R002", 'a step lacks "actions"')
        step.close()
        if step_id is not None and step_id in {other.id for other in found}:
            fields.faults.at(node, "R005", f'two steps are named "{step_id}"')
        if step_id and title:
            found.append(Step(step_id, title, at, actions, entity, every))
    return tuple(found)


def _measures(fields: Fields, key: str, amounts: Amounts) -> tuple[Measure, ...]:
    found = []
    for node in fields.entries(key):
        measure = Fields(node, fields.faults, "an action")
        action = measure.choice("action", tuple(model.ACTIONS))
        lasts = measure.choice("lasts", model.LASTS, required=False)
        days = amounts.of(measure, "days", required=lasts == "days")
        amount = amounts.of(measure, "amount")
        currency = measure.text("currency", required=amount is not None)
        due = amounts.of(measure, "due")
        stated = measure.scalar("stated", bool, "true or false", required=False) or False
        measure.close()
        if action is not None:
            found.append(Measure(action, lasts or ("days" if days else "open"), days, amount, currency, due, stated))
    return tuple(found)


def _examples(fields: Fields, steps: set[str]) -> tuple[LadderExample, ...]:
    found = []
    entries = list(fields.entries("examples", required=True))
    if len(entries) < 2:
        fields.faults.at(fields.node, "R023", "a ladder needs at least two examples")
    for node in entries:
        item = Fields(node, fields.faults, "an example")
        name, as_of, balance = item.text("name"), moment(item, "as_of"), number(item, "balance")
        step = item.text("step", required=False)
        rows = tuple(row for entry in item.entries("entries", required=True) if (row := _entry(entry, fields.faults)))
        enforcement = tuple(text for text, _ in item.texts("enforcement"))
        item.close()
        for named in (step, *(row.step for row in rows)):
            if named is not None and named not in steps:
                fields.faults.at(node, "R014", f'there is no step "{named}"')
        if name and as_of and balance:
            found.append(LadderExample(name, rows, as_of, balance, step, enforcement, node.line))
    return tuple(found)


def _entry(node: Node, faults: Faults) -> EntryExample | None:
    fields = Fields(node, faults, "an entry")
    at, points = moment(fields, "at"), number(fields, "points", required=False)
    orders, step = fields.integer("orders", required=False), fields.text("step", required=False)
    fields.close()
    return EntryExample(at, points or "0", orders or 0, step) if at else None


def _check_words(rule: LadderRule, root: Node, faults: Faults) -> None:
    """Texts out of closed sets, and nodes that grow graver from step to step on every day of their history."""
    for name, choices in ((rule.reset, model.RESETS), (rule.issue, model.WEEKDAYS)):
        for dated in rule.parameters[name].history if name else ():
            for value in dated.values:
                if value.text not in choices:
                    place = root.value["params"].keys[name]
                    faults.at(place, "R003", f'"{name}" must be one of {", ".join(choices)}, not "{value.text}"')
    for day in sorted(rule.dates()):
        known = [rule.parameters[step.at].at(day) for step in rule.steps if step.at is not None]
        nodes = [dated.values[0].value for dated in known if dated is not None]
        if nodes != sorted(set(nodes), reverse=rule.direction == "deduct"):
            faults.at(root.value["steps"], "R022", f"on {day} the steps do not grow graver one by one: {nodes}")
            return
