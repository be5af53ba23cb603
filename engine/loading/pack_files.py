"""The files of a pack → its contents: rules, lists, codes, category tree, baseline. Every fault of every file at once.

rules/aliexpress/pack.yaml      id, version, marketplace, currency, language; where lists and baseline stand
rules/aliexpress/codes.yaml     the register of finding codes
rules/aliexpress/taxonomy/*     the category tree with its attributes
rules/aliexpress/**/LST104_*    the rules
rules/lists/*                   word lists
rules/baseline.yaml             a clean listing and store, over which examples are laid
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec import Struct

from engine.duplicates.model import PairModel
from engine.errors import Fault, RulePackError
from engine.features import SUBJECT_ARGUMENTS
from engine.features.resources import WordList
from engine.loading import cache, marks_files, pair_model
from engine.loading.fields import Faults, Fields
from engine.loading.header import Context
from engine.loading.kinds import KINDS, kind_of
from engine.loading.strict_yaml import Node, parse
from engine.loading.taxonomy_files import check_taxonomy
from engine.marks.model import Mark
from engine.marks.plain import with_marks
from engine.model.indicator import IndicatorRule
from engine.model.ladder import LadderRule
from engine.model.offence import OffenceRule
from engine.model.rule import CheckRule
from engine.model.score import ScoreRule

BRANDS = "protected_brands"
"""The word list of marks that are looked for as they are written."""
WORDS = re.compile(r"[^\W\d_]{2,}")
RULE_FILE = re.compile(r"[A-Z]{3}[0-9]{3}_.*\.yaml\Z")


class Code(Struct, frozen=True):
    """One entry of codes.yaml. A code is never renamed or removed."""

    code: str
    since: date
    title: dict[str, str]


class ListFile(Struct, frozen=True, omit_defaults=True):
    """A word list as stored."""

    id: str
    title: dict[str, str]
    terms: tuple[str, ...]
    notes: dict[str, str]
    scan: bool
    boundary: str


class Contents(Struct, frozen=True):
    """Everything a pack's files say, in a form that can be cached. Each kind of rule has one tuple (see kinds.py)."""

    id: str
    version: str
    title: dict[str, str]
    marketplace: str
    currency: str
    language: str
    examples_as_of: date
    digest: str
    rules: tuple[CheckRule, ...]
    codes: tuple[Code, ...]
    lists: tuple[ListFile, ...]
    taxonomy: tuple[dict[str, Any], ...]
    baseline: dict[str, Any]
    offences: tuple[OffenceRule, ...] = ()
    ladders: tuple[LadderRule, ...] = ()
    indicators: tuple[IndicatorRule, ...] = ()
    scores: tuple[ScoreRule, ...] = ()
    pair_model: PairModel | None = None
    marks: tuple[Mark, ...] = ()

    def vocabulary(self) -> frozenset[str]:
        """Ordinary words: those of the category tree and of the lists, the list of brands aside."""
        words: set[str] = set()
        texts: list[Any] = list(self.taxonomy)
        texts += [item.terms for item in self.lists if item.id != BRANDS]
        while texts:
            one = texts.pop()
            if isinstance(one, str):
                words.update(WORDS.findall(one.lower()))
            elif isinstance(one, dict):
                texts += [*one, *one.values()]
            elif isinstance(one, list | tuple):
                texts += one
        return frozenset(words)

    def word_lists(self) -> dict[str, WordList]:
        """The lists as the features use them; the list of brands holds the coined marks of the register as well."""
        found = {
            item.id: WordList(item.id, item.terms, item.notes, item.scan, item.boundary, frozenset(item.terms))
            for item in self.lists
        }
        if self.marks:
            found[BRANDS] = with_marks(found.get(BRANDS), self.marks, BRANDS)
        return found


def read_pack(path: Path, *, use_cache: bool = True) -> Contents:
    """The contents of the pack folder `path`. Raises RulePackError with all faults."""
    manifest_path = path / "pack.yaml"
    if not manifest_path.is_file():
        reason = "a pack is a folder with a pack.yaml; there is none here"
        raise RulePackError([Fault(str(manifest_path), 1, 1, "P001", reason)])
    files = dict(_files(path))
    digest = _digest(files)
    if use_cache and (cached := cache.load(digest, Contents)) is not None:
        return cached
    contents = _Reader(path, files, digest).read()
    if use_cache:
        cache.store(digest, contents)
    return contents


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    """Relative name → bytes of every YAML file of the pack and of the lists and baseline beside it."""
    for file in sorted(path.rglob("*.yaml")):
        yield file.relative_to(path.parent).as_posix(), file.read_bytes()
    for file in sorted((path / "marks").glob("*.csv")):
        yield file.relative_to(path.parent).as_posix(), file.read_bytes()
    for file in sorted((path.parent / "lists").glob("*.yaml")):
        yield file.relative_to(path.parent).as_posix(), file.read_bytes()
    baseline = path.parent / "baseline.yaml"
    if baseline.is_file():
        yield "baseline.yaml", baseline.read_bytes()


