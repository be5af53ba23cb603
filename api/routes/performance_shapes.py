"""Bodies and answers of the routes of performance."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import Meta, field

from api.wire import Input, Output

Kind = Literal["withdraw_dispute", "ship_order", "answer_message", "answer_dispute", "take_offline"]
Money = Annotated[Decimal, Meta(description="In the unit of the cost model, as a decimal string")]
Name = Annotated[str, Meta(min_length=1, max_length=64)]


class ActionIn(Input, kw_only=True):
    """One action, on the thing with this id of the platform."""

    action: Kind
    id: Name


class ScoreWhatIfIn(Input, kw_only=True):
    """Actions that are supposed; `on`: the later day to look at; `costs`: your own costs by kind of action."""

    actions: Annotated[list[ActionIn], Meta(min_length=1, max_length=50)]
    on: date | None = None
    costs: dict[str, Money] = field(default_factory=dict)


class ScorePlanIn(Input, kw_only=True):
    """What to reach `by` a day (the next evaluation when left out): a `level`, or a daily `score`."""

    level: Name | None = None
    score: Annotated[Decimal, Meta(description="Points, as a decimal string")] | None = None
    by: date | None = None
    costs: dict[str, Money] = field(default_factory=dict)


class PerformanceOut(Output, kw_only=True):
    """A store's performance on a day; docs/scoring.md shows each part."""

    store: str
    as_of: date
    pack: dict[str, str]
    is_empty: bool
    score: dict[str, Any] | None
    level: dict[str, Any] | None
    capability: dict[str, Any]
    scores: list[dict[str, Any]]
    indicators: list[dict[str, Any]]
    bad_data: list[dict[str, Any]]
    platform_numbers: list[dict[str, Any]]


class EvidenceRowOut(Output, kw_only=True):
    """A row behind an indicator. `counts`: what it is counted as; `left_out`: by which name it is not counted."""

    id: str
    listing_id: str | None
    day: str
    at: str
    left_out: str | None
    is_bad_data: bool
    counts: dict[str, bool]


class EvidenceOut(Output, kw_only=True):
    indicator: dict[str, Any]
    items: list[EvidenceRowOut]
    next_page_token: str | None


class ListingCostOut(Output, kw_only=True):
    """What a listing costs the daily score: points in all and by item; `bad` of `of` of its rows, by item.
    `product_scores`: the score and level of the product itself."""

    listing_id: str | None
    points: Decimal
    items: dict[str, Decimal]
    bad: dict[str, Decimal]
    of: dict[str, Decimal]
    product_scores: dict[str, dict[str, Any]]


class ListingCostsOut(Output, kw_only=True):
    as_of: date
    items: list[ListingCostOut]


class CategoryOut(Output, kw_only=True):
    """A category of the store: its scores with their waterfalls, what they stand on, how many listings it has."""

    category_id: str
    title: dict[str, str]
    listings: int
    scores: list[dict[str, Any]]
    indicators: list[dict[str, Any]]


class CategoriesOut(Output, kw_only=True):
    """`evaluations`: rule → its next day. `without_category`: listings with rows whose category is not known."""

    as_of: date
    evaluations: dict[str, date | None]
    items: list[CategoryOut]
    without_category: dict[str, Any]


class ScoreDayOut(Output, kw_only=True):
    day: date
    score: Decimal | None
    items: dict[str, Decimal]
    indicators: dict[str, dict[str, Any]]


class ScoreHistoryOut(Output, kw_only=True):
    items: list[ScoreDayOut]


class ScoreTrendsOut(Output, kw_only=True):
    """Unusual days, bands that will be left, the last days beside those before, and others beside."""

    as_of: date
    anomalies: list[dict[str, Any]]
    crossings: list[dict[str, Any]]
    comparison: list[dict[str, Any]]
    against: list[dict[str, Any]]


class ScoreSuggestionOut(Output, kw_only=True):
    """An action with the points it brings at the next evaluation; `alike`: how many do the same."""

    action: str
    id: str
    listing_id: str | None
    cost: Decimal
    title: dict[str, str]
    alike: int
    gain: Decimal
    gain_per_cost: Decimal


class ScoreSuggestionsOut(Output, kw_only=True):
    as_of: date
    items: list[ScoreSuggestionOut]


class ScoreWhatIfOut(Output, kw_only=True):
    actions: list[dict[str, Any]]
    cost: Decimal
    before: dict[str, Any]
    after: dict[str, Any]
    gain_today: Decimal | None
    gain: Decimal | None


class ScorePlanOut(Output, kw_only=True):
    """`is_cheapest`: proved; else no claim is made. `offered`: how many actions there are."""

    aim: dict[str, Any]
    reached: bool
    is_cheapest: bool
    cost: Decimal
    actions: list[dict[str, Any]]
    offered: int
    before: dict[str, Any]
    after: dict[str, Any]


class ChartOut(Output, kw_only=True):
    """A Vega-Lite 5 specification that holds its own values."""

    spec: dict[str, Any]


class PlatformNumberIn(Input, kw_only=True):
    """A number that the platform shows of this store, or of others. `measure`: an indicator, a score, or
    SCORE.item."""

    day: date
    group: Literal["store", "industry_average", "excellent_stores"] = "store"
    measure: Annotated[str, Meta(pattern=r"^[A-Z]{3}[0-9]{3}(\.[a-z][a-z0-9_]{0,50})?$")]
    value: Annotated[Decimal, Meta(description="As the platform shows it; a share as 0.05, as a decimal string")]


class PlatformNumberOut(Output, kw_only=True):
    id: str
    day: date
    group: str
    measure: str
    value: Decimal
    version: int
    updated_at: datetime
