"""Cases → entries: first-offence leniency, windows that count once, caps, bands, repeats. A pure function of the cases.

A case is decided by those before it in time, so that a notice that arrives late may change the entries of later cases;
the journal then reverses and books anew. A reversed case never was: it lends no leniency and fills no cap.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct

from engine.ledger import times
from engine.ledger.notices import Case, Notice, Parked
from engine.ledger.regime import GradeTerms, LadderTerms, OffenceTerms, Regime
from engine.model.ladder import WEEKDAYS

NONE = Decimal(0)


class Entry(Struct, frozen=True, omit_defaults=True):
    """Points of one case in one pool, from `at` until `lapses`. `original` is before any amendment by an appeal.

    `reasons` say how the points came about: first_free, counted_once, capped, raised, multiplied, stated, amended,
    assumed_most, share_not_known. `step` is a step that the case reaches at once, `days` what the record states.
    """

    case: str
    offence: str
    revision: int
    ladder: str
    at: datetime
    points: Decimal
    original: Decimal
    grade: str
    occurrence: int
    occurred: datetime
    lapses: datetime | None = None
    step: str | None = None
    days: int | None = None
    reasons: tuple[str, ...] = ()
    listing: str | None = None
    evidence: tuple[str, ...] = ()


class Booked(Struct, frozen=True):
    """The entries by moment and case, and the notices that no rule could book."""

    entries: tuple[Entry, ...]
    parked: tuple[Parked, ...]


@dataclass(slots=True)
class _Family:
    """What the earlier cases of a family leave behind."""

    firsts: list[datetime] = field(default_factory=list)  # moments of the cases that opened a group
    until: datetime | None = None  # the group is open until then
    occurrence: int = 0
    booked: Decimal = NONE  # in the open group
    months: dict[tuple[int, int], dict[str, int]] = field(default_factory=dict)


def book(cases: Iterable[Case], regime: Regime) -> Booked:
    """The entries of the cases that were not reversed."""
    families: dict[str, _Family] = {}
    taken: dict[str, dict[date, Decimal]] = {}  # family → day → points, for the caps of a day
    entries: list[Entry] = []
    parked: list[Parked] = []
    for case in cases:
        notice = case.notice
        rule = regime.offences.get(notice.offence or "")
        if rule is None:
            parked.append(Parked(notice, "unknown_offence"))
            continue
        if notice.grade is not None and notice.grade not in regime.grades[rule.id]:
            parked.append(Parked(notice, "unknown_grade"))
            continue
        if case.reversed_at is not None:
            continue
        zone = regime.ladders[rule.ladder].timezone
        day = times.local_day(notice.at, zone)
        terms = regime.offence(rule.id, day)
        ladder = regime.ladder(rule.ladder, day)
        if terms is not None:
            family = families.setdefault(rule.id if rule.counts == "own" else f"family {rule.family}", _Family())
            days = taken.setdefault(rule.family, {})
            entries.append(_Booking(case, terms, ladder, family, days, day, zone).entry())
        elif notice.points is not None:
            grade = notice.grade or rule.grades[0].id
            entries.append(
                _entry(case, rule.id, rule.revision, ladder, zone, notice.points, grade, 1, ("stated",), None)
            )
        else:
            parked.append(Parked(notice, "no_points_known"))
    entries.sort(key=lambda entry: (entry.at, entry.case))
    return Booked(tuple(entries), tuple(parked))


class _Booking:
    """One case among the earlier ones of its family."""

    def __init__(
        self,
        case: Case,
        terms: OffenceTerms,
        ladder: LadderTerms,
        family: _Family,
        days: dict[date, Decimal],
        day: date,
        zone: str,
    ) -> None:
        self._case = case
        self._notice = case.notice
        self._terms = terms
        self._ladder = ladder
        self._family = family
        self._days = days
        self._day = day
        self._zone = zone
        self._reasons: list[str] = []

    def entry(self) -> Entry:
        """The case's entry; the family then knows of it."""
        grade = self._grade()
        joins = self._joins()
        occurrence = self._occurrence(joins)
        points = self._points(grade, occurrence, joins)
        case, family = self._case, self._family
        latest = points
        if case.latest is not None:
            latest = case.latest
            self._reasons.append("amended")
        family.booked += latest
        self._days[self._day] = self._days.get(self._day, NONE) + latest
        rule = self._terms.rule
        return _entry(
            case, rule.id, rule.revision, self._ladder, self._zone, points, grade.id, occurrence,
            tuple(self._reasons), grade.step,
        )  # fmt: skip

    def _grade(self) -> GradeTerms:
        """The grade the case is taken as: as stated, raised by size, then by how many in the month."""
        terms, notice = self._terms, self._notice
        committed = terms.grades[notice.grade] if notice.grade else terms.grades[terms.order[0]]
        for entry in terms.raises:
            if entry.cases_from is None and self._is_raised(entry.products_above, entry.share_from, entry.flag):
                committed = max(committed, terms.grades[entry.to], key=lambda grade: grade.rank)
        if terms.month_start is None:
            return self._note_raise(committed)
        month = self._family.months.setdefault(times.month_of(self._day, terms.month_start), {})
        month[committed.id] = month.get(committed.id, 0) + 1
        taken = committed
        for entry in terms.raises:
            if entry.cases_from is not None and month.get(entry.of or "", 0) >= entry.cases_from:
                taken = max(taken, terms.grades[entry.to], key=lambda grade: grade.rank)
        return self._note_raise(taken)

    def _note_raise(self, taken: GradeTerms) -> GradeTerms:
        stated = self._notice.grade or self._terms.order[0]
        if taken.id != stated:
            self._reasons.append("raised")
        return taken

    def _is_raised(self, products: Decimal | None, share: Decimal | None, flag: str | None) -> bool:
        notice = self._notice
        if products is not None:
            return notice.products > products
        if share is not None:
            if notice.share is None and "share_not_known" not in self._reasons:
                self._reasons.append("share_not_known")
            return notice.share is not None and notice.share >= share
        return flag in notice.flags

    def _joins(self) -> bool:
        """Whether the case counts as one with the group that is open."""
        family = self._family
        if family.until is not None and self._notice.at < family.until:
            self._reasons.append("counted_once")
            return True
        return False

    def _occurrence(self, joins: bool) -> int:
        """The how-manieth case this is, counting a group once; opens a new group unless it joins one."""
        family, terms, at = self._family, self._terms, self._notice.at
        if joins:
            return family.occurrence
        if terms.memory is None:
            earlier = len(family.firsts)
        else:
            earlier = sum(times.plus_days(first, terms.memory, self._zone) > at for first in family.firsts)
        family.firsts.append(at)
        family.occurrence = earlier + 1
        family.booked = NONE
        opens = terms.once_days is not None and (not terms.once_first or earlier == 0)
        family.until = times.plus_days(at, terms.once_days or 0, self._zone) if opens else None
        return family.occurrence

    def _points(self, grade: GradeTerms, occurrence: int, joins: bool) -> Decimal:
        notice, terms, family = self._notice, self._terms, self._family
        if notice.points is not None:
            self._reasons.append("stated")
            return notice.points
        if not grade.points:
            return NONE
        points = grade.points[min(occurrence, len(grade.points)) - 1]
        if points == 0 and any(grade.points):
            self._reasons.append("first_free")
        if grade.at_most:
            self._reasons.append("assumed_most")
        if grade.per_product:
            points *= notice.products
        for factor, flag, cases_from in terms.multiplies if not grade.at_most else ():
            if flag in notice.flags if flag is not None else occurrence >= (cases_from or 0):
                points *= factor
                self._reasons.append("multiplied")
        if joins:
            points = max(NONE, points - family.booked)
        if terms.cap is not None and points > (room := max(NONE, terms.cap - self._days.get(self._day, NONE))):
            self._reasons.append("capped")
            points = room
        return points


