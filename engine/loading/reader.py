"""One rule file → one CheckRule, with every fault of the file noted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from engine.errors import suggestion
from engine.facts import Listing, Store
from engine.features.registry import SUBJECTS
from engine.fixes import OPERATIONS
from engine.loading.fields import Faults, Fields
from engine.loading.header import WORD, Context, read_common, read_effective, read_marketplace, read_parameters
from engine.loading.messages import FORMATS, formats, placeholders, stray_braces
from engine.loading.selections import Scope, read_when, split_argument
from engine.loading.strict_yaml import Node
from engine.model import rule as model
from engine.model.expressions import Ref
from engine.model.rule import CheckRule, Each, Example, FixSpec


def read_rule(root: Node, context: Context, faults: Faults) -> CheckRule | None:
    """The rule, or None when the file has a fault (all of them are in `faults`)."""
    fields = Fields(root, faults, "a rule")
    fields.choice("kind", ("check",))
    subject, marketplace, categories, not_categories = _applies_to(fields, context)
    registry = SUBJECTS[subject]
    parameters = read_parameters(fields)
    scope = Scope(registry, context.lists, parameters, arguments=context.arguments)
    each = _each(fields, scope)
    when_node = fields.required("when")
    when = read_when(when_node, scope, faults) if when_node is not None else None
    since, until = read_effective(fields)
    code = fields.text("code")
    if code is not None and code not in context.codes:
        faults.at(root.value["code"], "R018", f'unknown code "{code}"{suggestion(code, context.codes)}; see codes.yaml')
    at = _at(fields, scope)
    values: dict[str, Any] = {
        **read_common(fields),
        "mode": fields.choice("mode", model.MODES),
        "section": fields.choice("section", model.SECTIONS),
        "severity": fields.choice("severity", model.SEVERITIES),
        "confidence": fields.choice("confidence", model.CONFIDENCES),
        "message": fields.wording("message"),
        "fix": _fix(fields, scope),
        "examples": _examples(fields, subject),
    }
    fields.close()
    _check_wordings(root, values, scope, faults)
    _check_use(root, scope, faults)
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


def _applies_to(fields: Fields, context: Context) -> tuple[str, str, tuple[str, ...], tuple[str, ...]]:
    node = fields.required("applies_to")
    if node is None:
        return "listing", "", (), ()
    scope = Fields(node, fields.faults, '"applies_to"')
    subject = scope.choice("subject", tuple(SUBJECTS)) or "listing"
    marketplace = read_marketplace(scope, context)
    chosen: dict[str, tuple[str, ...]] = {}
    for key in ("categories", "not_categories"):
        names = scope.texts(key)
        for name, place in names:
            if name not in context.categories:
                fields.faults.at(place, "R017", f'unknown category "{name}"{suggestion(name, context.categories)}')
        chosen[key] = tuple(name for name, _ in names)
    scope.close()
    return subject, marketplace, chosen["categories"], chosen["not_categories"]


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
