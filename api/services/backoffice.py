"""What the pack allows in the back office, on a day: limits, time limits, counting rules, the moves of a product."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from api.problems import ProblemError
from engine.loading.backoffice_files import Backoffice, read_backoffice
from engine.loading.section_files import Metric, Plan, read_metrics, read_plans
from store_model.analytics import AMOUNTS, COUNTS
from store_model.deadlines import Limits
from store_model.evaluations import CountingRules
from store_model.product_lifecycle import Lifecycle

FOLDER = "backoffice"
LEVELS = ("excellent", "good", "pass", "fail")


@dataclass(frozen=True, slots=True)
class BackofficeRules:
    """The sections of a pack. One that the pack does not have answers `pack_without_backoffice` when asked."""

    sections: dict[str, Backoffice]
    lifecycle: Lifecycle | None

    def value(self, section: str, name: str, as_of: date) -> Any:
        """The value of a parameter on a day."""
        found = self.sections.get(section)
        value = found.value(name, as_of) if found is not None else None
        if value is None:
            raise ProblemError("pack_without_backoffice", section=section)
        return value

    @property
    def moves(self) -> Lifecycle:
        """The moves of a product."""
        if self.lifecycle is None:
            raise ProblemError("pack_without_backoffice", section="products")
        return self.lifecycle

    def quota(self, level: str | None, as_of: date) -> int:
        """Showcase slots of a store of this level."""
        known = level if level in LEVELS else "unknown"
        return int(self.value("products", f"showcase_slots_{known}", as_of))

    def zone(self, as_of: date) -> ZoneInfo:
        """The zone of the platform's clock."""
        return ZoneInfo(str(self.value("transactions", "time_zone", as_of)))

    def limits(self, as_of: date) -> Limits:
        """The time limits of orders and disputes."""

        def of(name: str) -> Any:
            return self.value("transactions", name, as_of)

        return Limits(
            risk_control=timedelta(hours=of("risk_control_hours")),
            handling_default=timedelta(days=of("handling_days_default")),
            cancel_answer=timedelta(hours=of("cancel_answer_hours")),
            dispute_answer=timedelta(days=of("dispute_answer_days")),
            scan=timedelta(days=of("scan_days")),
        )

    def notice_before(self, name: str, as_of: date) -> timedelta:
        """How long before it ends a time limit is announced: `deadline` or `appeal`."""
        return timedelta(hours=int(self.value("transactions", f"{name}_notice_hours", as_of)))

    def notice_days(self, as_of: date) -> tuple[int, ...]:
        """How many days before its last an authorisation is announced; nothing in a pack that does not say."""
        if "ip" not in self.sections:
            return ()
        days = self.value("ip", "authorisation_notice_days", as_of)
        return tuple(int(number) for number in days)

    def counting(self, as_of: date) -> CountingRules:
        """Which evaluations count."""

        def of(name: str) -> Any:
            return self.value("transactions", f"review_{name}", as_of)

        return CountingRules(
            currency=str(of("minimum_currency")),
            minimum_amount=Decimal(of("minimum_amount")),
            excluded_disputes=frozenset(of("excluded_disputes")),
            window=timedelta(days=of("window_days")),
            period=timedelta(days=of("period_days")),
            positive_from=int(of("positive_from")),
            negative_to=int(of("negative_to")),
        )


def load_backoffice(pack: Path) -> BackofficeRules:
    """The back-office files of a pack; none is needed. Raises RulePackError for one that has faults."""
    found = [read_backoffice(file) for file in sorted((pack / FOLDER).glob("*.yaml"))]
    sections = {section.id: section for section in found}
    products = sections.get("products")
    return BackofficeRules(sections, Lifecycle(products.moves) if products is not None else None)


def load_sections(pack: Path) -> tuple[dict[str, Metric], dict[str, Plan]]:
    """The metrics and plans of a pack; empty where it has none. Raises RulePackError for a file that has faults."""
    metrics, plans = pack / "metrics.yaml", pack / "plans.yaml"
    return (
        read_metrics(metrics, frozenset((*COUNTS, *AMOUNTS))) if metrics.is_file() else {},
        read_plans(plans) if plans.is_file() else {},
    )
