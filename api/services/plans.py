"""Plans of the platform: what a store's facts say of its eligibility, joining and leaving."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.callers import Caller
from api.problems import ErrorAt, ProblemError
from engine.loading.section_files import Plan
from store_model.account_profile import Verification
from store_model.accounts import Store
from store_model.orders import Order
from store_model.product_offers import ProductTemplate
from store_model.products import Product
from store_model.storefront import PlanMembership


@dataclass(frozen=True, slots=True)
class Standing:
    """How a store stands to a plan. `state`: none, joined, left or removed; `eligible` None: not known."""

    plan: Plan
    facts: Mapping[str, Any]
    eligible: bool | None
    state: str
    joined_at: datetime | None


def facts(session: Session, store_id: int, now: datetime) -> dict[str, Any]:
    """What plans are judged by. A fact that is not known is None."""
    store = session.get_one(Store, store_id)

    def count(*conditions: Any, of: Any) -> int:
        return int(
            session.scalar(select(func.count()).select_from(of).where(of.store_id == store_id, *conditions)) or 0
        )

    return {
        "level": store.level,
        "products_on_sale": count(Product.status == "onSelling", of=Product),
        "overdue_orders": count(Order.ship_by < now, of=Order),
        "verified_account": count(Verification.kind == "real_name", Verification.state == "verified", of=Verification),
        "logistics_templates": count(ProductTemplate.kind == "logistics", of=ProductTemplate),
    }


def standings(session: Session, caller: Caller, plans: Mapping[str, Plan]) -> list[Standing]:
    """Every plan with the store's standing."""
    assert caller.store_id is not None
    known = facts(session, caller.store_id, caller.now())
    latest = {
        row.plan: row for row in session.scalars(select(PlanMembership).order_by(PlanMembership.id))
    }  # the last one of each counts
    return [_standing(plan, known, latest.get(plan.id)) for plan in plans.values()]


def join(session: Session, caller: Caller, plan: Plan) -> Standing:
    """Join a plan; `not_eligible` names the conditions that are not met."""
    standing = _of(session, caller, plan)
    if standing.state == "joined":
        return standing
    unmet = [condition for condition in plan.conditions if condition.is_met(standing.facts) is not True]
    if unmet:
        errors = [
            ErrorAt("condition_not_met", {"en": c.title["en"], "zh": c.title["zh"]}, pointer=f"/conditions/{c.fact}")
            for c in unmet
        ]
        raise ProblemError("not_eligible", errors=errors)
    session.add(
        PlanMembership(
            store_id=caller.store_id,
            plan=plan.id,
            state="joined",
            joined_at=caller.now(),
            facts={name: value for name, value in standing.facts.items() if value is not None},
        )
    )
    session.flush()
    return _of(session, caller, plan)


def leave(session: Session, caller: Caller, plan: Plan) -> Standing:
    """Leave a plan; one that was not joined stays so."""
    row = _latest(session, plan)
    if row is not None and row.state == "joined":
        row.state, row.left_at = "left", caller.now()
        session.flush()
    return _of(session, caller, plan)


def _of(session: Session, caller: Caller, plan: Plan) -> Standing:
    assert caller.store_id is not None
    return _standing(plan, facts(session, caller.store_id, caller.now()), _latest(session, plan))


def _latest(session: Session, plan: Plan) -> PlanMembership | None:
    return session.scalars(
        select(PlanMembership).where(PlanMembership.plan == plan.id).order_by(PlanMembership.id.desc()).limit(1)
    ).first()


def _standing(plan: Plan, known: Mapping[str, Any], row: PlanMembership | None) -> Standing:
    met = [condition.is_met(known) for condition in plan.conditions]
    eligible = False if False in met else None if None in met else True
    joined_at = row.joined_at if row is not None and row.state == "joined" else None
    return Standing(plan, known, eligible, "none" if row is None else row.state, joined_at)
