"""How performance is looked at, out of the pack: our own dated choices, and which score makes the level."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from api.services.backoffice import BackofficeRules
from engine.pack import Pack
from engine.scoring.actions import KINDS, CostModel
from engine.scoring.board import InForce, Performance
from engine.scoring.outlook import Settings
from engine.scoring.trends import Watch
from store_model.deadlines import Limits

SECTION = "performance"


@dataclass(frozen=True, slots=True)
class PerformanceRules:
    """The performance rules of a pack with the choices around them."""

    pack: Pack
    backoffice: BackofficeRules

    @property
    def performance(self) -> Performance:
        """Indicators and scores."""
        return self.pack.performance

    def on(self, as_of: date) -> InForce:
        """What is in force on a day."""
        return self.performance.on(as_of)

    def level_and_score(self, as_of: date) -> tuple[str | None, str | None]:
        """The score whose level is that of the store, and the daily score that it averages."""
        for name, formula in self.on(as_of).formulas.items():
            if formula.rule.method == "month_mean" and formula.rule.subject == "store":
                return name, formula.rule.of_score
        daily = [n for n, f in self.on(as_of).formulas.items() if f.rule.subject == "store" and f.rule.module is None]
        return None, daily[0] if daily else None

    def number(self, name: str, as_of: date) -> Decimal:
        """One of our choices on a day. ProblemError `pack_without_backoffice` when the pack makes none."""
        return Decimal(self.backoffice.value(SECTION, name, as_of))

    def settings(self, as_of: date) -> Settings:
        """What projections need."""
        return Settings(self.number("confidence", as_of), int(self.number("usual_days", as_of)))

    def watch(self, as_of: date) -> Watch:
        """What alarms need."""
        return Watch(
            self.number("anomaly_threshold", as_of),
            int(self.number("anomaly_before", as_of)),
            int(self.number("anomaly_least_days", as_of)),
            int(self.number("anomaly_least_rows", as_of)),
        )

    def costs(self, as_of: date) -> CostModel:
        """What actions cost."""
        fixed = {kind: self.number(f"cost_{kind}", as_of) for kind in KINDS}
        return CostModel(fixed, self.number("cost_refund_share", as_of))

    def limits(self, as_of: date) -> Limits:
        """The time limits of orders and disputes."""
        return self.backoffice.limits(as_of)
