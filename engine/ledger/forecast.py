"""What comes next: points on every future day, the next lapse, when a further case is harmless, and what-ifs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from engine.ledger import times
from engine.ledger.book import Ledger, next_lapse, number, shown, stamp
from engine.ledger.booking import book
from engine.ledger.notices import Case, Notice
from engine.ledger.timeline import Change, Timeline, crossed, timelines
from engine.model.offence import OffenceRule

LAST = "\U0010ffff"
"""Sorts a supposed case after every real one of the same moment."""


def points_on(pool: Timeline, day: date) -> Decimal:
    """The balance at the end of a platform day, if nothing more happens."""
    return pool.balance(times.start_of(day + timedelta(days=1), pool.rule.timezone) - timedelta(microseconds=1))


def changes_after(pool: Timeline, as_of: datetime) -> list[Change]:
    """Every later change that is already certain."""
    return [change for change in pool.changes if change.at > as_of and change.before_all != change.after]


def forecast(ledger: Ledger, as_of: datetime, *, daily: int = 0) -> dict[str, Any]:
    """For every pool: each day on which the balance will change, the next lapse, the last day; `daily` lists days."""
    pools = []
    for ladder_id, pool in ledger.pools.items():
        zone = pool.rule.timezone
        lapse = next_lapse(pool, as_of)
        entry: dict[str, Any] = {
            "ladder": ladder_id,
            "balance": number(pool.balance(as_of)),
            "changes": [
                {
                    "at": stamp(change.at),
                    "day": times.local_day(change.at, zone).isoformat(),
                    "balance": number(change.after),
                    "step": _step_id(pool, change.at),
                }
                for change in changes_after(pool, as_of)
            ],
            "next_lapse": None if lapse is None else {"at": stamp(lapse[0]), "points": number(lapse[1])},
        }
        if daily:
            today = times.local_day(as_of, zone)
            days = [today + timedelta(days=index) for index in range(daily)]
            entry["days"] = [{"day": day.isoformat(), "balance": number(points_on(pool, day))} for day in days]
        pools.append(entry)
    return {"as_of": stamp(as_of), "pools": pools}


def harmless_from(pool: Timeline, as_of: datetime, points: Decimal) -> datetime | None:
    """The first moment from which a further case of so many points brings nothing worse than a warning.

    None: not even a record that is empty by then bears it. Only what is certain today counts: lapses, not new cases.
    """
    for moment in (as_of, *(change.at for change in changes_after(pool, as_of))):
        terms, balance = pool.terms(moment), pool.balance(moment)
        after = balance - points if terms.deducts else balance + points
        harmful = any(
            crossed(terms, step, balance, after)
            for step in terms.steps
            if any(measure.action != "warning" for measure in step.step.actions)
        )
        if not harmful:
            return moment
    return None


def what_if(ledger: Ledger, as_of: datetime, supposed: Sequence[Notice]) -> dict[str, Any]:
    """The pools before and after some supposed notices of the moment `as_of`, and the enforcement they would bring."""
    cases = sorted((*ledger.cases, *map(Case, supposed)), key=lambda case: (case.notice.at, case.id))
    booked = book(cases, ledger.regime)
    ids = {notice.case for notice in supposed}
    new = [entry for entry in booked.entries if entry.case in ids]
    moment = max((as_of, *(entry.at for entry in new)))  # points that are issued once a week count later
    after = timelines(ledger.regime, booked.entries, ledger.orders, ledger.pools)
    pools = []
    for ladder_id, pool in after.items():
        if pool is ledger.pools[ladder_id]:  # nothing of it would change
            continue
        before, now = ledger.pools[ladder_id].balance(moment), pool.balance(moment)
        known = set(ledger.pools[ladder_id].enforcement)
        brings = [e for e in pool.enforcement if e not in known and e.start >= as_of]
        if before != now or brings:
            pools.append(
                {
                    "ladder": ladder_id,
                    "from": number(before),
                    "to": number(now),
                    "step": _step_id(pool, moment),
                    "enforcement": [shown(enforcement) for enforcement in brings],
                }
            )
    booked_now = [
        {"offence": one.offence, "points": number(one.points), "ladder": one.ladder, "reasons": list(one.reasons)}
        for one in new
    ]
    return {"as_of": stamp(as_of), "pools": pools, "entries": booked_now}


def supposed_case(rule: OffenceRule, grade: str, as_of: datetime, *, products: int = 1, name: str = "") -> Notice:
    """A notice that is not real: what a further case of an offence would say."""
    return Notice(case=LAST + name, at=as_of, known=as_of, offence=rule.id, grade=grade, products=products)


def if_confirmed(
    ledger: Ledger, as_of: datetime, findings: Iterable[tuple[str, str]], online_products: int | None = None
) -> dict[str, Any]:
    """What would happen if the platform confirmed all open findings, given as (code, listing id), at one moment.

    Each listing is one case of its offence; where an offence costs points per product, its listings are one case with
    so many products and their share of the catalogue.
    """
    listings: dict[tuple[str, str], set[str]] = {}
    rules: Mapping[str, OffenceRule] = ledger.regime.by_code
    for code, listing in findings:
        rule = rules.get(code)
        if rule is not None:
            listings.setdefault((rule.id, rule.codes[code]), set()).add(listing)
    supposed: list[Notice] = []
    for (offence, grade), found in sorted(listings.items()):
        rule = ledger.regime.offences[offence]
        if any(one.per == "product" for one in rule.grades):
            share = Decimal(len(found)) / online_products if online_products else None
            notice = Notice(
                case=f"{LAST}{offence}", at=as_of, known=as_of, offence=offence, grade=grade,
                products=len(found), share=share,
            )  # fmt: skip
            supposed.append(notice)
        else:
            supposed += [
                Notice(
                    case=f"{LAST}{offence}{listing}",
                    at=as_of,
                    known=as_of,
                    offence=offence,
                    grade=grade,
                    listing=listing,
                )
                for listing in sorted(found)
            ]
    return what_if(ledger, as_of, supposed)


def _step_id(pool: Timeline, at: datetime) -> str | None:
    step = pool.step(at)
    return step.step.id if step is not None else None
