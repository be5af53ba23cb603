"""Appeals and counter-notices: until when, how often, with which evidence, and whether now is a good moment."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from engine.ledger import times
from engine.ledger.book import stamp
from engine.ledger.notices import Notice
from engine.ledger.regime import Regime
from engine.model.offence import Contest

REFUSALS = {
    "no_appeal": {"en": "this offence cannot be appealed", "zh": "该违规不可申诉"},
    "kind_of_record": {
        "en": "records of this kind ({flags}) cannot be appealed",
        "zh": "此类记录（{flags}）不可申诉",
    },
    "too_old": {"en": "records before {day} cannot be appealed", "zh": "{day} 之前的记录不可申诉"},
    "window_closed": {"en": "the time to appeal ended on {at}", "zh": "申诉期限已于 {at} 结束"},
    "no_attempts_left": {
        "en": "all {attempts} attempts are used",
        "zh": "{attempts} 次申诉机会已用完",
    },
    "case_reversed": {"en": "the case is reversed already", "zh": "该案件已撤销"},
}
"""Why an appeal cannot be made, in both languages."""


class Challenge(Struct, frozen=True):
    """Where a case stands towards an appeal or a counter-notice at a moment."""

    kind: str  # appeal | complaint
    open: bool
    refusals: tuple[dict[str, Any], ...]
    deadline: datetime | None
    attempts: int | None
    attempts_left: int | None
    evidence: tuple[dict[str, Any], ...]

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "kind": self.kind,
            "open": self.open,
            "refusals": list(self.refusals),
            "deadline": stamp(self.deadline) if self.deadline is not None else None,
            "attempts": self.attempts,
            "attempts_left": self.attempts_left,
            "evidence": list(self.evidence),
        }


def deadline_of(regime: Regime, offence_id: str, kind: str, since: datetime) -> datetime | None:
    """When a challenge that began at a moment ends; None when the offence has none of that kind."""
    rule = regime.offences[offence_id]
    contest: Contest | None = getattr(rule, kind)
    if contest is None:
        return None
    zone = regime.timezone(offence_id)
    days = regime.contest(contest, rule, times.local_day(since, zone))["days"]
    add = times.plus_working_days if contest.working else times.plus_days
    return add(since, days, zone)


def longest_window(regime: Regime) -> timedelta:
    """No appeal under these rules, as they are on any day, is open longer after its record."""
    longest = 0
    for rule in regime.offences.values():
        if rule.appeal is None:
            continue
        days = [int(str(one.value)) for dated in rule.parameters[rule.appeal.days].history for one in dated.values]
        longest = max(longest, *(number * 2 if rule.appeal.working else number for number in days))  # weekends between
    return timedelta(days=longest + 1)  # a wall clock may be set back meanwhile


def challenge(
    regime: Regime,
    notice: Notice,
    as_of: datetime,
    *,
    kind: str = "appeal",
    since: datetime | None = None,
    used: int = 0,
    given: Collection[str] = (),
    is_reversed: bool = False,
) -> Challenge:
    """Whether and until when a case can be challenged.

    `since` is when the record (or complaint) came about, the notice's moment by default; `used` attempts are gone;
    `given` are the ids of evidence at hand.
    """
    since = since or notice.at
    rule = regime.offences.get(notice.offence or "")
    contest: Contest | None = getattr(rule, kind) if rule is not None else None
    if rule is None or contest is None:
        return Challenge(kind, False, (_refusal("no_appeal"),), None, None, None, ())
    zone = regime.timezone(rule.id)
    day = times.local_day(since, zone)
    terms = regime.contest(contest, rule, day)
    deadline = deadline_of(regime, rule.id, kind, since)
    refusals = []
    if hit := [flag for flag in contest.never if flag in notice.flags]:
        refusals.append(_refusal("kind_of_record", flags=", ".join(hit)))
    if terms["recorded_from"] is not None and day < terms["recorded_from"]:
        refusals.append(_refusal("too_old", day=terms["recorded_from"].isoformat()))
    if deadline is not None and as_of >= deadline:
        refusals.append(_refusal("window_closed", at=stamp(deadline)))
    attempts = terms["attempts"]
    if attempts is not None and used >= attempts:
        refusals.append(_refusal("no_attempts_left", attempts=attempts))
    if is_reversed:
        refusals.append(_refusal("case_reversed"))
    evidence = tuple(
        {"id": proof.id, "title": dict(proof.title), "given": proof.id in given} for proof in contest.evidence
    )
    left = None if attempts is None else max(0, attempts - used)
    return Challenge(kind, not refusals, tuple(refusals), deadline, attempts, left, evidence)


def readiness(state: Challenge, root_causes: int, still_open: int) -> dict[str, Any]:
    """Whether to appeal now: evidence complete and every root cause mended, or what the attempt would risk."""
    missing = [entry["id"] for entry in state.evidence if not entry["given"]]
    ready = state.open and not missing and not still_open
    words = {"en": [], "zh": []}  # type: dict[str, list[str]]
    if still_open:
        only = state.attempts_left == 1
        words["en"].append(
            f"{still_open} of {root_causes} root causes are still open: appealing now risks "
            + ("the only attempt" if only else "an attempt")
        )
        words["zh"].append(
            f"{root_causes} 个问题中仍有 {still_open} 个未解决：现在申诉可能浪费{'唯一一次' if only else '一次'}机会"
        )
    if missing:
        words["en"].append(f"evidence is missing: {', '.join(missing)}")
        words["zh"].append(f"缺少证据：{'、'.join(missing)}")
    if not state.open:
        words["en"] += [refusal["message"]["en"] for refusal in state.refusals]
        words["zh"] += [refusal["message"]["zh"] for refusal in state.refusals]
    if ready:
        words = {"en": ["every root cause is mended and the evidence is complete"], "zh": ["问题均已解决，证据齐全"]}
    return {
        "ready": ready,
        "root_causes": root_causes,
        "still_open": still_open,
        "missing_evidence": missing,
        "advice": {"en": "; ".join(words["en"]), "zh": "；".join(words["zh"])},
    }


def _refusal(code: str, **values: Any) -> dict[str, Any]:
    return {"code": code, "message": {lang: text.format(**values) for lang, text in REFUSALS[code].items()}}
