"""`storewarden rules …`: what a rule author needs, without touching Python."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

import rules
from api.cli.common import BLOCKED, CLEAN, PACK, Lang, fail, open_pack
from engine.errors import RulePackError


def _folder(pack: Path | None) -> Path:
    return pack if pack is not None else rules.path(PACK)


def lint(pack: Annotated[Path | None, Parameter(show_default=False)] = None) -> int:
    """Read every file of a pack and report all faults at once, each with file:line:column and the way out.

    Parameters
    ----------
    pack
        The folder of the pack (it holds pack.yaml); the shipped AliExpress pack by default.
    """
    from engine import load_pack
    from engine.loading.hygiene import hygiene_faults
    from engine.loading.lock import lock_faults

    try:
        loaded = load_pack(_folder(pack), use_cache=False)
    except RulePackError as error:
        faults = list(error.faults)
    else:
        faults = [*lock_faults(loaded), *hygiene_faults(loaded, datetime.now(UTC).date())]
        if not faults:
            print(f"{len(loaded.all_rules)} rules, {len(loaded.codes)} codes: no faults")
    for fault in faults:
        print(fault)
    if faults:
        print(f"{len(faults)} faults", file=sys.stderr)
    return BLOCKED if faults else CLEAN


def run_examples_of(
    *ids: str,
    pack: Annotated[Path | None, Parameter(show_default=False)] = None,
    mutate: bool = False,
    verbose: Annotated[bool, Parameter(alias="-v")] = False,
) -> int:
    """Run the examples of rules against the whole pack, and with --mutate see whether they would notice a change.

    Parameters
    ----------
    ids
        Rules such as LST104; all of them by default.
    pack
        The folder of the pack; the shipped AliExpress pack by default.
    mutate
        Change each operator, number, date and filter once; some example must fail for every change.
    verbose
        Show the examples that hold, too.
    """
    from engine.loading.example_run import baseline_findings, run_examples

    loaded = open_pack(pack, use_cache=False)
    unknown = [rule_id for rule_id in ids if rule_id not in loaded.all_rules]
    if unknown:
        from engine import UnknownName

        return fail(str(UnknownName("rule", unknown[0], list(loaded.all_rules))))
    problems = baseline_findings(loaded)
    for problem in problems:
        print(f"baseline: {problem}")
    failed, total = len(problems), 0
    for outcome in run_examples(loaded, ids or None):
        total += 1
        if outcome.problems:
            failed += 1
            print(f"{outcome.file}:{outcome.line}  {outcome.label}")
            for problem in outcome.problems:
                print(f"    {problem}")
        elif verbose:
            print(f"ok  {outcome.label}")
    print(f"{total} examples of {len(ids) or len(loaded.all_rules)} rules: {total - failed} hold, {failed} fail")
    if mutate:
        failed += _mutate(loaded, ids)
    return BLOCKED if failed else CLEAN


def _mutate(loaded: object, ids: tuple[str, ...]) -> int:
    from engine.loading.mutation import survivors

    found = list(survivors(loaded, ids or None))  # type: ignore[arg-type]
    for survivor in found:
        print(survivor)
    print(f"{len(found)} changes that no example notices")
    return len(found)


TEMPLATE = """\
id: {id}
name: {name}
kind: check
status: experimental            # stable once a primary source and real listings say so
mode: shadow                    # shadow: only recorded; then warn; then block
revision: 1
section: products
code: {code}
applies_to: {{marketplace: {marketplace}, subject: listing}}
effective: {{from: {day}}}
severity: info                  # error | warning | info: how bad if true
confidence: medium              # high | medium | low: how sure
title: {{en: Stock is low, zh: 库存偏低}}
why: {{en: 'A listing that sells out loses its place in search.', zh: 商品售罄后会失去搜索排名。}}
source:
  - id: house
    publisher: Storewarden
    clause: our own choice
    url: https://example.com/why
    grade: house
    retrieved: {day}
params:
  least: {{origin: house, unit: pieces, values: {{{day}: 20}}, note: {{en: Say why., zh: 说明原因。}}}}
when:
  selection: {{sku.total_stock|lt: $least}}
message:
  en: '{{sku.total_stock}} pieces are left; restock below {{least}}.'
  zh: '仅剩 {{sku.total_stock}} 件，低于 {{least}} 件请补货。'
examples:
  must_fire:
    - {{name: one short of the line, listing: {{skus: [{{code: A1, price: 12.9, stock: 19, properties: [{{name: Color, value: Black}}]}}]}}}}
    - {{name: nearly sold out, listing: {{skus: [{{code: A1, price: 12.9, stock: 1, properties: [{{name: Color, value: Black}}]}}]}}}}
  must_pass:
    - {{name: on the line, listing: {{skus: [{{code: A1, price: 12.9, stock: 20, properties: [{{name: Color, value: Black}}]}}]}}}}
    - {{name: an ordinary stock, listing: {{}}}}
