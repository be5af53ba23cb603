"""Keep the findings of a catalogue up to date: after an edit only what it touches is checked again.

A listing's own rules read the listing; what they read besides (the store's facts, the listings beside it) each feature
and collection declares as `beside`. So after the edit of a listing its own rules run, and on listings whose neighbours
are others than before, or were edited, the rules that compare; after a change of the store the rules that read what
changed; after a change of the rules those whose behaviour is another. The result is that of a full run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, MutableMapping
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from engine.duplicates.neighbours import Neighbours, keys_of
from engine.facts import Listing, Store
from engine.loading.lock import behaviour

if TYPE_CHECKING:
    from engine.pack import Pack

PEERS = "peers"
"""What a collection reads that compares a listing with others."""

_encode = msgspec.json.Encoder(decimal_format="string").encode
Found = dict[str, tuple[bytes, ...]]
"""Rule → its findings in the published shape, as JSON."""


def reading(pack: Pack, as_of: date, what: Collection[str]) -> frozenset[str]:
    """The live rules that read one of these besides the listing: "peers", "store.approved_brands" …"""
    wanted = frozenset(what)
    return frozenset(
        bound.rule.id for bound in pack.program("listing", as_of).rules if not wanted.isdisjoint(bound.beside)
    )


class Upkeep:
    """The findings of numbered listings. `listings` may be any mapping, also one that reads them from elsewhere.

    `index` is given when it was kept from an earlier day; else it is made.
    """

    def __init__(
        self,
        pack: Pack,
        listings: MutableMapping[int, Listing],
        *,
        as_of: date,
        store: Store | None = None,
        index: Neighbours | None = None,
    ) -> None:
        self.pack = pack
        self.listings = listings
        self.as_of = as_of
        self.store = store
        self.index = Neighbours.of_listings(listings.items()) if index is None else index
        self.findings: dict[int, Found] = {}

    def full(self) -> None:
        """Check everything."""
        self.findings = {}
        self._check(self.listings, None)

    def edit(self, number: int, listing: Listing | None) -> frozenset[int]:
        """Put a listing in place of the one with this number (None: it is gone); what was checked again."""
        before = self.listings.get(number)
        old = () if before is None else keys_of(before)
        new = () if listing is None else keys_of(listing)
        near = set() if before is None else self._of_whom(number, old)
        touched = self.index.change(number, old, new)
        if listing is None:
            self.listings.pop(number, None)
            self.findings.pop(number, None)
        else:
            self.listings[number] = listing
            near |= self._of_whom(number, new)
            self._check((number,), None)
        touched |= near
        touched.discard(number)
        self._check(touched, reading(self.pack, self.as_of, (PEERS,)))
        return frozenset(touched if listing is None else {number, *touched})

    def change_store(self, store: Store | None) -> frozenset[str]:
        """The store's facts are others (an authorisation came or lapsed, say); the rules that ran again."""
        before, self.store = self.store, store
        names = [field.name for field in msgspec.structs.fields(Store)]
        changed = [f"store.{name}" for name in names if getattr(before, name, None) != getattr(store, name, None)]
        rules = reading(self.pack, self.as_of, changed)
        self._check(self.listings, rules)
        return rules

    def change_rules(self, pack: Pack) -> frozenset[str]:
        """The pack is another; the rules that came, went or behave otherwise, which alone ran again."""
        before, after = _behaviours(self.pack, self.as_of), _behaviours(pack, self.as_of)
        changed = frozenset(rule for rule in {*before, *after} if before.get(rule) != after.get(rule))
        self.pack = pack
        if changed:
            self._check(self.listings, changed)
        return changed

    def _of_whom(self, number: int, keys: Iterable[int]) -> set[int]:
        """Those that have this listing as a neighbour, or had it."""
        return self.index.around(number, list(keys))

    def _check(self, numbers: Iterable[int], rules: frozenset[str] | None) -> None:
        """Check some listings by some rules (None: all) and take over what they find."""
        if rules is not None and not rules:
            return
        for number in list(numbers):
            listing = self.listings.get(number)
            if listing is None:
                continue
            near = self.index.of_number(number, keys_of(listing))
            peers = [other for one in near if (other := self.listings.get(one)) is not None]
            report = self.pack.check(listing, store=self.store, as_of=self.as_of, peers=peers, fixes=False, only=rules)
            found: dict[str, list[bytes]] = {}
            for finding in report.bare_findings:
                found.setdefault(finding.rule, []).append(_encode(finding.to_dict()))
            kept: Found = {}
            if rules is not None:
                kept = {rule: own for rule, own in self.findings.get(number, {}).items() if rule not in rules}
            kept |= {rule: tuple(own) for rule, own in found.items()}
            self.findings[number] = dict(sorted(kept.items()))


def _behaviours(pack: Pack, as_of: date) -> Mapping[str, str]:
    live = pack.program("listing", as_of).rules
    return {bound.rule.id: f"{behaviour(bound.rule)} {bound.fault}" for bound in live}
