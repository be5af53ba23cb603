"""One rule file → one CheckRule, with every fault of the file noted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePosixPath
from typing import Any

import msgspec

from engine.errors import suggestion
from engine.facts import Listing, Store
from engine.features.registry import SUBJECTS
from engine.fixes import OPERATIONS
from engine.loading.fields import Faults, Fields
from engine.loading.messages import FORMATS, formats, placeholders, stray_braces
from engine.loading.selections import Scope, family_of, read_when, split_argument
from engine.loading.strict_yaml import Node
from engine.model import rule as model
from engine.model.expressions import Literal, Ref
from engine.model.rule import CheckRule, Dated, Each, Example, FixSpec, Parameter, Source

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


def read_rule(root: Node, context: Context, faults: Faults) -> CheckRule | None:
    """The rule, or None when the file has a fault (all of them are in `faults`)."""
    fields = Fields(root, faults, "a rule")
    fields.choice("kind", ("check",))
    subject, marketplace, categories, not_categories = _applies_to(fields, context)
    registry = SUBJECTS[subject]
    parameters = _parameters(fields)
    scope = Scope(registry, context.lists, parameters, arguments=context.arguments)
    each = _each(fields, scope)
    when_node = fields.required("when")
    when = read_when(when_node, scope, faults) if when_node is not None else None
    since, until = _effective(fields)
    code = fields.text("code")
    if code is not None and code not in context.codes:
        faults.at(root.value["code"], "R018", f'unknown code "{code}"{suggestion(code, context.codes)}; see codes.yaml')
    at = _at(fields, scope)
    values: dict[str, Any] = {
        "id": _identity(fields, "id", ID, "three capitals and three digits, such as LST104"),
        "name": _identity(fields, "name", NAME, "lower-case words joined by -, such as title-keyword-stuffing"),
        "status": fields.choice("status", model.STATUSES),
        "mode": fields.choice("mode", model.MODES),
        "revision": fields.integer("revision"),
        "section": fields.choice("section", model.SECTIONS),
        "severity": fields.choice("severity", model.SEVERITIES),
        "confidence": fields.choice("confidence", model.CONFIDENCES),
        "title": fields.wording("title"),
        "why": fields.wording("why"),
        "notes": fields.wording("notes", required=False),
        "replaced_by": fields.text("replaced_by", required=False),
        "message": fields.wording("message"),
        "sources": _sources(fields),
        "fix": _fix(fields, scope),
        "examples": _examples(fields, subject),
    }
    fields.close()
    _check_wordings(root, values, scope, faults)
    _check_use(root, scope, faults)
    _check_file_name(root, values, faults)
    if values["status"] == "deprecated" and values["replaced_by"] is None:
        faults.at(root, "R002", 'a deprecated rule says which one it is "replaced_by"')
    if not faults.clean or when is None or since is None:
        return None
    return CheckRule(
        **values,
        kind="check",
        code=str(code),
        subject=subject,
        marketplace=marketplace,
        categories=categories,
        not_categories=not_categories,
        effective_from=since,
        effective_until=until,
        parameters=parameters,
        each=each,
        at=at,
        when=when,
        file=faults.name,
    )


def _identity(fields: Fields, key: str, pattern: re.Pattern[str], shape: str) -> str | None:
    value = fields.text(key)
    if value is not None and not pattern.match(value):
        fields.faults.at(fields.node.value[key], "R003", f'"{key}" must be {shape}, not "{value}"')
        return None
    return value


def _check_file_name(root: Node, values: Mapping[str, Any], faults: Faults) -> None:
    if values["id"] is None or values["name"] is None:
        return
    wanted = f"{values['id']}_{values['name'].replace('-', '_')}.yaml"
    actual = PurePosixPath(faults.file).name
    if actual != wanted:
        faults.at(root.value["id"], "R004", f"the file must be named {wanted} after its id and name, not {actual}")


def _applies_to(fields: Fields, context: Context) -> tuple[str, str, tuple[str, ...], tuple[str, ...]]:
    node = fields.required("applies_to")
    if node is None:
        return "listing", "", (), ()
    scope = Fields(node, fields.faults, '"applies_to"')
    subject = scope.choice("subject", tuple(SUBJECTS)) or "listing"
    marketplace = scope.text("marketplace") or ""
    if marketplace and marketplace not in context.marketplaces:
        known = ", ".join(sorted(context.marketplaces))
        fields.faults.at(node.value["marketplace"], "R017", f'this pack is for {known}, not "{marketplace}"')
    chosen: dict[str, tuple[str, ...]] = {}
    for key in ("categories", "not_categories"):
        names = scope.texts(key)
        for name, place in names:
            if name not in context.categories:
                fields.faults.at(place, "R017", f'unknown category "{name}"{suggestion(name, context.categories)}')
        chosen[key] = tuple(name for name, _ in names)
    scope.close()
    return subject, marketplace, chosen["categories"], chosen["not_categories"]


def _effective(fields: Fields) -> tuple[date | None, date | None]:
    node = fields.required("effective")
    if node is None:
        return None, None
    dates = Fields(node, fields.faults, '"effective"')
    since, until = dates.day("from"), dates.day("until", required=False)
    if since is not None and until is not None and until <= since:
        fields.faults.at(node, "R022", '"until" must come after "from"')
    dates.close()
    return since, until


def _parameters(fields: Fields) -> dict[str, Parameter]:
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


def _each(fields: Fields, scope: Scope) -> Each | None:
    text = fields.text("each", required=False)
    if text is None:
        return None
    node = fields.node.value["each"]
    reference, _, item = text.partition(" as ")
    name, argument = split_argument(reference.strip())
    item = item.strip()
    if not WORD.match(item):
        fields.faults.at(node, "R014", f"write `each: {reference.strip()} as item`, with a name for the item")
        return None
    known = scope.registry.collections.get(name)
    if known is None:
        reason = f'unknown collection "{name}"{suggestion(name, scope.registry.collections)}'
        fields.faults.at(node, "R012", reason)
        return None
    if not scope.check_argument(name, known.argument, argument, node, fields.faults):
        return None
    scope.item, scope.fields = item, known.item
    return Each(Ref(name, argument), item)


def _at(fields: Fields, scope: Scope) -> Ref | None:
    text = fields.text("at", required=False)
    if text is None:
        return None
    if scope.item and text == scope.item:
        return Ref("", item=True)
    resolved = scope.resolve(text, fields.node.value["at"], fields.faults)
    return resolved[0] if resolved else None


def _sources(fields: Fields) -> tuple[Source, ...]:
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


def _fix(fields: Fields, scope: Scope) -> FixSpec | None:
    node = fields.optional("fix")
    if node is None:
        return None
    faults = fields.faults
    fix = Fields(node, faults, '"fix"')
    operation = fix.text("operation", required=False)
    applicability = fix.choice("applicability", model.APPLICABILITIES)
    label = fix.wording("label")
    target = fix.text("field", required=False)
    given = fix.optional("with")
    arguments = _fix_arguments(given, scope, faults) if given is not None else {}
    fix.close()
    if applicability != "manual" and operation is None:
        faults.at(node, "R019", "a fix that is not manual names its operation")
        return None
    if operation is not None:
        known = OPERATIONS.get(operation)
        if known is None:
            reason = f'unknown operation "{operation}"{suggestion(operation, OPERATIONS)}'
            faults.at(node.value["operation"], "R019", reason)
            return None
        for name in arguments.keys() - known.arguments.keys():
            reason = f'"{operation}" takes no argument "{name}"{suggestion(name, known.arguments)}'
            faults.at(node, "R019", reason)
        for name in known.required - arguments.keys():
            faults.at(node, "R019", f'"{operation}" needs the argument "{name}" under "with"')
    if applicability is None or label is None:
        return None
    return FixSpec(operation or "manual", applicability, label, target, arguments)


def _fix_arguments(node: Node, scope: Scope, faults: Faults) -> dict[str, Any]:
    """Literals, "$param" and "{feature}" as they stand; names are checked, values are looked up when it fires."""
    found: dict[str, Any] = {}
    for name, child in node.items():
        value = child.value
        if isinstance(value, str) and value.startswith("$"):
            if value[1:] not in scope.parameters:
                reason = f'unknown parameter "{value}"{suggestion(value[1:], scope.parameters)}'
                faults.at(child, "R009", reason)
            scope.used_parameters.add(value[1:])
        elif isinstance(value, str) and value.startswith("{") and value.endswith("}"):
            scope.resolve(value[1:-1], child, faults)
        elif isinstance(value, list | dict):
            faults.at(child, "R003", "an argument of a fix is one value")
            continue
        found[str(name)] = value
    return found


def _examples(fields: Fields, subject: str) -> tuple[Example, ...]:
    node = fields.required("examples")
    if node is None:
        return ()
    groups = Fields(node, fields.faults, '"examples"')
    found: list[Example] = []
    for key, fires in (("must_fire", True), ("must_pass", False)):
        entries = list(groups.entries(key, required=True))
        if len(entries) < 2:
            fields.faults.at(node, "R023", f'"{key}" needs at least two examples')
        found += [example for entry in entries if (example := _example(entry, fires, subject, fields.faults))]
    groups.close()
    names = [example.name for example in found]
    for name in {name for name in names if names.count(name) > 1}:
        fields.faults.at(node, "R023", f'two examples are named "{name}"')
    return tuple(found)


def _example(node: Node, fires: bool, subject: str, faults: Faults) -> Example | None:
    fields = Fields(node, faults, "an example")
    name = fields.text("name")
    listing = _facts(fields, "listing", Listing, required=subject == "listing")
    store = _facts(fields, "store", Store, required=subject == "store")
    fixed = _facts(fields, "fixed", Listing, required=False)
    peers = fields.optional("peers")
    day = fields.day("as_of", required=False)
    also = tuple(text for text, _ in fields.texts("also"))
    result = fields.choice("result", ("not_checked", "not_applicable"), required=False)
    fields.close()
    if name is None or listing is None or store is None:
        return None
    others = peers.value if peers is not None and isinstance(peers.value, list) else None
    plain_others = tuple(peer.plain() for peer in others) if others is not None else None
    return Example(name, fires, listing, store, plain_others, day, fixed or None, also, result, node.line)


def _facts(fields: Fields, key: str, facts: type, *, required: bool) -> dict[str, Any] | None:
    """A partial listing or store; a field that facts do not have, or of the wrong type, is a fault (R020)."""
    node = fields.required(key) if required else fields.optional(key)
    if node is None:
        return None if required else {}
    if not isinstance(node.value, dict):
        fields.faults.at(node, "R003", f'"{key}" must be a mapping of fields')
        return None
    plain: dict[str, Any] = node.plain()
    names = list(facts.__struct_fields__)  # type: ignore[attr-defined]
    unknown = [name for name in plain if name not in names]
    for name in unknown:
        reason = f'{key} has no field "{name}"{suggestion(str(name), names)}; quote a text that holds a comma'
        fields.faults.at(node.keys[name], "R020", reason)
    if unknown:
        return None
    try:
        msgspec.convert({name: value for name, value in plain.items() if value is not None}, facts)
    except msgspec.ValidationError as error:
        fields.faults.at(node, "R020", f"{key}: {error}")
        return None
    return plain


def _check_wordings(root: Node, values: Mapping[str, Any], scope: Scope, faults: Faults) -> None:
    """Every placeholder exists, and stands in both languages."""
    message = values["message"]
    if message is None:
        return
    sets: dict[str, set[str]] = {}
    for language, text in message.items():
        node = root.value["message"].value[language]
        if stray_braces(text):
            faults.at(node, "R007", "a brace stands outside of a {placeholder}")
        for form in formats(text):
            if form not in FORMATS:
                faults.at(node, "R007", f'unknown number format ":{form}"; use one of {", ".join(sorted(FORMATS))}')
        sets[language] = set(placeholders(text))
        for name in sets[language]:
            if name in scope.parameters:
                scope.used_parameters.add(name)
            elif not _known_name(name, scope):
                known = [*scope.parameters, *scope.names()]
                faults.at(node, "R007", f'unknown placeholder "{{{name}}}"{suggestion(name, known)}')
    if len({frozenset(names) for names in sets.values()}) > 1:
        everywhere, anywhere = set.intersection(*sets.values()), set.union(*sets.values())
        only = ", ".join(sorted(anywhere - everywhere))
        faults.at(root.value["message"], "R007", f"the languages do not share these placeholders: {only}")


def _known_name(name: str, scope: Scope) -> bool:
    probe = Faults("", [])
    return scope.resolve(name, (1, 1), probe) is not None


def _check_use(root: Node, scope: Scope, faults: Faults) -> None:
    for name in scope.parameters.keys() - scope.used_parameters:
        faults.at(root.value["params"].keys[name], "R015", f'the parameter "{name}" is used nowhere')
