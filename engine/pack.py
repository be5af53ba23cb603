"""A pack, ready to answer: the public face of the engine."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec

from engine.duplicates.cards import Wording
from engine.duplicates.model import PairModel
from engine.errors import IntakeError, UnknownName
from engine.evaluate.explain import Explanation
from engine.evaluate.fixing import Mender
from engine.evaluate.program import Program
from engine.evaluate.report import PackRef, Report, Waiver
from engine.facts import Listing, Store
from engine.features.duplicates import Peers
from engine.features.resources import Resources
from engine.features.scan import Scanner
from engine.features.view import View
from engine.intake import one_listing
from engine.lazily import lazily
from engine.ledger.regime import Regime
from engine.ledger.risk import PointsAtRisk
from engine.loading.kinds import KINDS
from engine.loading.pack_files import Code, Contents, read_pack
from engine.model.ladder import LadderRule
from engine.model.offence import OffenceRule
from engine.model.rule import AnyRule, CheckRule
from engine.scoring.board import Performance
from engine.taxonomy import Taxonomy

Draft = Listing | Mapping[str, Any] | bytes | str
"""A listing as a value, or the JSON (text, bytes or decoded) of any accepted form."""
Known = Store | Mapping[str, Any]
"""What is known of a store: as a value, or as decoded JSON of the same fields."""


class Pack:
    """Rules that ship together, compiled on first use. Safe to share between threads."""

    def __init__(self, contents: Contents, path: Path, settings: Mapping[str, Any] | None = None) -> None:
        self.path = path
        self.id = contents.id
        self.version = contents.version
        self.digest = contents.digest
        self.title = contents.title
        self.marketplace = contents.marketplace
        self.baseline = contents.baseline
        self.examples_as_of = contents.examples_as_of
        self.rules: Mapping[str, CheckRule] = {rule.id: rule for rule in contents.rules}
        self.offences: Mapping[str, OffenceRule] = {rule.id: rule for rule in contents.offences}
        self.ladders: Mapping[str, LadderRule] = {rule.id: rule for rule in contents.ladders}
        self.all_rules: Mapping[str, AnyRule] = {
            rule.id: rule for kind in KINDS.values() for rule in getattr(contents, kind.collection)
        }
        self.codes: Mapping[str, Code] = {code.code: code for code in contents.codes}
        self.ref = PackRef(self.id, self.version, self.digest)
        self._contents = contents
        self._settings = dict(settings or {})
        self._programs: dict[tuple[str, int, frozenset[str] | None], Program] = {}

    def __repr__(self) -> str:
        return f"<Pack {self.id} {self.version}, {len(self.all_rules)} rules, {self.digest[:19]}>"

    @lazily
    def resources(self) -> Resources:
        """Word lists, category tree and scanner."""
        lists = self._contents.word_lists()
        taxonomy = Taxonomy.from_documents(self._contents.taxonomy)
        settings = {
            "marketplace": self.marketplace,
            "currency": self._contents.currency,
            "language": self._contents.language,
            **self._settings,
        }
        from engine.marks.matcher import Matcher  # numpy and RapidFuzz, only when something is checked

        marks = self._contents.marks
        matcher = Matcher(marks, self._contents.vocabulary()) if marks else None
        return Resources(lists, taxonomy, Scanner(lists.values()), settings, matcher)

    @property
    def pair_model(self) -> PairModel | None:
        """How likely two listings are the same goods; None in a pack without `pair_model.yaml`."""
        return self._contents.pair_model

    @lazily
    def variant_wording(self) -> Wording:
        """Words that make a variant of a product: the pack's colours, and sizes that are words."""
        colours = frozenset(word for word in self.resources.taxonomy.reading.color_words if " " not in word)
        return Wording(colours, frozenset(self.pair_model.size_words if self.pair_model else ()))

    @lazily
    def regime(self) -> Regime:
        """The penalty rules: offences and ladders, ready to compute with."""
        return Regime(self.offences.values(), self.ladders.values())

    @lazily
    def performance(self) -> Performance:
        """The performance rules: indicators and scores, ready to compute with."""
        return Performance(self._contents.indicators, self._contents.scores)

    @lazily
    def _changes(self) -> list[date]:
        """Every day on which some rule changes, in order."""
        return sorted({day for rule in self.rules.values() for day in rule.dates()})

    def program(self, subject: str, as_of: date, only: frozenset[str] | None = None) -> Program:
        """The compiled rules of a day; `only` these of them."""
        key = (subject, bisect_right(self._changes, as_of), only)
        found = self._programs.get(key)
        if found is None:
            rules = list(self.rules.values())
            found = Program(rules, subject, as_of, self.resources, only=only)
            self._programs[key] = found
        return found

    def check(
        self,
        listing: Draft,
        *,
        store: Known | None = None,
        as_of: date,
        waivers: Sequence[Waiver] = (),
        fixes: bool = True,
        peers: Sequence[Listing] | None = None,
        not_carried: frozenset[str] = frozenset(),
        seconds: float | None = None,
        at_risk: PointsAtRisk | None = None,
        only: frozenset[str] | None = None,
    ) -> Report:
        """Check one listing by the rules in force on `as_of`.

        `store` adds what is known of the store; `peers` are its other listings (for duplicates; make them `Peers` when
        many listings are checked against the same ones, so that their index is made once). `fixes=False` leaves
        the fixes out. `seconds` bounds the time: rules not begun by then are `not_checked`, and no fix is begun that
        much later. `at_risk`, of a store's ledger, gives every finding its points at risk. `only` these rules are run
        (by id). Raises IntakeError when the input is no listing at all, or `store` no store.
        """
        if type(listing) is not Listing:
            listing = one_listing(listing)
        known = store if store is None or type(store) is Store else _store(store)
        view = View(listing, self.resources, as_of=as_of, store=known, peers=peers, not_carried=not_carried)
        program = self.program("listing", as_of, only)
        if listing.marketplace is not None and listing.marketplace != self.marketplace:
            return Report(program, view, self.ref, is_foreign=True)
        report = self._run(program, view, waivers, fixes, seconds)
        report.at_risk = at_risk
        return report

    def check_store(self, store: Known, *, as_of: date, waivers: Sequence[Waiver] = ()) -> Report:
        """Check what is known of a store itself by the rules whose subject is the store."""
        known = store if type(store) is Store else _store(store)
        view = View(Listing(), self.resources, as_of=as_of, store=known, subject="store")
        return self._run(self.program("store", as_of), view, waivers, False, None)

    def _run(
        self,
        program: Program,
        view: View,
        waivers: Sequence[Waiver],
        fixes: bool,
        seconds: float | None,
    ) -> Report:
        fired: list[Any] = []
        unchecked: list[Any] = []
        failed: list[Any] = []
        try:
            applies = program.applies(view.listing)
        except Exception as error:  # only the rules that depend on the category fail by it
            applies, failed = program.scope_unknown(), program.scope_failed(error)
        deadline = None if seconds is None else perf_counter() + seconds
        late_from = program.run(view, applies, deadline, fired, unchecked, failed)
        return Report(
            program,
            view,
            self.ref,
            fired=fired,
            unchecked=unchecked,
            failed=failed,
            applies=applies,
            late_from=late_from,
            waivers=waivers,
            mender=self._mender if fixes and late_from is None else None,
            seconds=seconds,
        )

    @lazily
    def _mender(self) -> Mender:
        words = {list_id: words.members for list_id, words in self.resources.lists.items()}
        return Mender(self._again, words)

    def _again(self, listing: Listing, view: View) -> Report:
        """The whole pack on a changed listing, everything else being the same: how a fix is verified."""
        changed = View(
            listing,
            self.resources,
            as_of=view.as_of,
            store=view.store,
            peers=view.peers,
            not_carried=view.not_carried,
        )
        return self._run(self.program("listing", view.as_of), changed, (), False, None)

    def check_many(
        self,
        listings: Iterable[Draft],
        *,
        store: Known | None = None,
        as_of: date,
        waivers: Sequence[Waiver] = (),
        fixes: bool = True,
        seconds: float | None = None,
        at_risk: PointsAtRisk | None = None,
    ) -> Iterator[Report]:
        """A report for each listing, in order. Each is compared with the others of the call (duplicates)."""
        known = Peers([item if type(item) is Listing else one_listing(item) for item in listings])
        for listing in known:
            yield self.check(
                listing,
                store=store,
                as_of=as_of,
                waivers=waivers,
                fixes=fixes,
                peers=known,
                seconds=seconds,
                at_risk=at_risk,
            )

    def explain(
        self,
        listing: Draft,
        rule_id: str,
        *,
        store: Known | None = None,
        as_of: date,
        waivers: Sequence[Waiver] = (),
        peers: Sequence[Listing] | None = None,
    ) -> Explanation:
        """Why a rule did or did not fire for a listing. Raises UnknownName for a rule that does not exist."""
        if rule_id not in self.rules:
            raise UnknownName("rule", rule_id, list(self.rules))
        report = self.check(listing, store=store, as_of=as_of, waivers=waivers, fixes=False, peers=peers)
        return report.explain(rule_id)


def _store(given: Any) -> Store:
    """A store from decoded JSON; IntakeError with the place of what does not fit."""
    try:
        return msgspec.convert(given, Store, strict=False)
    except msgspec.ValidationError as error:
        raise IntakeError(f"the store: {error}", f"店铺信息：{error}", code="bad_store") from None


def load_pack(path: str | Path, *, use_cache: bool = True, settings: Mapping[str, Any] | None = None) -> Pack:
    """The pack in the folder `path` (the one with pack.yaml). Raises RulePackError with every fault of every file."""
    folder = Path(path)
    return Pack(read_pack(folder, use_cache=use_cache), folder, settings)