"""  # noqa: E501  examples stay on one line


def new(
    id: str,  # noqa: A002
    name: str,
    *,
    folder: Path | None = None,
    code: str | None = None,
    from_violation: Annotated[str | None, Parameter(show_default=False)] = None,
    store: Annotated[str | None, Parameter(show_default=False)] = None,
    lang: Lang = "en",
) -> int:
    """Write a rule file to start from; it loads, and its examples show how each part is said.

    Parameters
    ----------
    id
        Three capitals and three digits, such as LST150.
    name
        The fault in lower-case words joined by -, such as stock-low.
    folder
        Where to write it; rules/aliexpress/title by default.
    code
        The finding's code, from codes.yaml.
    from_violation
        Draft it from this case of a store's ledger: its offence, its source, the words of its listing's title.
    store
        The store of the case, by id or exact name.
    lang
        Language of messages.
    """
    from engine.loading.header import ID, NAME

    if not ID.match(id):
        return fail(f'"{id}" is no rule id; write three capitals and three digits, such as LST150')
    if not NAME.match(name):
        return fail(f'"{name}" is no rule name; write lower-case words joined by -, such as title-too-short')
    if from_violation is not None and store is None:
        return fail("--from-violation needs --store: the store of the case")
    target = folder if folder is not None else rules.path(PACK) / "title"
    for existing in (rules.path(PACK), target):
        if clash := next(existing.rglob(f"{id}_*.yaml"), None):
            return fail(f"{id} is taken by {clash}")
    if from_violation is not None:
        return _draft(from_violation, store, target, lang, id, name, code)
    day = open_pack(None).examples_as_of
    text = TEMPLATE.format(id=id, name=name, code=code or "INACTIVE", marketplace=PACK, day=day)
    return _begin(id, {target / f"{id}_{name.replace('-', '_')}.yaml": text})


def _begin(rule: str, files: dict[Path, str]) -> int:
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        print(file)
    print(f"next: storewarden rules lint; storewarden rules test {rule} --mutate; storewarden rules lock")
    return CLEAN


def _draft(case: str, store: str | None, target: Path, lang: Lang, rule: str, name: str, code: str | None) -> int:
    from sqlalchemy import select

    from api.cli.stores import in_store
    from api.services.rule_drafts import DraftRefused, draft_of
    from store_model.violations import Violation

    pack = open_pack(None)
    try:
        for session, place, _ in in_store(store, lang):
            row = session.scalar(select(Violation).where(Violation.store_id == place.id, Violation.case_no == case))
            if row is None:
                return fail(NO_CASE[lang].format(place.name, case))
            found = draft_of(session, pack, row, rule_id=rule, name=name, code=code, day=pack.examples_as_of)
            lists = _lists_beside(target) / found.list_file
            if lists.exists():
                return fail(f"{lists} is there already; choose another name")
            return _begin(rule, {target / found.rule_file: found.rule, lists: found.words})
    except DraftRefused as refused:
        return fail(getattr(refused, lang))
    except LookupError as error:
        return fail(str(error))
    return CLEAN


NO_CASE = {"en": "{} has no violation of the case {}.", "zh": "{} 没有案件编号为 {} 的违规。"}


def _lists_beside(target: Path) -> Path:
    """The folder of word lists of the pack that a folder belongs to."""
    packs = (folder for folder in (target, *target.resolve().parents) if (folder / "pack.yaml").is_file())
    return next((folder.parent / "lists" for folder in packs), target / "lists")


def explain(rule: str, file: Path, *, lang: Lang = "en", as_of: date | None = None, pack: Path | None = None) -> int:
    """Say why a rule did or did not fire on the listings of a file.

    Parameters
    ----------
    rule
        The rule's id, such as LST104.
    file
        A file with listings, in any accepted form.
    lang
        en or zh.
    as_of
        The day whose rules are used; today by default.
    pack
        The folder of the pack; the shipped AliExpress pack by default.
    """
    from api.cli.check import check

    code = check(file, explain=rule, lang=lang, as_of=as_of, pack=pack)
    return CLEAN if code == BLOCKED else code


def reference(out: Path = Path("docs/reference"), *, pack: Path | None = None, check: bool = False) -> int:
    """Generate the reference of rules, features, codes and operators, in English and Chinese.

    Parameters
    ----------
    out
        The folder to write to.
    pack
        The folder of the pack; the shipped AliExpress pack by default.
    check
        Write nothing; fail when a page is not current.
    """
    from api.reference_pages import reference_pages

    loaded = open_pack(pack)
    stale = []
    for name, text in reference_pages(loaded).items():
        file = out / name
        current = file.read_text(encoding="utf-8") if file.is_file() else None
        if current == text:
            continue
        stale.append(str(file))
        if not check:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    for path in stale:
        print(f"{'not current' if check else 'wrote'}: {path}")
    if not stale:
        print("the reference is current")
    return BLOCKED if stale and check else CLEAN


def lock(pack: Annotated[Path | None, Parameter(show_default=False)] = None) -> int:
    """Write rules.lock.json. Refused while a rule behaves otherwise under an unchanged revision, or a code is lost.

    Parameters
    ----------
    pack
        The folder of the pack; the shipped AliExpress pack by default.
    """
    from engine.loading.lock import FILE, lock_faults, write_lock

    loaded = open_pack(pack, use_cache=False)
    if (loaded.path / FILE).is_file():
        refused = [fault for fault in lock_faults(loaded) if "run `storewarden rules lock`" not in fault.reason]
        if refused:
            for fault in refused:
                print(fault)
            return BLOCKED
    print(f"wrote {write_lock(loaded)}")
    return CLEAN
