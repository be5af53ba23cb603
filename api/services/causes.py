"""Same cause, one fix: open findings grouped by what brought them, and one fix for all of a group.

Findings have the same cause when they are of one rule and share what they stem from: the template a listing was made
from, the group it stands in, or the very words in the very field (a phrase of a supplier's feed that runs through
many listings). The strongest such tie makes the group: words, then template, then product group, then the rule alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import Listing, Pack
from engine.facts import Store
from engine.fixes import apply_patch
from store_model import product_content
from store_model.bulk_fixes import APPLIED, UNDONE, BulkFix, BulkFixItem
from store_model.findings import Finding
from store_model.products import Product, ProductContent, ProductGroup, ProductGroupMember

SHARED = 3
"""Listings from which a tie counts as a cause."""
KINDS = ("phrase", "template", "group", "rule")
SHOWN_WORDS = 120


@dataclass(slots=True)
class Cause:
    """A group of findings. `kind`: phrase, template, group or rule; `value`: which; `field`: where the words stand."""

    key: str
    rule: str
    code: str
    severity: str
    kind: str
    value: str
    field: str
    findings: list[int]
    products: set[int]
    points: Decimal
    orders: int = 0


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    product_id: int
    rule: str
    code: str
    severity: str
    points: Decimal
    field: str
    words: str
    template: str
    groups: tuple[str, ...]


def causes(session: Session, store_id: int) -> list[Cause]:
    """The causes of the open findings nobody waived: what puts most at risk first, then what hits most listings."""
    rows = _rows(session, store_id)
    left = {row.id: row for row in rows}
    found: list[Cause] = []
    for kind in KINDS:
        ties: dict[tuple[str, str, str], list[_Row]] = {}
        for row in left.values():
            for value, field in _ties(kind, row):
                ties.setdefault((row.rule, value, field), []).append(row)
        for (rule, value, field), tied in sorted(ties.items(), key=lambda pair: (-len(pair[1]), pair[0])):
            members = [row for row in tied if row.id in left]
            if kind != "rule" and len({row.product_id for row in members}) < SHARED:
                continue
            if members:
                found.append(_cause(kind, rule, value, field, members))
                for row in members:
                    del left[row.id]
    return sorted(found, key=lambda one: (-one.points, -len(one.products), one.rule, one.key))


def _ties(kind: str, row: _Row) -> Iterable[tuple[str, str]]:
    match kind:
        case "phrase":
            return [(row.words, row.field)] if row.words else []
        case "template":
            return [(row.template, "")] if row.template else []
        case "group":
            return [(group, "") for group in row.groups]
        case _:
            return [("", "")]


def _cause(kind: str, rule: str, value: str, field: str, members: Sequence[_Row]) -> Cause:
    name = "\x1f".join((rule, kind, value, field))
    return Cause(
        key=hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16],
        rule=rule,
        code=members[0].code,
        severity=members[0].severity,
        kind=kind,
        value=value[:SHOWN_WORDS],
        field=field,
        findings=sorted(row.id for row in members),
        products={row.product_id for row in members},
        points=sum((row.points for row in members), Decimal(0)),
    )


def _rows(session: Session, store_id: int) -> list[_Row]:
    groups: dict[int, list[str]] = {}
    names = (
        select(ProductGroupMember.product_id, ProductGroup.name)
        .join(ProductGroup, ProductGroup.id == ProductGroupMember.group_id)
        .where(ProductGroup.store_id == store_id)
        .order_by(ProductGroup.id)
    )
    for product_id, name in session.execute(names):
        groups.setdefault(product_id, []).append(name)
    wanted = (
        select(
            Finding.id, Finding.product_id, Finding.rule, Finding.code, Finding.severity, Finding.points,
            Finding.detail, Product.logistics_template,
        )
        .join(Product, Product.id == Finding.product_id)
        .where(Finding.store_id == store_id, Finding.state == "open", Finding.waiver_id.is_(None))
        .order_by(Finding.id)
    )  # fmt: skip
    found = []
    for number, product_id, rule, code, severity, points, detail, template in session.execute(wanted):
        place = (detail.get("locations") or [{}])[0]
        field = str(place.get("pointer", "")).split("/", 2)[1:2]
        found.append(
            _Row(
                number, product_id, rule, code, severity, points, field[0] if field else "",
                str(place.get("text") or "").casefold().strip(), template or "", tuple(groups.get(product_id, ())),
            )
        )  # fmt: skip
    return found


# The fix ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """What a fix does to one product; `patch` empty: why it does nothing."""

    product_id: int
    listing_id: str | None
    patch: tuple[dict[str, Any], ...] = ()
    why: str = ""


def changes(session: Session, pack: Pack, store: Store, cause: Cause, *, as_of: Any, suggested: bool) -> list[Change]:
    """The verified fix of the cause's rule on each of its products; nothing is written.

    A product is left out when it has no fix, when only a suggested one and those were not asked for, or when the fix
    would bring a new finding.
    """
    found = []
    for number in sorted(cause.products):
        listing = product_content.listing_by_id(session, number)
        if listing is not None:
            found.append(_change(pack, store, cause, number, listing, as_of, suggested))
    return found


def _change(
    pack: Pack, store: Store, cause: Cause, number: int, listing: Listing, as_of: Any, suggested: bool
) -> Change:
    report = pack.check(listing, store=store, as_of=as_of)
    own = [finding for finding in report.findings if finding.rule == cause.rule]
    fixes = [fix for finding in own for fix in finding.fixes if fix.patch]
    allowed = [fix for fix in fixes if fix.applicability == "safe" or suggested]
    if not allowed:
        why = "gone" if not own else "only_suggested" if fixes else "no_fix"
        return Change(number, listing.id, why=why)
    plan = allowed[0]
    if plan.verified is None or plan.verified["introduces"]:
        return Change(number, listing.id, why="not_verified")
    patch = tuple(dict(step) for step in plan.patch)
    return Change(number, listing.id, patch)


def apply(session: Session, store_id: int, cause: Cause, found: Sequence[Change], *, actor: str, now: Any) -> BulkFix:
    """Write the changes; each product keeps what was there before, so that the whole can be undone."""
    made = [change for change in found if change.patch]
    fix = BulkFix(
        store_id=store_id, rule=cause.rule, cause=cause.key, state=APPLIED, changed=len(made),
        skipped=len(found) - len(made), applied_at=now, applied_by=actor,
    )  # fmt: skip
    session.add(fix)
    session.flush()
    for change in made:
        product = session.get_one(Product, change.product_id)
        # the stored document alone: what the store knows of a product besides is no part of it
        stored = session.scalars(select(ProductContent).where(ProductContent.product_id == product.id)).one()
        before = dict(stored.listing)
        product_content.write(session, product, apply_patch(msgspec.convert(before, Listing), change.patch))
        session.add(
            BulkFixItem(
                store_id=store_id, fix_id=fix.id, product_id=product.id, patch=list(change.patch),
                before=before, after=product.digest,
            )
        )  # fmt: skip
    session.flush()
    return fix


def undo(session: Session, fix: BulkFix, *, now: Any) -> list[int]:
    """Put back what was there; a product that was edited since stays as it is. The products that were put back."""
    items = session.scalars(
        select(BulkFixItem).where(BulkFixItem.fix_id == fix.id, BulkFixItem.state == APPLIED).order_by(BulkFixItem.id)
    ).all()
    back = []
    for item in items:
        product = session.get(Product, item.product_id)
        if product is None or product.digest != item.after:
            continue
        product_content.write(session, product, msgspec.convert(item.before, Listing))
        item.state = UNDONE
        back.append(product.id)
    fix.state, fix.undone_at = UNDONE, now
    session.flush()
    return back
