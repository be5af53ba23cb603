"""Who listens is told of a score that changed and of a level that is projected to be another: once a change.

Stores are taken in turns, once in a day of the platform, those first that waited longest. A store that was never told
starts at what it has, silently.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from api.scoring.desk import Desk
from api.scoring.rules import PerformanceRules
from api.webhooks.due import Sweeping
from engine.scoring.levels import Standing
from store_model.accounts import Store
from store_model.bulk import Place
from store_model.outbox import News, emit_many
from store_model.performance.kept import ScoreTold
from store_model.performance.tables import Tables

BATCH = 20
EVERY = timedelta(minutes=15)


def sweeps(rules: PerformanceRules) -> dict[str, Sweeping]:
    """The sweep by its name; none for a pack without scores."""
    if not rules.performance.scores or "performance" not in rules.backoffice.sections:
        return {}
    return {"scores.changed": Sweeping(EVERY, lambda session, now: tell_stores(session, rules, now))}


def tell_stores(session: Session, rules: PerformanceRules, now: datetime) -> bool:
    """Tell up to `BATCH` stores what changed since they were told last; whether more are waiting."""
    day = now.astimezone(rules.backoffice.zone(now.date())).date()
    waiting = (
        select(Store.entity_id, Store.id)
        .outerjoin(ScoreTold, (ScoreTold.entity_id == Store.entity_id) & (ScoreTold.store_id == Store.id))
        .where(Store.platform == rules.pack.marketplace, or_(ScoreTold.day.is_(None), ScoreTold.day < day))
        .order_by(ScoreTold.day.is_not(None), ScoreTold.day, Store.id)
    )
    rows = session.execute(waiting.limit(BATCH)).all()
    for entity_id, store_id in rows:
        tell_store(session, rules, Place(entity_id, store_id), day, now)
    return len(rows) == BATCH


def tell_store(session: Session, rules: PerformanceRules, place: Place, day: date, now: datetime) -> list[News]:
    """Score one store for a day, and tell what differs from what was told before."""
    tables = Tables(session, place, rules.limits(day), now=now)
    desk = Desk(rules, tables, str(place.store_id), day)
    score = desk.main.score if desk.main is not None and desk.counts else None
    projected = desk.projected if desk.counts else None
    level = projected.scored.level if projected is not None else None
    told = session.get(ScoreTold, (place.entity_id, place.store_id))
    news = [] if told is None else _news(told, score, projected, now)
    emit_many(session, entity_id=place.entity_id, store_id=place.store_id, news=news, now=now)
    if told is None:
        told = ScoreTold(**place.columns(), day=day, score=score, level=level, told_at=now)
        session.add(told)
    told.day, told.score, told.level, told.told_at = day, score, level, now
    session.flush()
    return news


def _news(told: ScoreTold, score: Decimal | None, projected: Standing | None, now: datetime) -> list[News]:
    found = []
    if score is not None and score != told.score:
        before = None if told.score is None else {"score": str(told.score), "at": _at(told.told_at)}
        found.append(News("score.changed", {"score": str(score), "at": _at(now)}, before))
    if projected is not None and projected.scored.level is not None and projected.scored.level != told.level:
        on = f"{projected.decided_on.isoformat()}T00:00:00Z"
        data = {"level": projected.scored.level, "score": str(projected.scored.score), "at": on}
        before = (
            None if told.level is None else {"level": told.level, "score": str(told.score), "at": _at(told.told_at)}
        )
        found.append(News("level.projected", data, before))
    return found


def _at(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
