"""The tree with its look-ups. Construction is cheap; each index is built when it is first asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any

from engine.taxonomy import documents as plain
from engine.taxonomy.claims import ClaimIndex
from engine.taxonomy.linear import LinearModel, stems
from engine.taxonomy.model import Attribute, AttributeValue, Category, Unit
from engine.taxonomy.nouns import NounIndex, split
from engine.taxonomy.reading import Reading

PATH_SIMILARITY = 92.0
"""RapidFuzz token-sort ratio (0..100) above which a spelled path is taken to mean ours. Below it, the category is
unknown: a guess here would turn into false findings of every rule with a scope."""

CACHE_SIZE = 20_000
TELLING = 0.05
"""The values of an attribute speak for a category when at most this share of leaves asks for it: lace types for wigs,
but not colours."""

LONGEST_NAME = 200
"""No name of an attribute or value is longer; longer texts are not looked up."""

SEPARATOR = re.compile(r"\s*(?:>>|>|›|»|/|\|)\s*")


@lru_cache(maxsize=1 << 14)
def fold(text: str) -> str:
    """The form in which names are compared: lower case, one space for each run of blanks, hyphens and underscores."""
    return " ".join(text.lower().replace("-", " ").replace("_", " ").split())


class Taxonomy:
    """Categories and attributes of a marketplace. Immutable after construction and safe to share between threads."""

    def __init__(self, documents: Sequence[Mapping[str, Any]]) -> None:
        self._documents = tuple(document for document in documents if document)
        self.nodes: dict[str, Category] = {node.id: node for node in plain.categories(self._documents)}
        self.leaves: tuple[Category, ...] = tuple(node for node in self.nodes.values() if node.is_leaf)
        self._resolved: dict[tuple[str | None, tuple[str, ...]], Category | None] = {}

    @classmethod
    def from_documents(cls, documents: Sequence[Mapping[str, Any]]) -> Taxonomy:
        """The tree of the given files (plain data, straight from YAML or from the pack's cache)."""
        return cls(documents)

    # categories

    @cached_property
    def _by_platform_id(self) -> dict[str, Category]:
        return {platform: node for node in self.nodes.values() for platform in node.platform_ids}

    @cached_property
    def _by_name(self) -> dict[str, list[Category]]:
        found: dict[str, list[Category]] = {}
        for node in self.nodes.values():
            for name in {fold(text) for text in node.name.values()}:
                found.setdefault(name, []).append(node)
        return found

    @cached_property
    def _paths(self) -> tuple[list[str], list[Category]]:
        paths, owners = [], []
        for leaf in self.leaves:
            for language in plain.LANGUAGES:
                if language in leaf.name:
                    paths.append(" ".join(self._names(leaf, language)))
                    owners.append(leaf)
        return paths, owners

    def _names(self, category: Category, language: str) -> list[str]:
        """Folded names from the industry down to the category."""
        lineage = [*(self.nodes[node] for node in reversed(category.ancestors)), category]
        return [fold(node.name.get(language, "")) for node in lineage]

    def resolve(self, category_id: str | None, category_path: Sequence[str] = ()) -> Category | None:
        """The category that an id or a path means: our id, the platform's id, the exact path or name (English or
        Chinese), then a path spelled nearly alike. None when nothing fits well. Groups and industries resolve too."""
        key = (category_id, tuple(category_path))
        try:
            return self._resolved[key]
        except KeyError:
            pass
        found = self._find(*key)
        if len(self._resolved) >= CACHE_SIZE:
            self._resolved.clear()
        self._resolved[key] = found
        return found

    def _find(self, category_id: str | None, path: tuple[str, ...]) -> Category | None:
        if category_id:
            found = self.nodes.get(category_id) or self._by_platform_id.get(category_id)
            if found is not None:
                return found
        parts = [part for text in path for part in SEPARATOR.split(text) if part.strip()] if path else []
        if not parts:
            return None
        named = self._by_name.get(fold(parts[-1])) or self._by_name.get(fold(path[-1]))
        if named:
            return max(named, key=lambda node: self._agreement(node, parts))
        if parts[-1] in self.nodes:
            return self.nodes[parts[-1]]
        return self._nearest(parts)

    def _agreement(self, node: Category, parts: Sequence[str]) -> tuple[int, bool]:
        above = {fold(part) for part in parts[:-1]}
        names = {fold(text) for ancestor in node.ancestors for text in self.nodes[ancestor].name.values()}
        return len(above & names), node.is_leaf

    def _nearest(self, parts: Sequence[str]) -> Category | None:
        from rapidfuzz import fuzz, process

        texts, owners = self._paths
        wanted = " ".join(fold(part) for part in parts)[:500]
        best = process.extractOne(wanted, texts, scorer=fuzz.token_sort_ratio, score_cutoff=PATH_SIMILARITY)
        if best is not None:
            return owners[best[2]]
        names = list(self._by_name)
        near = process.extractOne(fold(parts[-1])[:200], names, scorer=fuzz.ratio, score_cutoff=PATH_SIMILARITY)
        if near is None:
            return None
        return max(self._by_name[near[0]], key=lambda node: self._agreement(node, parts))

    def within(self, category_id: str, ancestor_id: str) -> bool:
        """Whether a category is the other one or stands below it."""
        node = self.nodes.get(category_id)
        return node is not None and (category_id == ancestor_id or ancestor_id in node.ancestors)

    def path(self, category: Category, language: str) -> list[str]:
        """Names from the industry down to the category."""
        lineage = [*(self.nodes[node] for node in reversed(category.ancestors)), category]
        return [node.name.get(language) or node.id for node in lineage]

    @cached_property
    def nouns(self) -> NounIndex:
        """Product nouns of all leaves."""
        return NounIndex(self.leaves, self.reading.never_nouns)

    @cached_property
    def noun_begins(self) -> dict[str, int]:
        """First stem of a noun → length of the longest such noun in words; 0 for words that open a complement."""
        return {**self.nouns.first, **dict.fromkeys(self.reading.openers, 0)}

    @cached_property
    def noun_list(self) -> list[str]:
        """All English noun phrases, as RapidFuzz wants them."""
        return list(self.nouns.phrases)

    @cached_property
    def linear(self) -> LinearModel:
        """The model over words and character n-grams, built from this tree."""
        above = {node.id: stems([node.name.get("en", "")]) for node in self.nodes.values() if not node.is_leaf}
        asked: dict[str, int] = {}
        for leaf in self.leaves:
            for name in (*leaf.required, *leaf.key):
                asked[name] = asked.get(name, 0) + 1
        few = max(1, round(len(self.leaves) * TELLING))
        values = {
            name: stems(value.en for value in self.attributes[name].values)
            for name, leaves in asked.items()
            if leaves <= few and name in self.attributes and self.attributes[name].type == "enum"
        }
        return LinearModel(self.leaves, above, values)

    def below(self, category: Category) -> frozenset[int]:
        """Numbers of the leaves of a group or industry; of a leaf, its own."""
        return self._below[category.id]

    def ids_below(self, category_id: str) -> list[str]:
        """Ids of the category and of all below it; of an unknown one, itself."""
        node = self.nodes.get(category_id)
        if node is None:
            return [category_id]
        return [category_id, *(one.id for one in self.nodes.values() if category_id in one.ancestors)]

    @cached_property
    def _below(self) -> dict[str, frozenset[int]]:
        found: dict[str, set[int]] = {node: set() for node in self.nodes}
        for leaf in self.leaves:
            for node in (leaf.id, *leaf.ancestors):
                found[node].add(leaf.index)
        return {node: frozenset(numbers) for node, numbers in found.items()}

    @cached_property
    def reading(self) -> Reading:
        """How titles are read: the `reading:` sections of the files (colour families, words that open a complement)."""
        return Reading(plain.merged(self._documents, "reading"))

    @cached_property
    def audiences(self) -> dict[str, str]:
        """Node id → the one audience that its own name, or else that of a node above it, says; others are absent.

        An industry of goods for children also holds goods for their mothers, so its name says nothing of kids.
        """
        known = self.reading.audiences
        found: dict[str, str] = {}
        for node in self.nodes.values():
            for name in (node.id, *node.ancestors):
                said = {known[word] for word in split(self.nodes[name].name.get("en", "")) if word in known}
                if name == node.industry and name != node.id:
                    said.discard("kids")
                if said:
                    if len(said) == 1:
                        found[node.id] = said.pop()
                    break
        return found

    # attributes

    @cached_property
    def attributes(self) -> dict[str, Attribute]:
        """Attributes by id."""
        return {attribute.id: attribute for attribute in plain.attributes(self._documents)}

    @cached_property
    def claims(self) -> ClaimIndex:
        """Phrases that say a value of an attribute."""
        return ClaimIndex(self.attributes, self.reading)

    @cached_property
    def _attribute_names(self) -> dict[str, list[Attribute]]:
        found: dict[str, list[Attribute]] = {}
        for attribute in self.attributes.values():
            for name in {fold(text) for text in (attribute.id, *attribute.name.values())}:
                found.setdefault(name, []).insert(0, attribute)
        for attribute in self.attributes.values():
            for name in {fold(text) for text in attribute.aliases}:
                owners = found.setdefault(name, [])
                if attribute not in owners:
                    owners.append(attribute)
        return found

    @cached_property
    def _attributes_met(self) -> dict[tuple[str, str | None], Attribute | None]:
        return {}

    def attribute(self, name: str, category: Category | None = None) -> Attribute | None:
        """The attribute that a name or alias means; where two share it, the one that the category asks for."""
        key = (name, None if category is None else category.id)
        met = self._attributes_met
        try:
            return met[key]
        except KeyError:
            pass
        found = self._attribute(name, category)
        if len(met) >= CACHE_SIZE:
            met.clear()
        met[key] = found
        return found

    def _attribute(self, name: str, category: Category | None) -> Attribute | None:
        owners = self._attribute_names.get(fold(name)) if len(name) <= LONGEST_NAME else None
        if not owners:
            return None
        if category is not None and len(owners) > 1:
            for wanted in (category.required, category.key, category.optional):
                for attribute in owners:
                    if attribute.id in wanted:
                        return attribute
        return owners[0]

    @cached_property
    def _values(self) -> dict[str, dict[str, AttributeValue]]:
        return {}

    def values_of(self, attribute: Attribute) -> dict[str, AttributeValue]:
        """Every name and synonym (folded) of the attribute's values."""
        known = self._values.get(attribute.id)
        if known is None:
            known = {}
            for value in attribute.values:
                for text in value.synonyms:
                    known.setdefault(fold(text), value)
            for value in attribute.values:
                for text in (value.id, *value.name.values()):
                    known[fold(text)] = value
            self._values[attribute.id] = known
        return known

    def value(self, attribute: Attribute, text: str) -> AttributeValue | None:
        """The allowed value that a text means, by name, id or synonym."""
        if len(text) > LONGEST_NAME:
            return None
        return self.values_of(attribute).get(fold(text))

    @cached_property
    def values_met(self) -> dict[tuple[str | None, str, str, str | None], Any]:
        """What the features make of values, remembered because they recur; whoever fills it bounds it."""
        return {}

    @cached_property
    def _nearest_met(self) -> dict[tuple[str, str], tuple[AttributeValue, float] | None]:
        return {}

    def nearest_value(self, attribute: Attribute, text: str) -> tuple[AttributeValue, float] | None:
        """The allowed value whose name or synonym resembles a text most, and how much (0 to 100, RapidFuzz ratio)."""
        key = (attribute.id, text[:LONGEST_NAME].lower())
        met = self._nearest_met
        if key not in met:
            from rapidfuzz import fuzz, process

            known = self.values_of(attribute)
            best = process.extractOne(key[1], known.keys(), scorer=fuzz.ratio)
            if len(met) >= CACHE_SIZE:
                met.clear()
            met[key] = None if best is None else (known[best[0]], best[1])
        return met[key]

    @cached_property
    def _units(self) -> dict[str, dict[str, Unit]]:
        return {
            attribute.id: {
                fold(name): unit for unit in reversed(attribute.units) for name in (*reversed(unit.aliases), unit.id)
            }
            for attribute in self.attributes.values()
            if attribute.units
        }

    def unit(self, attribute: Attribute, text: str) -> Unit | None:
        """The attribute's unit of that name or alias."""
        return self._units.get(attribute.id, {}).get(fold(text).rstrip(".")) if len(text) <= LONGEST_NAME else None

    def convert(self, attribute: Attribute, number: Decimal, unit: str) -> Decimal | None:
        """The number in the attribute's first-rank unit; None when the unit is not one of its units."""
        found = self.unit(attribute, unit)
        return None if found is None else number * found.factor

    @cached_property
    def _patterns(self) -> dict[str, re.Pattern[str] | None]:
        return {}

    def unit_pattern(self, attribute: Attribute) -> re.Pattern[str] | None:
        """A number with a unit of the attribute in running text; None when its units are too short to be told there."""
        if attribute.id in self._patterns:
            return self._patterns[attribute.id]
        short = self.reading.short_units
        names = {
            name
            for unit in attribute.units
            for name in (unit.id.replace("_", " "), *unit.aliases)
            if len(name) > 1 or name.lower() in short
        }
        units = "|".join(re.escape(name) for name in sorted(names, key=lambda name: (-len(name), name)))
        pattern = rf"(?<![\w.,/~x*×-])(\d{{1,7}}(?:\.\d{{1,3}})?)\s?-?({units})(?![\w/])"
        found = self._patterns[attribute.id] = re.compile(pattern, re.IGNORECASE) if names else None
        return found
