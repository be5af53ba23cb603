"""The examples of rules, run against the whole pack: what `storewarden rules test` shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from engine.facts import Listing, Store
from engine.fixes import apply_patch
from engine.model.rule import CheckRule, Example

if TYPE_CHECKING:
    from engine.evaluate.report import Report
    from engine.pack import Pack


class Outcome(Struct, frozen=True):
    """One example and what went wrong with it (nothing: it holds)."""

    rule: str
    file: str
    line: int
    group: str  # must_fire, must_pass, or what a kind of rule calls its examples
    name: str
    problems: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """LST104/must_fire/the platform's own case"""
        return f"{self.rule}/{self.group}/{self.name}"


def laid_over(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The baseline with an example's fields: a field replaces the whole field, null removes it."""
    merged = {**base, **changes}
    return {name: value for name, value in merged.items() if value is not None}


class Stage:
    """An example set up: listing, store, peers and day, ready to check."""

    def __init__(self, pack: Pack, example: Example) -> None:
        baseline = pack.baseline
        self.listing = msgspec.convert(laid_over(baseline.get("listing", {}), example.listing), Listing)
        store = laid_over(baseline.get("store", {}), example.store)
        self.store = msgspec.convert(store, Store) if store else None
        base = baseline.get("listing", {})
        self.peers = (
            [self.listing, *(msgspec.convert(laid_over(base, peer), Listing) for peer in example.peers)]
            if example.peers is not None
            else None
        )
        self.as_of: date = example.as_of or pack.examples_as_of

    def check(self, pack: Pack, subject: str, *, fixes: bool) -> Report:
        """The whole pack on this example: its listing, or its store."""
        if subject == "store":
            return pack.check_store(self.store or Store(), as_of=self.as_of)
        return pack.check(self.listing, store=self.store, as_of=self.as_of, peers=self.peers, fixes=fixes)


def run_examples(pack: Pack, rule_ids: Iterable[str] | None = None) -> Iterator[Outcome]:
    """Every example of the rules (all of every kind by default), in file order."""
    for rule_id in rule_ids if rule_ids is not None else pack.all_rules:
        rule = pack.all_rules[rule_id]
        yield from runner(rule.kind)(pack, rule)


def _run_check(pack: Pack, rule: CheckRule) -> Iterator[Outcome]:
    for example in rule.examples:
        group = "must_fire" if example.fires else "must_pass"
        yield Outcome(rule.id, rule.file, example.line, group, example.name, tuple(_problems(pack, rule, example)))


def runner(kind: str) -> Callable[[Pack, Any], Iterator[Outcome]]:
    """What runs the examples of a kind of rule; the kinds' own modules are loaded when one of theirs is run."""
    if kind in ("offence", "ladder"):
        from engine.loading import ledger_examples

        return ledger_examples.run_offence if kind == "offence" else ledger_examples.run_ladder
    if kind in ("indicator", "score"):
        from engine.loading import score_examples

        return score_examples.run_indicator if kind == "indicator" else score_examples.run_score
    return _run_check


def baseline_findings(pack: Pack) -> list[str]:
    """What fires on the clean listing: nothing, or the examples say little."""
    listing = msgspec.convert(pack.baseline.get("listing", {}), Listing)
    store = msgspec.convert(pack.baseline.get("store", {}), Store)
    report = pack.check(listing, store=store, as_of=pack.examples_as_of, fixes=False)
    reports = (report, pack.check_store(store, as_of=pack.examples_as_of))
    return [
        *(f"{finding.rule} fires on the baseline: {finding.message['en']}" for r in reports for finding in r.findings),
        *(f"{error.rule} crashes on the baseline: {error.cause}" for r in reports for error in r.errors),
    ]


def _problems(pack: Pack, rule: CheckRule, example: Example) -> Iterator[str]:
    stage = Stage(pack, example)
    report = stage.check(pack, rule.subject, fixes=example.fires and rule.fix is not None)
    yield from (f"{error.rule} crashed: {error.cause}" for error in report.errors)
    fired = {finding.rule for finding in report.findings}
    if example.fires:
        if rule.id not in fired:
            explanation = report.explain(rule.id)
            yield f"does not fire ({explanation.outcome}): {explanation.reason['en']}"
            return
        for other in sorted(fired - {rule.id, *example.also}):
            message = next(finding.message["en"] for finding in report.findings if finding.rule == other)
            yield f'{other} fires as well ({message}); change the example or say "also: [{other}]"'
        for missing in sorted(set(example.also) - fired):
            yield f'"also" names {missing}, which does not fire'
        yield from _fix_problems(report, rule, example)
        return
    if rule.id in fired:
        yield f"fires: {next(f.message['en'] for f in report.findings if f.rule == rule.id)}"
    yield from _result_problems(pack, rule, example, report)


def _result_problems(pack: Pack, rule: CheckRule, example: Example, report: Report) -> Iterator[str]:
    """A must_pass example has to pass, not just to be skipped, unless it says so with `result`."""
    missing = next((entry for entry in report.not_checked if entry.rule == rule.id), None)
    stage = Stage(pack, example)
    program = pack.program(rule.subject, stage.as_of)
    index = program.by_id.get(rule.id)
    scope = program.scope_of[index] if index is not None else None
    applies = index is not None and (scope is None or program.applies(stage.listing)[scope] is not False)
    actual = "not_applicable" if not applies else "not_checked" if missing else None
    if actual != example.result:
        why = f" (missing: {', '.join(missing.missing)})" if missing else ""
        yield f'is {actual or "pass"}{why}, not {example.result or "pass"}; give the facts or say "result: {actual}"'


def _fix_problems(report: Report, rule: CheckRule, example: Example) -> Iterator[str]:
    """The stated result of the fix, and that it clears its finding and brings no other."""
    finding = next(finding for finding in report.findings if finding.rule == rule.id)
    for fix in finding.fixes:
        if not fix.patch:
            continue
        verified = fix.verified
        if verified is None or finding.fingerprint not in verified["clears"] or verified["introduces"]:
            yield f"its fix is not verified: {msgspec.to_builtins(verified)}"
    if example.fixed is None:
        return
    patch = next((fix.patch for fix in finding.fixes if fix.patch), None)
    if patch is None:
        yield 'no fix is offered, but the example says "fixed"'
        return
    fixed = msgspec.to_builtins(apply_patch(report.listing, patch))
    wanted = msgspec.to_builtins(msgspec.convert(example.fixed, Listing))
    for name in example.fixed:
        if fixed.get(name) != wanted.get(name):
            yield f"the fix makes {name} {fixed.get(name)!r}, not {wanted.get(name)!r}"
