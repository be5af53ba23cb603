"""Intellectual property of a store: which listings will infringe when a brand authorisation ends."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from api import query
from api.callers import Caller, Permit
from api.idempotency import Answer
from api.paging import make_token, read_token
from api.routes.section_docs import reads
from api.services.authorised import WillInfringe, products_after, will_infringe
from api.services.products import facts_of_store
from api.wire import Output
from engine.facts import MarkAuthorisation
from store_model.authorisations import lapsing

router = APIRouter(prefix="/v1/stores/{store_id}", tags=["account"])
Reader = Annotated[Caller, Depends(Permit("account:read"))]
PAGE = 200
"""Products looked at for one page."""

QUERY = {
    "days": query.Parameter("Authorisations that end within so many days", int, default=30, least=0, most=366),
    "as_of": query.Parameter("The day from which days are counted; today when left out", date, example="2026-11-23"),
    "page_token": query.Parameter("The next_page_token of the page before"),
}


class LapsingOut(Output, kw_only=True):
    """An authorisation that ends soon; `last_day` is the last on which it holds."""

    authorisation_id: str
    mark: str
    last_day: date
    days_left: int


class InfringementOut(Output, kw_only=True):
    """A finding that comes back the day after."""

    rule: str
    code: str
    severity: str
    message: dict[str, str]
    pointer: str | None
    text: str | None


class LapsingListingOut(Output, kw_only=True):
    """A listing that will infringe."""

    product_id: str
    listing_id: str | None
    title: str | None
    findings: list[InfringementOut]


class LapsingAnswer(Output, kw_only=True):
    """What ends, and the listings of this page that will infringe. A page may hold none and be followed by others."""

    as_of: date
    authorisations: list[LapsingOut]
    listings: list[LapsingListingOut]
    next_page_token: str | None


EXAMPLE = {
    "as_of": "2026-11-23",
    "authorisations": [{"authorisation_id": "6", "mark": "Nike", "last_day": "2026-12-09", "days_left": 16}],
    "listings": [
        {
            "product_id": "12", "listing_id": "1005006012345678", "title": "Nike Running Shoes",
            "findings": [
                {
                    "rule": "IPR101", "code": "BRAND_UNAUTHORISED", "severity": "error",
                    "message": {"en": '"Nike" is a mark of Nike …', "zh": "“Nike”为Nike的商标……"},
                    "pointer": "/title", "text": "Nike",
                }
            ],
        }
    ],
    "next_page_token": None,
}  # fmt: skip


def show_authorisation(one: MarkAuthorisation, as_of: date) -> LapsingOut:
    """As it is answered."""
    assert one.valid_until is not None
    return LapsingOut(
        authorisation_id=one.id or "",
        mark=one.mark,
        last_day=one.valid_until,
        days_left=(one.valid_until - as_of).days,
    )


def show_listing(one: WillInfringe) -> LapsingListingOut:
    """As it is answered."""
    findings = []
    for found in one.findings:
        place = next(iter(found.locations), None)
        findings.append(
            InfringementOut(
                rule=found.rule, code=found.code, severity=found.severity, message=dict(found.message),
                pointer=place.pointer if place else None, text=place.text if place else None,
            )
        )  # fmt: skip
    return LapsingListingOut(
        product_id=str(one.product_id), listing_id=one.listing.id, title=one.listing.title, findings=findings
    )


@router.get(
    "/ip/lapsing",
    operation_id="list_lapsing",
    summary="Listings that will infringe when a brand authorisation ends",
    **reads(
        "/ip/lapsing",
        LapsingAnswer,
        EXAMPLE,
        query=tuple(query.documented(QUERY)),
        problems=("invalid_parameter", "bad_page_token"),
    ),
)
async def list_lapsing(request: Request, caller: Reader) -> Response:
    """Each listing is checked with and without the authorisations that end: what only the second has, will infringe."""
    given = query.read(request, QUERY)
    as_of = given["as_of"] or caller.now().date()
    secret = request.app.state.secrets.key("page token")
    binding = f"{request.url.path} {given['days']} {as_of}"
    token = given["page_token"]
    after = 0 if token is None else int(read_token(token, binding=binding, secret=secret))
    pack = request.app.state.pack
    assert caller.store_id is not None
    store_id = caller.store_id

    def job(session: Session) -> Answer:
        store = facts_of_store(session, store_id)
        ending = lapsing(store.authorisations, as_of, given["days"])
        batch = products_after(session, store_id, after, PAGE) if ending else []
        found = [
            WillInfringe(product_id, listing, findings)
            for product_id, listing in batch
            if (findings := will_infringe(pack, listing, store, ending, as_of))
        ]
        more = len(batch) == PAGE
        following = make_token(str(batch[-1][0]), binding=binding, secret=secret) if more else None
        answer = LapsingAnswer(
            as_of=as_of,
            authorisations=[show_authorisation(one, as_of) for one in ending],
            listings=[show_listing(one) for one in found],
            next_page_token=following,
        )
        return Answer(200, answer)

    return (await caller.run(job, read_only=True)).response()
