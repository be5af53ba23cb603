"""Every real violation traced back: which of our findings said so before, and what became of them."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from store_model.findings import Finding
from store_model.violations import Violation

CAUGHT, IN_SHADOW, WAIVED, NOT_FIRED, NO_RULE = "caught", "in_shadow", "waived", "not_fired", "no_rule"
OUTCOMES = (CAUGHT, IN_SHADOW, WAIVED, NOT_FIRED, NO_RULE)


class Trace(Struct, frozen=True):
    """`outcome` is one of OUTCOMES: not_fired means that rules of this offence exist and none of them spoke up."""

    outcome: str
    findings: tuple[int, ...]
    rules: tuple[str, ...]
    waivers: tuple[int, ...] = ()


def trace(session: Session, violation: Violation, codes: Collection[str], rules: Collection[str]) -> Trace:
    """Trace one violation. `codes` are the codes of findings of its offence, `rules` the rules that report them.

    Only findings that were seen before the penalty count: what was found afterwards caught nothing.
    """
    found: list[Finding] = []
    if violation.listing is not None and codes:
        found = list(
            session.scalars(
                select(Finding)
                .where(
                    Finding.store_id == violation.store_id,
                    Finding.listing_id == violation.listing,
                    Finding.code.in_(sorted(codes)),
                    Finding.first_seen <= violation.at,
                )
                .order_by(Finding.id)
            )
        )
    ids, names = tuple(one.id for one in found), tuple(sorted({one.rule for one in found}))
    if not found:
        return Trace(NOT_FIRED if rules else NO_RULE, (), tuple(sorted(rules)))
    loud = [one for one in found if one.mode != "shadow"]
    if not loud:
        return Trace(IN_SHADOW, ids, names)
    waivers = [getattr(one, "waiver_id", None) for one in loud]
    if all(waiver is not None for waiver in waivers):
        return Trace(WAIVED, ids, names, tuple(sorted({int(waiver) for waiver in waivers if waiver is not None})))
    return Trace(CAUGHT, ids, names)
