"""A catalogue in Arrow batches: listings in, findings out, by the same evaluator as a single check.

    kernel = Kernel(pack, as_of=day)
    for batch in kernel.run(batches): ...         # the same in a process pool and in Spark's mapInArrow

A row of the answer is one finding (`result` "fail"), an accepted one ("waived"), a rule that crashed ("error"), or a
value that could not be read ("unread"). `row` counts the listings of the input from 0. What is the same in every
finding of a rule (title, source, parameters) is not repeated in the rows; `documents` puts it back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from engine.evaluate.report import Waiver
from engine.facts import Listing, Store
from engine.findings import Location, Mode
from engine.intake.arrow import Reader, Trouble

if TYPE_CHECKING:
    import pyarrow as pa

    from engine.evaluate.finding import Finding
    from engine.pack import Pack

FAIL, WAIVED, ERROR, UNREAD = "fail", "waived", "error", "unread"
ROWS = 1000
"""Listings that are held as Python values at a time."""

_encode = msgspec.json.Encoder(decimal_format="string").encode


@cache
def schema() -> pa.Schema:
    """The schema of the findings."""
    import pyarrow as pa

    place = pa.struct([("pointer", pa.string()), ("start", pa.int64()), ("end", pa.int64()), ("text", pa.string())])
    text = ("rule", "code", "severity", "confidence", "mode", "section", "fingerprint", "message_en", "message_zh")
    return pa.schema(
        [
            ("row", pa.int64()),
            ("listing", pa.string()),
            ("store", pa.string()),
            ("result", pa.string()),
            *((name, pa.string()) for name in text),
            ("revision", pa.int32()),
            ("locations", pa.list_(place)),
            ("evidence", pa.string()),
        ]
    )


class Tally(Struct):
    """Counts of what a kernel has seen. `not_checked`: rule → listings on which it could not be decided."""

    listings: int = 0
    invalid: int = 0
    clean: int = 0
    results: dict[str, int] = {}
    codes: dict[str, int] = {}
    severities: dict[str, int] = {}
    not_checked: dict[str, int] = {}

    def add(self, other: Tally) -> None:
        """Take in the counts of another part."""
        self.listings += other.listings
        self.invalid += other.invalid
        self.clean += other.clean
        for name in ("results", "codes", "severities", "not_checked"):
            mine = Counter(getattr(self, name))
            mine.update(getattr(other, name))
            setattr(self, name, dict(sorted(mine.items())))


class Kernel:
    """Checks batches of listings. `tally` holds the counts of all batches so far.

    `not_carried` are fields that the source of the listings has no place for; `first` is the number of its first row;
    `peers`: row → the other listings to compare it with (None: no listing is compared with any).
    One kernel serves one stream.
    """

    def __init__(
        self,
        pack: Pack,
        *,
        as_of: date,
        store: Store | None = None,
        waivers: Sequence[Waiver] = (),
        not_carried: frozenset[str] = frozenset(),
        hidden: frozenset[str] = frozenset(),
        first: int = 0,
        peers: Mapping[int, Sequence[Listing]] | None = None,
    ) -> None:
        self.tally = Tally()
        self.row = first
        self._check = partial(
            pack.check, store=store, as_of=as_of, waivers=waivers, not_carried=not_carried, fixes=False
        )
        self._hidden = hidden
        self._peers = peers
        self._reader: Reader | None = None
        self._undecided: Counter[frozenset[str]] = Counter()

    def run(self, batches: Iterable[pa.RecordBatch], *, where: str = "") -> Iterator[pa.RecordBatch]:
        """A batch of findings for each batch of listings (of at most `ROWS`)."""
        for batch in batches:
            if self._reader is None:
                self._reader = Reader(batch.schema, where)
            for start in range(0, len(batch), ROWS):
                part = batch.slice(start, ROWS)
                found = self._reader.read(part)
                table = Found()
                for trouble in found.troubles:
                    table.unread(self.row + trouble.row, found.listings[trouble.row], trouble)
                self.check(found.listings, table)
                yield table.batch()
        self.settle()

    def check(self, listings: Sequence[Listing], table: Found, skip: Collection[int] = ()) -> None:
        """Check some listings in turn (those at `skip` left out) and write what was found."""
        for at, listing in enumerate(listings):
            try:
                if at not in skip:
                    self._one(listing, table)
            except Exception as error:  # one listing must not stop a million; the row says so
                self.tally.listings += 1
                table.error(self.row, listing, None, f"{type(error).__name__}: {error}"[:200])
            self.row += 1
        self._count(table)

    def settle(self) -> None:
        """Complete the counts."""
        for rules, count in self._undecided.items():
            for rule in rules:
                self.tally.not_checked[rule] = self.tally.not_checked.get(rule, 0) + count
        self.tally.not_checked = dict(sorted(self.tally.not_checked.items()))
        self._undecided.clear()

    def _one(self, listing: Listing, table: Found) -> None:
        report = self._check(listing, peers=None if self._peers is None else self._peers.get(self.row, ()))
        found = [finding for finding in report.bare_findings if finding.mode not in self._hidden]
        for finding in found:
            table.finding(self.row, listing, finding, FAIL)
        for finding in report.waived:
            table.finding(self.row, listing, finding, WAIVED)
        for error in report.errors:
            table.error(self.row, listing, error.rule, error.cause)
        tally = self.tally
        tally.listings += 1
        tally.clean += not found
        tally.invalid += any(finding.mode == Mode.BLOCK for finding in found)
        self._undecided[report.undecided()] += 1

    def _count(self, table: Found) -> None:
        failed = [at for at, result in enumerate(table.result) if result == FAIL]
        pairs = (
            ("results", table.result),
            ("codes", [table.code[at] for at in failed]),
            ("severities", [table.severity[at] for at in failed]),
        )
        for name, values in pairs:
            counts = Counter(getattr(self.tally, name))
            counts.update(values)
            setattr(self.tally, name, dict(sorted(counts.items())))


def catalogue(
    batches: Iterable[pa.RecordBatch], pack: Pack, *, as_of: date, store: Store | None = None
) -> Iterator[pa.RecordBatch]:
    """Batches of listings → batches of findings."""
    return Kernel(pack, as_of=as_of, store=store).run(batches)


class Found:
    """Rows of findings, column by column."""

    def __init__(self) -> None:
        self.row: list[int] = []
        self.listing: list[str | None] = []
        self.store: list[str | None] = []
        self.result: list[str] = []
        self.rule: list[str | None] = []
        self.code: list[str | None] = []
        self.severity: list[str | None] = []
        self.confidence: list[str | None] = []
        self.mode: list[str | None] = []
        self.section: list[str | None] = []
        self.fingerprint: list[str | None] = []
        self.message_en: list[str] = []
        self.message_zh: list[str] = []
        self.revision: list[int | None] = []
        self.locations: list[Sequence[Location]] = []
        self.evidence: list[str | None] = []

    def finding(self, row: int, listing: Listing, finding: Finding, result: str) -> None:
        """A finding."""
        rule = finding.bound.rule
        message = finding.message
        # Everything is worked out before anything is written: a crash leaves no half row.
        known = (finding.fingerprint, finding.locations, _encode(finding.evidence).decode())
        self._begin(row, listing, result, message["en"], message["zh"])
        self.rule.append(rule.id)
        self.code.append(rule.code)
        self.severity.append(rule.severity)
        self.confidence.append(rule.confidence)
        self.mode.append(rule.mode)
        self.section.append(rule.section)
        self.revision.append(rule.revision)
        self.fingerprint.append(known[0])
        self.locations.append(known[1])
        self.evidence.append(known[2])

    def error(self, row: int, listing: Listing, rule: str | None, cause: str) -> None:
        """A rule that crashed; None when the whole listing did."""
        self._other(row, listing, ERROR, rule, (), cause, cause)

    def unread(self, row: int, listing: Listing, trouble: Trouble) -> None:
        """A value that could not be read."""
        self._other(row, listing, UNREAD, None, (Location(trouble.pointer),), trouble.en, trouble.zh)

    def _other(
        self, row: int, listing: Listing, result: str, rule: str | None, places: Sequence[Location], en: str, zh: str
    ) -> None:
        self._begin(row, listing, result, en, zh)
        self.rule.append(rule)
        self.locations.append(places)
        rest: tuple[list[Any], ...] = (
            self.code, self.severity, self.confidence, self.mode, self.section, self.fingerprint, self.revision,
            self.evidence,
        )  # fmt: skip
        for column in rest:
            column.append(None)

    def _begin(self, row: int, listing: Listing, result: str, en: str, zh: str) -> None:
        self.row.append(row)
        self.listing.append(listing.id)
        self.store.append(listing.store_id)
        self.result.append(result)
        self.message_en.append(en)
        self.message_zh.append(zh)

    def batch(self) -> pa.RecordBatch:
        """The rows as a batch."""
        import pyarrow as pa

        wanted = schema()
        arrays = [
            self._places() if field.name == "locations" else pa.array(getattr(self, field.name), field.type)
            for field in wanted
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=wanted)

    def _places(self) -> Any:
        import pyarrow as pa

        flat = [place for places in self.locations for place in places]
        ends = [0]
        for places in self.locations:
            ends.append(ends[-1] + len(places))
        item = schema().field("locations").type.value_type
        parts = [pa.array([getattr(place, field.name) for place in flat], field.type) for field in item]
        return pa.ListArray.from_arrays(
            pa.array(ends, pa.int32()), pa.StructArray.from_arrays(parts, fields=list(item))
        ).cast(schema().field("locations").type)


def documents(rows: pa.RecordBatch | pa.Table, pack: Pack, *, as_of: date) -> Iterator[dict[str, Any]]:
    """The findings of some rows in the published shape, as `Finding.to_dict` gives them; other results as they are."""
    program = pack.program("listing", as_of)
    constants = {bound.rule.id: _constant(bound) for bound in program.rules}
    for row in rows.to_pylist():
        if row["result"] not in (FAIL, WAIVED):
            yield {
                "result": row["result"],
                "rule": row["rule"],
                "subject": {"type": "listing", "id": row["listing"]},
                "locations": [_place(place) for place in row["locations"]],
                "message": {"en": row["message_en"], "zh": row["message_zh"]},
            }
            continue
        title, params, source = constants[row["rule"]]
        yield {
            "id": f"{row['rule']}-{row['fingerprint'][3:15]}",
            "fingerprint": row["fingerprint"],
            "rule": row["rule"],
            "revision": row["revision"],
            "code": row["code"],
            "result": row["result"],
            "severity": row["severity"],
            "confidence": row["confidence"],
            "mode": row["mode"],
            "section": row["section"],
            "subject": {"type": "listing", "id": row["listing"]},
            "title": title,
            "locations": [_place(place) for place in row["locations"]],
            "message": {"en": row["message_en"], "zh": row["message_zh"]},
            "evidence": msgspec.json.decode(row["evidence"]),
            "params": params,
            "source": source,
            "points_at_risk": None,
            "fixes": [],
            "as_of": as_of.isoformat(),
        }


def _constant(bound: Any) -> tuple[Mapping[str, str], Mapping[str, Any], Sequence[Mapping[str, Any]]]:
    from engine.evaluate.wording import plain

    rule = bound.rule
    source = [{"id": s.id, "publisher": s.publisher, "clause": s.clause, "url": s.url} for s in rule.sources]
    return dict(rule.title), {name: plain(value) for name, value in bound.parameters.items()}, source


def _place(place: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in place.items() if value is not None}