def _digest(files: Mapping[str, bytes]) -> str:
    """sha256 over the names and contents of all files: what makes two packs the same."""
    whole = hashlib.sha256()
    for name, content in files.items():
        whole.update(f"{name}\0{len(content)}\0".encode())
        whole.update(content)
    return "sha256:" + whole.hexdigest()


class _Reader:
    def __init__(self, path: Path, files: Mapping[str, bytes], digest: str) -> None:
        self._name = path.name
        self._root = path.parent
        self._files = files
        self._digest = digest
        self._found: list[Fault] = []

    def read(self) -> Contents:
        manifest = self._manifest()
        codes = self._codes()
        lists = [found for name in self._files if name.startswith("lists/") and (found := self._list(name))]
        self._unique([(item.id, f"lists/{item.id}") for item in lists], "P002", "list")
        tree = {name: (node, self._faults_of(name)) for name in self._in("taxonomy/") if (node := self._parse(name))}
        before = len(self._found)
        check_taxonomy(tree)
        if len(self._found) > before:  # half a tree would bring a fault for every rule that names a category
            raise RulePackError(self._found)
        taxonomy = [_plain(node) for node, _ in tree.values()]
        nodes = {name: node for name in self._rule_files() if (node := self._parse(name)) is not None}
        context = Context(
            lists=frozenset(item.id for item in lists),
            codes=frozenset(code.code for code in codes),
            categories=frozenset(_category_ids(taxonomy)),
            marketplaces=frozenset({str(manifest.get("marketplace"))}),
            arguments={
                **SUBJECT_ARGUMENTS,
                "attribute": frozenset(_attribute_ids(taxonomy)),
                "scanned list": frozenset(item.id for item in lists if item.scan),
            },
            rules=_ids_by_kind(nodes.values()),
        )
        rules = self._rules(nodes, context)
        baseline = self._parse("baseline.yaml") if "baseline.yaml" in self._files else None
        pairs = self._pair_model()
        marks = [
            mark
            for name in self._in("marks/")
            if name.endswith(".csv")
            for mark in marks_files.read_marks(self._files[name], self._faults_of(name))
        ]
        if self._found:
            raise RulePackError(self._found)
        return Contents(
            **manifest,
            **rules,
            digest=self._digest,
            codes=tuple(codes),
            lists=tuple(lists),
            taxonomy=tuple(taxonomy),
            baseline=_plain(baseline) if baseline is not None else {},
            pair_model=pairs,
            marks=tuple(marks),
        )

    def _in(self, folder: str) -> list[str]:
        return [name for name in self._files if name.startswith(f"{self._name}/{folder}")]

    def _rule_files(self) -> list[str]:
        return [name for name in self._in("") if RULE_FILE.match(name.rsplit("/", 1)[-1])]

    def _place(self, name: str) -> str:
        """The file as a person would open it: from where they stand, if it lies below."""
        path = (self._root / name).resolve()
        here = Path.cwd()
        return (path.relative_to(here) if path.is_relative_to(here) else path).as_posix()

    def _faults_of(self, name: str) -> Faults:
        return Faults(self._place(name), self._found, name=name)

    def _parse(self, name: str) -> Node | None:
        file = self._place(name)
        try:
            text = self._files[name].decode("utf-8")
        except UnicodeDecodeError as error:
            line = self._files[name][: error.start].count(b"\n") + 1
            self._found.append(Fault(file, line, 1, "Y007", "the file is not UTF-8; save it as UTF-8"))
            return None
        return parse(text, file, self._found)

    def _rules(self, nodes: Mapping[str, Node], context: Context) -> dict[str, Any]:
        """Collection → its rules by id."""
        found: dict[str, list[Any]] = {kind.collection: [] for kind in KINDS.values()}
        for name, node in nodes.items():
            faults = self._faults_of(name)
            kind = kind_of(node, faults)
            rule = kind.read(node, context, faults) if kind is not None else None
            if kind is not None and rule is not None:
                found[kind.collection].append(rule)
        self._unique([(rule.id, rule.file) for rules in found.values() for rule in rules], "R005", "rule")
        mapped = [(code, rule.file) for rule in found["offences"] for code in rule.codes]
        self._unique(mapped, "R026", "finding code")
        return {name: tuple(sorted(rules, key=lambda rule: rule.id)) for name, rules in found.items()}

    def _pair_model(self) -> PairModel | None:
        name = f"{self._name}/{pair_model.FILE}"
        node = self._parse(name) if name in self._files else None
        return None if node is None else pair_model.read_pair_model(node, self._faults_of(name))

    def _manifest(self) -> dict[str, Any]:
        name = f"{self._name}/pack.yaml"
        node = self._parse(name)
        if node is None:
            return {}
        fields = Fields(node, self._faults_of(name), "pack.yaml")
        values = {key: fields.text(key) for key in ("id", "version", "marketplace", "currency", "language")}
        title, day = fields.wording("title"), fields.day("examples_as_of")
        fields.close()
        return {**values, "title": title, "examples_as_of": day}

    def _codes(self) -> list[Code]:
        name = f"{self._name}/codes.yaml"
        node = self._parse(name) if name in self._files else None
        if node is None:
            return []
        faults = self._faults_of(name)
        fields = Fields(node, faults, "codes.yaml")
        codes = []
        for entry in fields.entries("codes", required=True):
            item = Fields(entry, faults, "a code")
            code, since, title = item.text("code"), item.day("since"), item.wording("title")
            item.close()
            if code and since and title:
                codes.append(Code(code, since, title))
        fields.close()
        self._unique([(code.code, self._place(name)) for code in codes], "R025", "code")
        return codes

    def _list(self, name: str) -> ListFile | None:
        node = self._parse(name)
        if node is None:
            return None
        faults = self._faults_of(name)
        fields = Fields(node, faults, "a word list")
        list_id, title = fields.text("id"), fields.wording("title")
        fields.optional("source"), fields.optional("note")
        boundary = fields.choice("boundary", ("word", "letters", "none"), required=False) or "word"
        scan = fields.scalar("scan", bool, "true or false", required=False) or False
        terms: dict[str, str] = {}
        for entry in fields.entries("entries", required=True):
            term, note = _entry(entry, faults)
            if term is None:
                continue
            if term in terms:
                faults.at(entry, "P003", f'the term "{term}" stands twice in the list')
            terms[term] = note
        fields.close()
        if list_id is None or title is None:
            return None
        if f"lists/{list_id}.yaml" != name:
            faults.at(node, "P002", f"the list {list_id} must stand in lists/{list_id}.yaml")
        notes = {term: note for term, note in terms.items() if note}
        return ListFile(list_id, title, tuple(terms), notes, scan, boundary)

    def _unique(self, named: list[tuple[str, str]], code: str, what: str) -> None:
        first: dict[str, str] = {}
        for name, file in named:
            if name in first:
                self._found.append(Fault(file, 1, 1, code, f'the {what} "{name}" is also in {first[name]}'))
            first.setdefault(name, file)


