"""Sums over periods, series, shares of traffic, and the bulk load of business analytics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from store_model.analytics import AMOUNTS, COUNTS, WHOLE_STORE, Benchmark, DailyMetric, HourlyMetric, TrafficSource
from store_model.tenancy import scoped_insert

COLUMNS = (*COUNTS, *AMOUNTS)
CHUNK = 2_000

GRANULARITIES = ("day", "week", "month")


def upsert_daily(session: Session, store_id: int, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write days: `day`, `product_platform_id` ("" is the whole store) and any of `COLUMNS`. How many were written.

    A day that is there already takes the given values; what a row does not give stays. The same again changes nothing.
    """
    return _upsert(session, DailyMetric, store_id, rows, ("product_platform_id", "day"), COLUMNS)


def upsert_hourly(session: Session, store_id: int, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write hours of the whole store: `hour` and any of `COLUMNS`."""
    return _upsert(session, HourlyMetric, store_id, rows, ("hour",), COLUMNS)


SOURCE_COLUMNS = ("visitors", "page_views", "paid_orders", "paid_buyers", "paid_amount")


def upsert_sources(session: Session, store_id: int, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write what sources of traffic brought: `day`, `source` and any of `SOURCE_COLUMNS`."""
    return _upsert(session, TrafficSource, store_id, rows, ("day", "source"), SOURCE_COLUMNS)


def upsert_benchmarks(session: Session, store_id: int, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write what others reach: `day`, `group`, `metric`, `value`."""
    return _upsert(session, Benchmark, store_id, rows, ("group", "metric", "day"), ("value",))


def _upsert(
    session: Session,
    table: Any,
    store_id: int,
    rows: Iterable[Mapping[str, Any]],
    key: Sequence[str],
    columns: Sequence[str],
) -> int:
    """Rows that give the same columns go in one statement; of two with one key the later counts."""
    by_columns: dict[tuple[str, ...], dict[tuple[Any, ...], dict[str, Any]]] = {}
    written = 0
    for row in rows:
        given = tuple(name for name in columns if name in row)
        kept = by_columns.setdefault(given, {})
        kept[tuple(row[name] for name in key)] = {name: row[name] for name in (*key, *given)} | {"store_id": store_id}
        if len(kept) >= CHUNK:
            written += _write(session, table, list(kept.values()), key, given)
            kept.clear()
    return written + sum(
        _write(session, table, list(kept.values()), key, given) for given, kept in by_columns.items() if kept
    )


def _write(session: Session, table: Any, rows: list[dict[str, Any]], key: Sequence[str], given: Sequence[str]) -> int:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table)  # type: ignore[attr-defined]
    unique = ["entity_id", "store_id", *key]
    statement = (
        statement.on_conflict_do_update(
            index_elements=unique, set_={name: getattr(statement.excluded, name) for name in given}
        )
        if given
        else statement.on_conflict_do_nothing(index_elements=unique)
    )
    scoped_insert(session, statement, rows)
    return len(rows)


def totals(session: Session, store_id: int, since: date, until: date, product: str = WHOLE_STORE) -> dict[str, Any]:
    """The sum of each column over the days from `since` to before `until`, and `days`: how many days are known."""
    row = session.execute(
        select(func.count(), *[func.sum(getattr(DailyMetric, name)) for name in COLUMNS]).where(
            DailyMetric.store_id == store_id,
            DailyMetric.product_platform_id == product,
            DailyMetric.day >= since,
            DailyMetric.day < until,
        )
    ).one()
    return {"days": row[0], **dict(zip(COLUMNS, row[1:], strict=True))}


def series(
    session: Session, store_id: int, since: date, until: date, granularity: str, product: str = WHOLE_STORE
) -> list[dict[str, Any]]:
    """Sums of each column by day, week (from Monday) or month, in order; `period` is the first day of each."""
    rows = session.execute(
        select(DailyMetric.day, *[getattr(DailyMetric, name) for name in COLUMNS])
        .where(
            DailyMetric.store_id == store_id,
            DailyMetric.product_platform_id == product,
            DailyMetric.day >= since,
            DailyMetric.day < until,
        )
        .order_by(DailyMetric.day)
    )
    found: dict[date, dict[str, Any]] = {}
    for day, *values in rows:
        period = found.setdefault(first_day(day, granularity), {"days": 0, **dict.fromkeys(COLUMNS)})
        period["days"] += 1
        for name, value in zip(COLUMNS, values, strict=True):
            if value is not None:
                period[name] = value if period[name] is None else period[name] + value
    return [{"period": start, **sums} for start, sums in sorted(found.items())]


def first_day(day: date, granularity: str) -> date:
    """The first day of the week (Monday) or month that a day is in."""
    if granularity == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if granularity == "month" else day


def products(session: Session, store_id: int, since: date, until: date, by: str, limit: int) -> list[dict[str, Any]]:
    """The products with the largest sum of one column over a period, largest first."""
    total = func.sum(getattr(DailyMetric, by))
    rows = session.execute(
        select(DailyMetric.product_platform_id, *[func.sum(getattr(DailyMetric, name)) for name in COLUMNS])
        .where(
            DailyMetric.store_id == store_id,
            DailyMetric.product_platform_id != WHOLE_STORE,
            DailyMetric.day >= since,
            DailyMetric.day < until,
        )
        .group_by(DailyMetric.product_platform_id)
        .order_by(total.is_(None), total.desc(), DailyMetric.product_platform_id)
        .limit(limit)
    )
    return [{"product_platform_id": product, **dict(zip(COLUMNS, values, strict=True))} for product, *values in rows]


def sources(session: Session, store_id: int, since: date, until: date) -> list[dict[str, Any]]:
    """What each source brought over a period, most visitors first."""
    visitors = func.sum(TrafficSource.visitors)
    rows = session.execute(
        select(TrafficSource.source, *[func.sum(getattr(TrafficSource, name)) for name in SOURCE_COLUMNS])
        .where(TrafficSource.store_id == store_id, TrafficSource.day >= since, TrafficSource.day < until)
        .group_by(TrafficSource.source)
        .order_by(visitors.is_(None), visitors.desc(), TrafficSource.source)
    )
    return [{"source": source, **dict(zip(SOURCE_COLUMNS, values, strict=True))} for source, *values in rows]


def hours(session: Session, store_id: int, since: Any, until: Any) -> list[HourlyMetric]:
    """The hours from `since` to before `until`, in order."""
    return list(
        session.scalars(
            select(HourlyMetric)
            .where(HourlyMetric.store_id == store_id, HourlyMetric.hour >= since, HourlyMetric.hour < until)
            .order_by(HourlyMetric.hour)
        )
    )


def benchmarks(session: Session, store_id: int, until: date) -> dict[str, dict[str, Benchmark]]:
    """Group → metric → the latest value before a day."""
    latest = (
        select(Benchmark.group, Benchmark.metric, func.max(Benchmark.day).label("day"))
        .where(Benchmark.store_id == store_id, Benchmark.day < until)
        .group_by(Benchmark.group, Benchmark.metric)
        .subquery()
    )
    rows = session.scalars(
        select(Benchmark)
        .join(
            latest,
            (Benchmark.group == latest.c.group)
            & (Benchmark.metric == latest.c.metric)
            & (Benchmark.day == latest.c.day),
        )
        .where(Benchmark.store_id == store_id)
        .order_by(Benchmark.group, Benchmark.metric)
    )
    found: dict[str, dict[str, Benchmark]] = {}
    for row in rows:
        found.setdefault(row.group, {})[row.metric] = row
    return found