def _entry(
    case: Case,
    offence: str,
    revision: int,
    ladder: LadderTerms,
    zone: str,
    points: Decimal,
    grade: str,
    occurrence: int,
    reasons: tuple[str, ...],
    step: str | None,
) -> Entry:
    notice = case.notice
    at = issued(notice, ladder, zone)
    return Entry(
        case=notice.case,
        offence=offence,
        revision=revision,
        ladder=ladder.rule.id,
        at=at,
        points=points if case.latest is None else case.latest,
        original=points,
        grade=grade,
        occurrence=occurrence,
        occurred=notice.at,
        lapses=lapse_of(at, ladder, zone),
        step=step,
        days=notice.days,
        reasons=reasons,
        listing=notice.listing,
        evidence=notice.evidence,
    )


def issued(notice: Notice, ladder: LadderTerms, zone: str) -> datetime:
    """When the points are taken: at once, or on the weekday on which the platform issues them."""
    if ladder.issue is None:
        return notice.at
    return times.next_weekday(notice.at, WEEKDAYS.index(ladder.issue), zone)


def lapse_of(at: datetime, ladder: LadderTerms, zone: str) -> datetime | None:
    """When an entry of a moment lapses."""
    if ladder.rule.lapse == "days" and ladder.life is not None:
        return times.plus_days(at, ladder.life, zone)
    if ladder.rule.lapse == "calendar" and ladder.reset is not None:
        return times.quarter_reset(at, ladder.reset, zone)
    return None


def live(entries: Sequence[Entry], as_of: datetime) -> list[Entry]:
    """The entries that count at a moment."""
    return [entry for entry in entries if entry.at <= as_of and (entry.lapses is None or as_of < entry.lapses)]
