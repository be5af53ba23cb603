"""Answers about a store's performance as plain data: what the HTTP service and `--format json` show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from api.scoring.desk import Desk
from engine.model.indicator import BANDS
from engine.scoring import days
from engine.scoring.judging import Judgement
from engine.scoring.levels import Standing, decisions
from engine.scoring.sources import FAULT_TITLES
from engine.scoring.waterfall import Formula, Scored
from engine.scoring.words import says

NOTHING = {
    "en": "Nothing to score yet: no orders, evaluations or messages are known.",
    "zh": "暂无可评分数据：没有订单、评价或消息。",
}


def today(desk: Desk) -> dict[str, Any]:
    """Score, level, capability, indicators and bad data of a store on a day."""
    pack = desk.rules.pack.ref
    main = desk.main
    return {
        "store": desk.store,
        "as_of": desk.as_of,
        "pack": {"id": pack.id, "version": pack.version, "digest": pack.digest},
        "is_empty": not desk.counts,
        "score": score_of(desk, main) if main is not None else None,
        "level": level_of(desk),
        "capability": capability(desk),
        "scores": [score_of(desk, scored) for scored in desk.scores.values() if scored is not main],
        "indicators": [indicator(desk, judgement) for judgement in desk.judgements.values()],
        "bad_data": bad_data(desk),
    }


def score_of(desk: Desk, scored: Scored) -> dict[str, Any]:
    """A score with its waterfall."""
    formula = desk.force.formulas[scored.rule]
    rule = formula.rule
    titles = {bound.item.id: bound.item.title for bound in formula.items}
    return {
        "rule": scored.rule,
        "revision": scored.revision,
        "title": rule.title,
        "subject": rule.subject,
        "module": rule.module,
        "score": scored.score,
        "least": formula.least,
        "most": scored.most,
        "level": scored.level,
        "items": [
            {
                "id": share.id,
                "title": titles[share.id],
                "of": share.of,
                "value": share.value,
                "unit": _unit(desk, share.of),
                "points": share.points,
                "least": share.least,
                "most": share.most,
                "lost": share.lost,
                "curve_origin": share.origin,
            }
            for share in scored.items
        ],
        "missing": list(scored.missing),
        "scaling": scored.scaling,
        "cut": scored.cut,
    }


def level_of(desk: Desk) -> dict[str, Any] | None:
    """The level as decided last, and as it will be decided next."""
    if desk.level is None:
        return None
    formula = desk.force.formula(desk.level)
    return {
        "rule": desk.level,
        "title": formula.rule.title,
        "current": standing(formula, desk.current),
        "projected": standing(formula, desk.projected),
        "next_evaluation": decisions(formula, desk.as_of)[1],
        "levels": [{"id": level.id, "title": level.title, "from": at} for level, at in formula.levels],
    }


def standing(formula: Formula, found: Standing | None) -> dict[str, Any] | None:
    """A level with what it brings."""
    if found is None:
        return None
    level = next((level for level, _ in formula.levels if level.id == found.scored.level), None)
    given = found.scored.privileges
    return {
        "decided_on": found.decided_on,
        "month": found.month,
        "score": found.scored.score,
        "level": found.scored.level,
        "title": level.title if level is not None else None,
        "known_days": found.known,
        "days": found.of,
        "lowest": found.low,
        "highest": found.high,
        "possible": list(found.possible),
        "privileges": [
            {"id": one.id, "title": one.title, "value": given[one.id]} for one in (level.privileges if level else ())
        ],
    }


def capability(desk: Desk) -> dict[str, Any]:
    """The capability matrix: the overall score and its modules, as the pack orders them."""
    modules = [formula.rule for formula in desk.force.formulas.values() if formula.rule.module is not None]
    overall = next((rule for rule in modules if rule.module == "overall"), None)
    found = desk.scores
    return {
        "overall": found[overall.id].score if overall is not None else None,
        "modules": [
            {"id": rule.module, "rule": rule.id, "title": rule.title, "score": found[rule.id].score}
            for rule in modules
            if rule is not overall
        ],
    }


def indicator(desk: Desk, judgement: Judgement) -> dict[str, Any]:
    """What an indicator says."""
    rule = desk.force.terms[judgement.indicator].rule
    return {
        "indicator": judgement.indicator,
        "revision": judgement.revision,
        "title": rule.title,
        "over": rule.over,
        "unit": rule.unit,
        "direction": rule.direction,
        "value": judgement.value,
        "band": judgement.band,
        "band_title": BANDS[judgement.band],
        "window_days": judgement.window,
        "part": judgement.part,
        "whole": judgement.whole,
        "interval": {"low": judgement.interval.low, "high": judgement.interval.high} if judgement.interval else None,
        "certain": judgement.certain,
        "reason": judgement.reason,
        "says": says(rule, judgement),
        "left_out": judgement.left_out,
    }


def bad_data(desk: Desk, *, limit: int = 20) -> list[dict[str, Any]]:
    """Rows that were left out as bad data, by name."""
    return [
        {"rows": over, "fault": fault, "title": FAULT_TITLES[fault], "count": count, "ids": ids}
        for over, faults in desk.origin.faults(desk.store, limit=limit).items()
        for fault, (count, ids) in sorted(faults.items())
    ]


def history(desk: Desk, since: date, until: date) -> list[dict[str, Any]]:
    """The daily score and every indicator on each day from `since` to before `until`."""
    found = []
    for step in desk.past(days.number(since), days.number(until), only=list(desk.force.terms)):
        scored = step.scored
        found.append(
            {
                "day": days.day(step.day),
                "score": scored.score if scored is not None else None,
                "items": {share.id: share.points for share in scored.items} if scored is not None else {},
                "indicators": {
                    name: {"value": judgement.value, "band": judgement.band}
                    for name, judgement in step.judgements.items()
                },
            }
        )
    return found


def evidence(
    desk: Desk, name: str, *, after: tuple[int, str] | None, limit: int
) -> tuple[list[dict[str, Any]], tuple[int, str] | None]:
    """The rows behind an indicator in its window, newest first, and where the next page begins."""
    judgement, counting = desk.judgements[name], desk.force.countings[name]
    rows = desk.origin.evidence(
        counting,
        since=desk.today - judgement.window,
        until=desk.today,
        store=desk.store,
        after=after,
        limit=limit + 1,
    )
    shown = rows[:limit]
    following = (int(shown[-1]["at"]), str(shown[-1]["id"])) if len(rows) > limit else None
    return [_evidence(counting.day, row) for row in shown], following


def _evidence(day: str, row: Mapping[str, Any]) -> dict[str, Any]:
    counted = {name: bool(value) for name, value in row.items() if name not in _HEAD}
    left_out = row["fault"] or row["left_out"]
    return {
        "id": row["id"],
        "listing_id": row["listing"],
        "day": day,
        "at": _moment(int(row["at"])),
        "left_out": left_out,
        "is_bad_data": row["fault"] is not None,
        "counts": {} if left_out else counted,
    }


def _moment(value: int) -> str:
    """A day or a moment as RFC 3339; days are numbers far below those of moments."""
    if value < 10**6:
        return days.day(value).isoformat()
    return days.moment(value).isoformat().replace("+00:00", "Z")


_HEAD = frozenset({"id", "listing", "at", "left_out", "fault"})


def listings(desk: Desk, *, limit: int | None = None) -> list[dict[str, Any]]:
    """What each listing costs the daily score, dearest first, with the scores of the product itself."""
    found = desk.listings if limit is None else desk.listings[:limit]
    return [
        {
            "listing_id": cost.listing or None,
            "points": cost.points,
            "items": cost.items,
            "bad": cost.bad,
            "of": cost.rows,
            "product_scores": _product_scores(desk, cost.listing) if cost.listing else {},
        }
        for cost in found
    ]


def _product_scores(desk: Desk, listing: str) -> dict[str, Any]:
    """Score → its value and level, of one product."""
    found = desk.of_listing(listing)
    return {name: {"score": scored.score, "level": scored.level} for name, scored in found.items()}


def beside(desk: Desk, pinned: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The platform's own numbers beside ours. `pinned`: measure (an indicator, item or score), value, day."""
    ours: dict[str, Decimal | None] = {name: judgement.value for name, judgement in desk.judgements.items()}
    ours |= {name: scored.score for name, scored in desk.scores.items()}
    if desk.main is not None:
        ours |= {f"{desk.main.rule}.{share.id}": share.points for share in desk.main.items}
    found = []
    for pin in pinned:
        mine = ours.get(pin["measure"])
        difference = mine - pin["value"] if mine is not None else None
        found.append(
            {
                "measure": pin["measure"],
                "day": pin["day"],
                "platform": pin["value"],
                "ours": mine,
                "difference": difference,
            }
        )
    return found


def _unit(desk: Desk, of: str) -> str:
    terms = desk.force.terms.get(of)
    return terms.rule.unit if terms is not None else "points"
