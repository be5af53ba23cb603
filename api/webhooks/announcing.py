"""The sweeps that tell what time brings: points that lapse, steps ahead, time limits that end.

They need the packs, so the app makes them; the rest of the due work stands in `api.webhooks.due`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.problems import ProblemError
from api.services.backoffice import BackofficeRules
from api.services.penalties import Penalties
from api.webhooks.due import Sweeping
from engine import Pack
from engine.ledger import times
from engine.ledger.contests import longest_window
from store_model import approaching, authorisations, penalty_due, penalty_forecasts, rule_news
from store_model.accounts import Store
from store_model.bulk import Place
from store_model.penalty_book import PenaltyBook


class Announcer:
    """What is announced, by the rules of the packs at hand."""

    def __init__(self, pack: Pack, penalties: Penalties, rules: BackofficeRules) -> None:
        self.pack = pack
        self.penalties = penalties
        self.rules = rules

    def sweeps(self) -> dict[str, Sweeping]:
        """The sweeps by name."""
        return {
            "penalties.changes": Sweeping(timedelta(seconds=30), self.changes),
            "penalties.forecast": Sweeping(timedelta(minutes=15), self.forecast),
            "deadlines.approaching": Sweeping(timedelta(minutes=5), self.deadlines),
            "rules.published": Sweeping(timedelta(minutes=1), self.published),
            "appeals.closing": Sweeping(timedelta(minutes=15), self.windows),
            "authorisations.lapsing": Sweeping(timedelta(hours=1), self.authorisations),
        }

    def changes(self, session: Session, now: datetime) -> bool:
        """Points that lapsed, steps that were left, enforcement that ended."""
        return penalty_due.tell_changes(session, self._book, now)

    def forecast(self, session: Session, now: datetime) -> bool:
        """Once in a day of the platform, soon after it began, every store is forecast anew."""
        zone = str(self.rules.zone(now.date()))
        midnight = times.start_of(times.local_day(now, zone), zone)
        return penalty_forecasts.forecast_stores(
            session, self._book, platforms=self.penalties.platforms(), since=midnight, now=now
        )

    def deadlines(self, session: Session, now: datetime) -> bool:
        """Time limits of orders, disputes, complaints and drafted appeals."""
        approaching.tell_deadlines(session, now, self.rules.notice_before("deadline", now.date()))
        return False

    def windows(self, session: Session, now: datetime) -> bool:
        """Windows to appeal."""
        regimes = [self.penalties.book(platform).regime for platform in self.penalties.platforms()]
        horizon = max(map(longest_window, regimes), default=timedelta())
        approaching.tell_windows(session, self._book, now, self.rules.notice_before("appeal", now.date()), horizon)
        return False

    def authorisations(self, session: Session, now: datetime) -> bool:
        """Brand authorisations that end soon; the days before are those of this service's pack."""
        days = self.rules.notice_days(now.date())
        authorisations.tell_lapsing(session, now, days)
        return False

    def published(self, session: Session, now: datetime) -> bool:
        """Rules that are new, revised, or of another mode since the stores were last told."""
        ref = self.pack.ref
        rules = {rule.id: {"revision": rule.revision, "mode": str(rule.mode)} for rule in self.pack.rules.values()}
        return rule_news.tell_rules(
            session, digest=ref.digest, pack=ref.id, version=ref.version, platform=self.pack.marketplace,
            rules=rules, now=now,
        )  # fmt: skip

    def _book(self, session: Session, place: Place) -> PenaltyBook | None:
        platform = session.scalar(select(Store.platform).where(Store.id == place.store_id))
        try:
            return self.penalties.book(str(platform))
        except ProblemError:
            return None
