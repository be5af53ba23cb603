"""What the files of every kind of rule share: identity, dates, parameters, sources; and what the pack offers them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePosixPath
from typing import Any

from engine.loading.fields import Faults, Fields
from engine.loading.selections import family_of
from engine.loading.strict_yaml import Node
from engine.model import rule as model
from engine.model.expressions import Literal
from engine.model.rule import Dated, Parameter, Source

ID = re.compile(r"[A-Z]{3}[0-9]{3}\Z")
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
WORD = re.compile(r"[a-z][a-z0-9_]*\Z")


@dataclass(frozen=True, slots=True)
class Context:
    """What the rest of the pack offers a rule."""

    lists: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    marketplaces: frozenset[str] = frozenset()
    arguments: Mapping[str, frozenset[str]] = field(default_factory=dict)
    rules: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Kind → ids of the pack's rules of that kind, read from all files before any is read whole."""

    def known(self, kind: str) -> frozenset[str]:
        """The ids of the rules of a kind."""
        return self.rules.get(kind, frozenset())


def read_common(fields: Fields) -> dict[str, Any]:
    """The fields that every kind of rule has, ready to be given to its type; `effective` and `params` come apart."""
    values: dict[str, Any] = {
        "id": read_identity(fields, "id", ID, "three capitals and three digits, such as LST104"),
        "name": read_identity(fields, "name", NAME, "lower-case words joined by -, such as title-keyword-stuffing"),
        "status": fields.choice("status", model.STATUSES),
        "revision": fields.integer("revision"),
        "title": fields.wording("title"),
        "why": fields.wording("why"),
        "notes": fields.wording("notes", required=False),
        "replaced_by": fields.text("replaced_by", required=False),
        "sources": read_sources(fields),
    }
    check_file_name(fields.node, values, fields.faults)
    if values["status"] == "deprecated" and values["replaced_by"] is None:
        fields.faults.at(fields.node, "R002", 'a deprecated rule says which one it is "replaced_by"')
    return values


def read_marketplace(fields: Fields, context: Context) -> str:
    """The marketplace of the rule, which is the pack's (R017); `fields` are those of "applies_to"."""
    marketplace = fields.text("marketplace") or ""
    if marketplace and marketplace not in context.marketplaces:
        known = ", ".join(sorted(context.marketplaces))
        fields.faults.at(fields.node.value["marketplace"], "R017", f'this pack is for {known}, not "{marketplace}"')
    return marketplace


def read_identity(fields: Fields, key: str, pattern: re.Pattern[str], shape: str) -> str | None:
    """A text of a given shape; `shape` says it in words."""
    value = fields.text(key)
    if value is not None and not pattern.match(value):
        fields.faults.at(fields.node.value[key], "R003", f'"{key}" must be {shape}, not "{value}"')
        return None
    return value


def check_file_name(root: Node, values: Mapping[str, Any], faults: Faults) -> None:
    """The file is named after the id and the name (R004)."""
    if values["id"] is None or values["name"] is None:
        return
    wanted = f"{values['id']}_{values['name'].replace('-', '_')}.yaml"
    actual = PurePosixPath(faults.file).name
    if actual != wanted:
        faults.at(root.value["id"], "R004", f"the file must be named {wanted} after its id and name, not {actual}")


def read_effective(fields: Fields) -> tuple[date | None, date | None]:
    """The days from (inclusive) and until (exclusive) which the rule is in force."""
    node = fields.required("effective")
    if node is None:
        return None, None
    dates = Fields(node, fields.faults, '"effective"')
    since, until = dates.day("from"), dates.day("until", required=False)
    if since is not None and until is not None and until <= since:
        fields.faults.at(node, "R022", '"until" must come after "from"')
    dates.close()
    return since, until


def read_parameters(fields: Fields) -> dict[str, Parameter]:
    """The dated parameters under "params"; an undated one is a fault (R008)."""
    node = fields.optional("params")
    found: dict[str, Parameter] = {}
    if node is None:
        return found
    if not isinstance(node.value, dict):
        fields.faults.at(node, "R003", '"params" must map names to parameters')
        return found
    for name, child in node.items():
        parameter = _parameter(str(name), child, node.keys[name], fields.faults)
        if parameter is not None:
            found[str(name)] = parameter
    return found


def _parameter(name: str, node: Node, place: tuple[int, int], faults: Faults) -> Parameter | None:
    if not WORD.match(name):
        faults.at(place, "R003", f'a parameter is named in lower case with _, not "{name}"')
        return None
    if not isinstance(node.value, dict):
        reason = f'the parameter "{name}" has no date: write {{origin: …, unit: …, values: {{2026-01-01: …}}}}'
        faults.at(node, "R008", reason)
        return None
    fields = Fields(node, faults, f'the parameter "{name}"')
    origin = fields.choice("origin", ("platform", "house"))
    unit = fields.text("unit")
    source = fields.text("source", required=origin == "platform")
    note = fields.wording("note", required=origin == "house")
    values = fields.required("values")
    history = _history(name, values, faults) if values is not None else None
    fields.close()
    if history is None or origin is None or unit is None:
        return None
    is_list = values is not None and any(isinstance(child.value, list) for _, child in values.items())
    return Parameter(name, origin, unit, history, is_list, source, note)


def _history(name: str, node: Node, faults: Faults) -> tuple[Dated, ...] | None:
    if not isinstance(node.value, dict) or not node.value:
        faults.at(node, "R008", f'the values of "{name}" must have dates: {{2026-01-01: …}}')
        return None
    dated = []
    families = set()
    for since, child in node.items():
        if not isinstance(since, date):
            faults.at(node.keys[since], "R008", f'"{since}" is no date; write the day the value is in force from')
            return None
        items = child.value if isinstance(child.value, list) else [child]
        if not items:
            faults.at(child, "R003", "the list is empty")
            return None
        for item in items:
            families.add(family_of(item.value))
            if isinstance(item.value, dict | list) or item.value is None:
                faults.at(item, "R003", "a parameter holds numbers, texts, booleans or dates")
                return None
        dated.append(Dated(since, tuple(Literal.of(item.value) for item in items)))
    if len(families) > 1:
        faults.at(node, "R013", f'the values of "{name}" are of several kinds: {", ".join(sorted(families))}')
        return None
    return tuple(sorted(dated, key=lambda entry: entry.since))


def read_sources(fields: Fields) -> tuple[Source, ...]:
    """Where the policy is written; at least one (R021)."""
    found = []
    for node in fields.entries("source", required=True):
        source = Fields(node, fields.faults, "a source")
        values = {
            "id": source.text("id"),
            "publisher": source.text("publisher"),
            "clause": source.text("clause"),
            "url": source.text("url"),
            "grade": source.choice("grade", model.GRADES),
            "retrieved": source.day("retrieved"),
        }
        source.close()
        if all(value is not None for value in values.values()):
            found.append(Source(**values))  # type: ignore[arg-type]
    if not found and fields.faults.clean:
        reason = "a rule needs a source: publisher, clause, url, grade and day of retrieval"
        fields.faults.at(fields.node, "R021", reason)
    return tuple(found)
