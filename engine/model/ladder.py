"""`ladder`: what follows when points, strikes or a rating cross a node: warning, freeze, closure.

Every number is the name of a dated parameter of the rule, so that a node that moves on a day moves on that day alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from msgspec import Struct

from engine.model.rule import Parameter, Source, Text

UNITS = ("points", "strikes", "rating")
DIRECTIONS = ("accrue", "deduct")
LAPSES = ("days", "calendar", "never")
RESETS = ("first_day", "first_monday", "last_monday")
LASTS = ("days", "step", "open")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Action:
    """What a platform can do to a store; `blocks_release`: nothing new may be published while it lasts."""

    en: str
    zh: str
    blocks_release: bool = False


ACTIONS = {
    "warning": Action("Warning", "警告"),
    "search_demotion": Action("Search ranking lowered", "搜索降权"),
    "search_hidden": Action("Hidden in search", "搜索屏蔽"),
    "browse_hidden": Action("Hidden in category browsing", "类目浏览屏蔽"),
    "block_products": Action("All products blocked", "屏蔽全店商品"),
    "restrict_products": Action("Product operations restricted", "限制商品操作", blocks_release=True),
    "no_new_listings": Action("No new listings", "限制发布商品", blocks_release=True),
    "no_edits": Action("No edits of listings", "限制编辑商品"),
    "listing_limit": Action("Fewer listings allowed", "限制商品数量"),
    "order_limit": Action("Fewer orders allowed", "限制订单数量"),
    "no_campaigns": Action("No marketing campaigns", "限制参加营销活动"),
    "no_subsidies": Action("No platform subsidies", "取消平台补贴"),
    "no_messages": Action("No station messages", "限制站内信"),
    "no_early_loan": Action("No early payout", "关闭提前放款"),
    "raise_deposit": Action("Deposit raised", "保证金提额"),
    "no_new_stores": Action("No new stores or accounts", "限制新开店铺"),
    "freeze": Action("Account frozen", "冻结账户", blocks_release=True),
    "freeze_funds": Action("Funds frozen", "冻结资金"),
    "review": Action("Account under review", "账户审核"),
    "country_hidden": Action("Hidden in some countries", "部分国家屏蔽"),
    "suspend": Action("Store suspended", "店铺暂停", blocks_release=True),
    "close": Action("Account closed", "关闭账户", blocks_release=True),
}
"""Every action a ladder can name: the enumeration of the platforms' rules."""


class Measure(Struct, frozen=True, omit_defaults=True):
    """One action of a step. `lasts`: `days` (of the parameter `days`), while the `step` is held, or `open` ended.

    `amount` with `currency` is what a raised deposit is raised to, `due` the days until then. `stated`: the platform
    writes the days on each record, the parameter is what is taken when a record does not say.
    """

    action: str
    lasts: str = "open"
    days: str | None = None
    amount: str | None = None
    currency: str | None = None
    due: str | None = None
    stated: bool = False


class Step(Struct, frozen=True, omit_defaults=True):
    """A node: reached when the balance comes to `at` or more (accrue), or falls below `at` (deduct).

    Without `at` it is reached only at once, by a case that says so. `every`: reached again at each further multiple.
    `entity`: what happens to the other stores of the legal entity.
    """

    id: str
    title: Text
    at: str | None
    actions: tuple[Measure, ...]
    entity: tuple[Measure, ...] = ()
    every: str | None = None


class Earn(Struct, frozen=True):
    """A rating grows by `points` for each `orders` orders of the last `days` days (names of parameters)."""

    points: str
    orders: str
    days: str


class EntryExample(Struct, frozen=True, omit_defaults=True):
    """An entry of an example: points at a moment (platform time), or orders that earn."""

    at: str
    points: str = "0"
    orders: int = 0
    step: str | None = None


class LadderExample(Struct, frozen=True, omit_defaults=True):
    """Entries, and what holds at `as_of`: the balance, the step held, and the actions in force by "action until"."""

    name: str
    entries: tuple[EntryExample, ...]
    as_of: str
    balance: str
    step: str | None = None
    enforcement: tuple[str, ...] = ()
    line: int = 0


class LadderRule(Struct, frozen=True, omit_defaults=True):
    """One pool of points with its nodes, mildest first."""

    id: str
    name: str
    kind: str
    status: str
    revision: int
    marketplace: str
    effective_from: date
    title: Text
    why: Text
    sources: tuple[Source, ...]
    file: str
    unit: str
    direction: str
    timezone: str
    lapse: str
    steps: tuple[Step, ...]
    examples: tuple[LadderExample, ...]
    parameters: dict[str, Parameter] = {}
    life: str | None = None  # parameter: days that an entry lives
    reset: str | None = None  # parameter: which day begins a quarter
    issue: str | None = None  # parameter: the weekday on which points are issued
    start: str | None = None  # parameter: where a rating begins
    least: str | None = None
    most: str | None = None
    earn: Earn | None = None
    effective_until: date | None = None
    replaced_by: str | None = None
    notes: Text | None = None

    def dates(self) -> set[date]:
        """Every day on which the ladder changes."""
        days = {self.effective_from, *(d.since for p in self.parameters.values() for d in p.history)}
        return days | ({self.effective_until} if self.effective_until else set())