def _entry(node: Node, faults: Faults) -> tuple[str | None, str]:
    """A term, or {term, note}. Terms are lower case."""
    note = ""
    term = node.value
    if isinstance(node.value, dict):
        fields = Fields(node, faults, "an entry")
        term, note = fields.text("term"), fields.text("note", required=False) or ""
        fields.close()
    elif not isinstance(term, str):
        term = str(term)
    if term is None:
        return None, ""
    if term != term.lower() or not term.strip():
        faults.at(node, "P003", f'a term is written in lower case: "{term.lower()}"')
    return term, note


def _plain(node: Node) -> Any:
    """Plain data that looks the same whether it was just parsed or comes from the cache: Decimal as text."""

    def convert(value: Any) -> Any:
        if isinstance(value, dict):
            return {str(key): convert(child) for key, child in value.items()}
        if isinstance(value, list):
            return [convert(child) for child in value]
        return str(value) if isinstance(value, Decimal | date) else value

    return convert(node.plain())


def _ids_by_kind(nodes: Iterable[Node]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for node in nodes:
        kind, rule_id = node.get("kind"), node.get("id")
        if kind is not None and rule_id is not None and isinstance(kind.value, str) and isinstance(rule_id.value, str):
            found.setdefault(kind.value, set()).add(rule_id.value)
    return {kind: frozenset(ids) for kind, ids in found.items()}


def _category_ids(documents: list[dict[str, Any]]) -> Iterator[str]:
    for document in documents:
        if "industry" in document:
            yield document["industry"]["id"]
        for group in document.get("groups", ()):
            yield group["id"]
            for category in group.get("categories", ()):
                yield category["id"]


def _attribute_ids(documents: list[dict[str, Any]]) -> Iterator[str]:
    for document in documents:
        for attribute in document.get("attributes", ()):
            yield attribute["id"]
