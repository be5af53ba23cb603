"""Notices → cases: what the platform told us, freed from order of arrival, repeats and contradictions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

import msgspec
from msgspec import Struct

TYPES = ("violation", "decision", "orders")
OUTCOMES = ("reversed", "amended", "confirmed")


class Notice(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One message of the platform about one store.

    violation: the case `case` of the offence `offence` takes its points at the moment `at`. What the platform states
    (`points`, `days` of the freeze) is believed; what it leaves out is worked out by the rules.
    decision: at the moment `at` the case was `reversed` (an appeal upheld), `amended` (to `points`) or `confirmed`.
    orders: so many `orders` at the moment `at`, for ratings that grow by orders; `case` is any id of the message.
    `known`: when we were told. Moments are UTC.
    """

    case: str
    at: datetime
    known: datetime
    type: str = "violation"
    offence: str | None = None
    grade: str | None = None
    products: int = 1
    share: Decimal | None = None  # violating ÷ online products, 0..1
    flags: tuple[str, ...] = ()
    points: Decimal | None = None
    days: int | None = None
    outcome: str | None = None
    orders: int = 0
    listing: str | None = None
    remark: str | None = None
    evidence: tuple[str, ...] = ()

    def content(self) -> str:
        """A digest of what is said, whoever tells it and when: equal for the same message told twice."""
        said = {name: getattr(self, name) for name in self.__struct_fields__ if name != "known"}
        return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()


class Case(Struct, frozen=True):
    """A violation as it stands. `latest`: its points after an amendment; `reversed_at`: undone at that moment."""

    notice: Notice
    latest: Decimal | None = None
    reversed_at: datetime | None = None
    decided: tuple[Notice, ...] = ()

    @property
    def id(self) -> str:
        """The platform's case number."""
        return self.notice.case


class Parked(Struct, frozen=True):
    """A notice that counts for nothing yet, and why. It is kept and shown."""

    notice: Notice
    reason: str


REASONS = {
    "contradictory": {
        "en": "another notice of this case says otherwise and is older; it stands until a decision changes it",
        "zh": "该案件已有更早的通知且内容不同，以较早者为准，直至收到变更决定",
    },
    "unknown_case": {
        "en": "the decision names a case that no notice has told of yet; it counts once that notice arrives",
        "zh": "该决定所指案件尚未收到通知，收到后自动生效",
    },
    "case_reversed": {
        "en": "the case was reversed before; nothing more can be decided on it",
        "zh": "该案件此前已撤销，不再接受新的决定",
    },
    "before_the_case": {
        "en": "the decision is dated before the violation that it decides on",
        "zh": "决定时间早于违规时间",
    },
    "unknown_offence": {
        "en": "no rule of the pack describes this offence; add it, or map the platform's name to one",
        "zh": "规则包中没有该违规类型，请补充规则或映射名称",
    },
    "no_points_known": {
        "en": "the rules hold no points for this offence on that day and the notice states none; state the points",
        "zh": "规则在该日期没有该违规类型的分值，且通知未写明分值；请补充分值",
    },
    "unknown_grade": {
        "en": "the offence has no such grade",
        "zh": "该违规类型没有此等级",
    },
    "from_the_future": {
        "en": "the notice is dated after the moment it was received; check its time zone",
        "zh": "通知时间晚于接收时间，请检查时区",
    },
    "unknown_listing": {
        "en": "the store has no listing of this id; import it, or accept the notice as it is",
        "zh": "店铺没有该商品；请先导入商品，或确认按原样受理",
    },
    "unknown_outcome": {
        "en": f"the decision names no known outcome; use one of {', '.join(OUTCOMES)}",
        "zh": f"决定结果未知；可用：{'、'.join(OUTCOMES)}",
    },
}  # fmt: skip
"""Why a notice is parked, in both languages."""


class Settled(Struct, frozen=True):
    """The cases by moment and number, orders by moment, and what is parked."""

    cases: tuple[Case, ...]
    orders: tuple[Notice, ...]
    parked: tuple[Parked, ...]


def settle(notices: Iterable[Notice], known_as_of: datetime | None = None) -> Settled:
    """What a set of notices says, whatever their order; `known_as_of` leaves out what was told later.

    Told twice is told once. Of two violation notices of one case that differ the older stands (then the one with the
    smaller digest), the other is parked. Decisions take effect in the order of their own moments.
    """
    groups: dict[str, list[Notice]] = {}
    orders: dict[str, Notice] = {}
    for notice in notices:
        if known_as_of is not None and notice.known > known_as_of:
            continue
        if notice.type == "orders":
            orders[notice.content()] = notice
        else:
            groups.setdefault(notice.case, []).append(notice)
    cases: list[Case] = []
    parked: list[Parked] = []
    for group in groups.values():
        if len(group) == 1 and group[0].type == "violation":
            cases.append(Case(group[0]))
        else:
            _settle_case(group, cases, parked)
    cases.sort(key=lambda case: (case.notice.at, case.notice.case))
    parked.sort(key=lambda entry: (entry.notice.at, entry.notice.case, entry.notice.content()))
    return Settled(tuple(cases), tuple(sorted(orders.values(), key=lambda n: (n.at, n.case))), tuple(parked))


def _settle_case(group: Sequence[Notice], cases: list[Case], parked: list[Parked]) -> None:
    said = {notice.content(): notice for notice in sorted(group, key=lambda n: n.known, reverse=True)}
    ranked = sorted(said.items(), key=lambda item: (item[1].at, item[0]))
    violations = [notice for _, notice in ranked if notice.type == "violation"]
    decisions = [notice for _, notice in ranked if notice.type == "decision"]
    if not violations:
        parked += [Parked(notice, "unknown_case") for notice in decisions]
        return
    notice, *others = violations
    parked += [Parked(other, "contradictory") for other in others]
    latest: Decimal | None = None
    reversed_at: datetime | None = None
    taken = []
    for decision in decisions:
        reason = _refused(decision, notice, reversed_at)
        if reason is not None:
            parked.append(Parked(decision, reason))
            continue
        taken.append(decision)
        if decision.outcome == "reversed":
            reversed_at = decision.at
        elif decision.outcome == "amended":
            latest = decision.points
    cases.append(Case(notice, latest, reversed_at, tuple(taken)))


def _refused(decision: Notice, violation: Notice, reversed_at: datetime | None) -> str | None:
    if decision.outcome not in OUTCOMES:
        return "unknown_outcome"
    if reversed_at is not None:
        return "case_reversed"
    return "before_the_case" if decision.at < violation.at else None


def day_in_words(day: date | datetime) -> str:
    """A day as messages show it."""
    return day.isoformat()[:10]
