"""The shape of the category tree's files: names in both languages, unique ids, attributes that exist (T001…T004)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.errors import suggestion
from engine.loading.fields import Faults, wording
from engine.loading.header import WORD
from engine.loading.strict_yaml import Node

REFERRING = ("required", "key", "optional")


def check_taxonomy(files: Mapping[str, tuple[Node, Faults]]) -> None:
    """Note the faults of all taxonomy files: each file's own, and ids that clash or lead nowhere."""
    attributes = {
        str(identity.value)
        for root, _ in files.values()
        for node in _entries(root.get("attributes"))
        if (identity := node.get("id")) is not None
    }
    seen: dict[tuple[str, str], str] = {}
    for root, faults in files.values():
        for kind, node in _named(root):
            _check_identity(kind, node, faults, seen)
            name = node.get("name")
            if name is None:
                faults.at(node, "T002", f"{kind} has no name: {{en: …, zh: …}}; quote a name that holds a comma")
            else:
                wording(name, faults, f"the name of {kind}")
        for node in _leaves_and_defaults(root):
            for field in REFERRING:
                for item in _entries(node.get(field)):
                    if item.value not in attributes:
                        way_out = suggestion(str(item.value), attributes)
                        faults.at(item, "T003", f'unknown attribute "{item.value}"{way_out}')
        for leaf in _leaves(root):
            nouns = leaf.get("nouns")
            if nouns is None or not list(_entries(nouns.get("en"))) or not list(_entries(nouns.get("zh"))):
                faults.at(leaf, "T004", "a category names its goods in both languages: nouns: {en: […], zh: […]}")


def _check_identity(kind: str, node: Node, faults: Faults, seen: dict[tuple[str, str], str]) -> None:
    identity = node.get("id")
    if identity is None or not isinstance(identity.value, str) or not WORD.match(identity.value):
        faults.at(identity or node, "T001", f"{kind} needs an id in lower case with _")
        return
    space = "attribute" if kind == "an attribute" else "category"
    if (first := seen.get((space, identity.value))) is not None:
        faults.at(identity, "T001", f'the id "{identity.value}" is taken in {first}')
    seen.setdefault((space, identity.value), faults.name)


def _entries(node: Node | None) -> Iterator[Node]:
    return iter(node.value) if node is not None and isinstance(node.value, list) else iter(())


def _named(root: Node) -> Iterator[tuple[str, Node]]:
    for attribute in _entries(root.get("attributes")):
        yield "an attribute", attribute
    industry = root.get("industry")
    if industry is not None:
        yield "an industry", industry
    for group in _entries(root.get("groups")):
        yield "a group", group
        for leaf in _entries(group.get("categories")):
            yield "a category", leaf


def _leaves(root: Node) -> Iterator[Node]:
    for group in _entries(root.get("groups")):
        yield from _entries(group.get("categories"))


def _leaves_and_defaults(root: Node) -> Iterator[Node]:
    defaults = root.get("defaults")
    if defaults is not None:
        yield defaults
    yield from _leaves(root)
