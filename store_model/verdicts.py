"""Verdicts of officers on findings: upheld, or a false positive; of each finding the last one counts."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, Index, String, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.precision import Precision, precision
from store_model.columns import Base
from store_model.tenancy import Id, StoreRow, Versioned

UPHELD, FALSE_POSITIVE = "upheld", "false_positive"
VERDICTS = (UPHELD, FALSE_POSITIVE)


class FindingVerdict(StoreRow, Versioned, Base):
    """What an officer decided on a finding, and why. A later verdict takes the place of an earlier one."""

    __tablename__ = "finding_verdict"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    finding_id: Mapped[int] = mapped_column(Id, ForeignKey("finding.id", ondelete="CASCADE"))
    rule: Mapped[str] = mapped_column(String(16))
    revision: Mapped[int]
    verdict: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text)
    officer: Mapped[str] = mapped_column(String(120))

    waive_until: ClassVar[datetime | None] = None
    waive_scope: ClassVar[str] = "finding"
    """What a request asks for besides the verdict: kept as a waiver, not here."""

    __table_args__ = (
        Index("ix_finding_verdict_finding", "entity_id", "finding_id", "id"),
        Index("ix_finding_verdict_rule", "entity_id", "rule"),
    )


def precision_by_rule(session: Session, rules: Collection[str] | None = None) -> dict[str, Precision]:
    """Rule → its precision by the verdicts that the session sees; of rules without a verdict nothing is said."""
    last = select(func.max(FindingVerdict.id)).group_by(FindingVerdict.finding_id)
    wanted = (
        select(FindingVerdict.rule, FindingVerdict.verdict, func.count())
        .where(FindingVerdict.id.in_(last))
        .group_by(FindingVerdict.rule, FindingVerdict.verdict)
    )
    if rules is not None:
        wanted = wanted.where(FindingVerdict.rule.in_(rules))
    counts: dict[str, dict[str, int]] = {}
    for rule, verdict, number in session.execute(wanted):
        counts.setdefault(rule, {})[verdict] = number
    return {rule: precision(found.get(UPHELD, 0), sum(found.values())) for rule, found in sorted(counts.items())}
