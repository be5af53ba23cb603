"""Products: list, read, create, edit, the moves of their life, and the groups they stand in."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from api import openapi, wire
from api.callers import Caller, Permit, read_id
from api.context import context_of
from api.etags import demand_match, etag, is_unchanged
from api.idempotency import Answer, once
from api.languages import choose
from api.problems import ProblemError
from api.resources import document
from api.resources.listing import list_rows, read_query
from api.routes.prechecks import json_body
from api.routes.product_shapes import (
    COUNTS,
    DETAIL,
    PRODUCTS,
    ProductCountsOut,
    ProductDetailOut,
    ProductMoveOut,
    ProductOut,
    ProductSkuOut,
)
from api.services import products as jobs
from api.services.penalties import demand_unblocked
from api.services.reading import read_one
from store_model.bulk import Place
from store_model.product_groups import set_members
from store_model.product_queries import GONE, counts_by_status
from store_model.products import Product, ProductGroup, ProductGroupMember, ProductSku

PATH = "/v1/stores/{store_id}/products"
ONE = "/v1/stores/{store_id}/products/{product_id}"
READ, WRITE = Permit("products:read"), Permit("products:write")
Reader = Annotated[Caller, Depends(READ)]
Writer = Annotated[Caller, Depends(WRITE)]
CHANGING = (*document.COMMON, "unknown_item", *document.BODY, "invalid_input", "illegal_move", "release_blocked",
            "store_frozen")  # fmt: skip
MAX_MOVES = 200

router = APIRouter(prefix="/v1/stores/{store_id}", tags=["products"])


class ProductMoveIn(wire.Input):
    """The move to take."""

    move: wire.Line


class ProductMovesIn(wire.Input):
    """The same move for many products."""

    move: wire.Line
    ids: Annotated[list[wire.IdText], msgspec.Meta(min_length=1, max_length=MAX_MOVES)]


class GroupMembersIn(wire.Input):
    """All products that stand in a group."""

    product_ids: Annotated[list[wire.IdText], msgspec.Meta(max_length=10_000)]


class GroupMembersOut(wire.Output):
    """The products of a group."""

    product_ids: list[str]


def desk(request: Request) -> jobs.Desk:
    """What the jobs need besides a session."""
    state = request.app.state
    return jobs.Desk(state.pack, state.backoffice, state.settings.time_budget_seconds, state.penalties)


def detail(session: Session, desk: jobs.Desk, product: Product) -> ProductDetailOut:
    """A product as its own answer shows it."""
    skus = session.scalars(
        select(ProductSku).where(ProductSku.product_id == product.id).order_by(ProductSku.position)
    ).all()
    groups = session.scalars(
        select(ProductGroupMember.group_id)
        .where(ProductGroupMember.product_id == product.id)
        .order_by(ProductGroupMember.group_id)
    ).all()
    lifecycle = desk.rules.lifecycle
    moves = lifecycle.allowed(product.status, product.offline_reason) if lifecycle is not None else []
    return wire.show(
        product,
        ProductDetailOut,
        listing=jobs.content_of(session, product),
        skus=[wire.show(sku, ProductSkuOut) for sku in skus],
        group_ids=[str(group) for group in groups],
        moves=[ProductMoveOut(**one.to_dict()) for one in moves],
    )


@router.get("/products", **document.operation(PRODUCTS, "list", PATH))
async def list_products(request: Request, caller: Reader) -> Response:
    """Newest first. Deleted products are shown only when their status is asked for."""
    query = read_query(PRODUCTS, request.scope["query_string"])
    secret = request.app.state.secrets.key("page token")
    where = [] if "status" in query.filters else [Product.status.not_in(GONE)]

    def job(session: Session) -> dict[str, Any]:
        rows, token = list_rows(session, PRODUCTS, caller, query, path=request.url.path, secret=secret, where=where)
        return {"items": [wire.show(row, ProductOut) for row in rows], "next_page_token": token}

    return Answer(200, await caller.run(job, read_only=True)).response()


@router.get(
    "/products/counts",
    operation_id="count_products",
    summary="Count products by status",
    **openapi.store_operation(
        openapi.answer_schema(ProductCountsOut),
        example=COUNTS,
        parameters=[document.STORE_ID],
        problems=document.COMMON,
    ),
)
async def count_products(caller: Reader) -> Response:
    """On sale, offline with the reasons, auditing, editing required, draft."""
    assert caller.store_id is not None
    store_id = caller.store_id
    found = await caller.run(lambda session: counts_by_status(session, store_id), read_only=True)
    return Answer(200, found).response()


@router.post(
    "/products",
    operation_id="create_product",
    summary="Create a draft",
    **openapi.store_operation(
        openapi.answer_schema(ProductDetailOut),
        status=201,
        example=DETAIL,
        parameters=[document.STORE_ID, document.IDEMPOTENCY_KEY],
        problems=(*document.COMMON, *document.BODY, *document.ONCE, "invalid_input"),
        body={"$ref": openapi.REF + "Listing"},
        body_example={"title": "Turkish Cotton Bath Towel 70x140cm", "currency": "USD"},
    ),
)
async def create_product(request: Request, caller: Writer) -> Response:
    """A listing, our own JSON or the platform's. It begins as a draft, whatever status it names."""
    body = await json_body(context_of(request.scope), request.receive)
    listing = read_one(body, strict=True).listing
    if listing.id is not None and not 0 < len(listing.id) <= 40:
        raise wire.refuse("/id", "wrong_length", "must have 1 to 40 characters", "长度应为 1 至 40 个字符")
    tools = desk(request)

    def job(session: Session) -> Answer:
        assert caller.store_id is not None
        product = jobs.create(session, caller.store_id, caller.scope.entity_id, listing)
        headers = {"etag": etag(product), "location": f"{request.url.path}/{product.id}"}
        return Answer(201, detail(session, tools, product), headers)

    return await once(request, caller, body, job)


@router.get(
    "/products/{product_id}",
    operation_id="get_product",
    summary="Read a product",
    **openapi.store_operation(
        openapi.answer_schema(ProductDetailOut),
        example=DETAIL,
        parameters=[*document.path_parameters(ONE), document.IF_NONE_MATCH],
        problems=(*document.COMMON, "unknown_item"),
        may_be_unchanged=True,
    ),
)
async def get_product(request: Request, caller: Reader) -> Response:
    """The listing as it was given, with localised titles, attributes and images; SKUs, groups, and the open moves."""
    tools = desk(request)

    def job(session: Session) -> Answer:
        product = jobs.find(session, read_id(request.path_params["product_id"]))
        headers = {"etag": etag(product)}
        if is_unchanged(request, product):
            return Answer(304, None, headers)
        return Answer(200, detail(session, tools, product), headers)

    return (await caller.run(job, read_only=True)).response()


@router.patch(
    "/products/{product_id}",
    operation_id="edit_product",
    summary="Edit a product",
    **openapi.store_operation(
        openapi.answer_schema(ProductDetailOut),
        example=DETAIL,
        parameters=[*document.path_parameters(ONE), document.IF_MATCH],
        problems=(*CHANGING, *document.MATCH),
        body={"anyOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]},
        body_example={"title": "Turkish Cotton Bath Towel 70x140cm, Blue"},
    ),
)
async def edit_product(request: Request, caller: Writer) -> Response:
    """Change the listing by a merge patch (an object) or a JSON Patch (an array).

    What is on sale must still pass the pre-check as changed; a blocking finding stops the edit and is named.
    """
    changes = wire.read_json(await json_body(context_of(request.scope), request.receive))
    tools = desk(request)

    def job(session: Session) -> Answer:
        product = jobs.find(session, read_id(request.path_params["product_id"]))
        demand_match(request.headers.get("if-match"), product)
        row = jobs.row_of(tools, "edit", product)
        existing = jobs.content_of(session, product)
        overlay = msgspec.json.encode({"existing": existing or {"title": ""}, "changes": changes})
        entry = read_one(overlay, strict=True)
        listing = jobs.edited(session, product, msgspec.to_builtins(entry.listing))
        if listing.id is not None and not 0 < len(listing.id) <= 40:
            raise wire.refuse("/id", "wrong_length", "must have 1 to 40 characters", "长度应为 1 至 40 个字符")
        if row.checked:
            shown = msgspec.structs.replace(
                listing,
                id=listing.id or f"product-{product.id}",
                store_id=str(product.store_id),
                status=product.status,
                previous=entry.listing.previous,
            )
            refused = jobs.blocked(jobs.check(session, tools, product, now=caller.now(), listing=shown))
            if refused is not None:
                raise refused
        product.platform_id = listing.id
        jobs.product_content.write(session, product, listing)
        jobs.take(product, row)
        if row.checked:
            jobs.check(session, tools, product, now=caller.now())
        session.flush()
        return Answer(200, detail(session, tools, product), {"etag": etag(product)})

    return (await caller.run(job)).response()


@router.delete(
    "/products/{product_id}",
    operation_id="delete_product",
    summary="Delete a product",
    **openapi.store_operation(
        None,
        status=204,
        parameters=[*document.path_parameters(ONE), document.IF_MATCH],
        problems=(*document.COMMON, "unknown_item", "illegal_move", *document.MATCH),
    ),
)
async def delete_product(request: Request, caller: Writer) -> Response:
    """Its status becomes deleted; what is on sale has to be taken off sale first."""
    tools = desk(request)

    def job(session: Session) -> Answer:
        product = jobs.find(session, read_id(request.path_params["product_id"]))
        demand_match(request.headers.get("if-match"), product)
        jobs.move(session, tools, product, "delete", caller.now())
        return Answer(204)

    return (await caller.run(job)).response()


@router.post(
    "/products/{product_id}/moves",
    operation_id="move_product",
    summary="Move a product through its life",
    **openapi.store_operation(
        openapi.answer_schema(ProductDetailOut),
        example=DETAIL,
        parameters=[*document.path_parameters(ONE), document.IDEMPOTENCY_KEY],
        problems=(*CHANGING, *document.ONCE, "changed_meanwhile"),
        body=openapi.answer_schema(ProductMoveIn),
        body_example={"move": "release"},
    ),
)
async def move_product(request: Request, caller: Writer) -> Response:
    """Release, take off sale, delete …: the moves of the pack's table; GET of the product names those open now.

    A release runs the pre-check of the whole pack. A blocking finding stops it, and the answer names each; what was
    found stays with the product either way.
    """
    body = await json_body(context_of(request.scope), request.receive)
    wanted = wire.read_struct(body, ProductMoveIn).move
    tools, product_id = desk(request), read_id(request.path_params["product_id"])
    checked = await passed(caller, tools, product_id, wanted)

    def job(session: Session) -> Answer:
        product = jobs.find(session, product_id)
        if checked not in (None, product.digest):
            raise ProblemError("changed_meanwhile")
        jobs.move(session, tools, product, wanted, caller.now())
        session.flush()
        return Answer(200, detail(session, tools, product), {"etag": etag(product)})

    return await once(request, caller, body, job)


async def passed(caller: Caller, tools: jobs.Desk, product_id: int | None, wanted: str) -> str | None:
    """Run the pre-check that a move asks for, in a transaction of its own, so that its findings stay.

    The digest of what was checked; None when the move asks for no check. ProblemError when something blocks.
    """

    def job(session: Session) -> tuple[str | None, ProblemError | None]:
        product = jobs.find(session, product_id)
        if not jobs.row_of(tools, wanted, product).checked:
            return None, None
        demand_unblocked(session, Place(product.entity_id, product.store_id), caller.now())
        return product.digest, jobs.blocked(jobs.check(session, tools, product, now=caller.now()))

    digest, refused = await caller.run(job)
    if refused is not None:
        raise refused
    return digest


@router.post(
    "/products/moves",
    operation_id="move_products",
    summary="Move many products",
    **openapi.store_operation(
        openapi.answer_schema(document.BulkAnswer),
        example={"items": [{"index": 0, "status": 200, "id": "7", "etag": '"7-4"'}]},
        parameters=[document.STORE_ID],
        problems=(*document.COMMON, *document.BODY),
        body=openapi.answer_schema(ProductMovesIn),
        body_example={"move": "offline", "ids": ["7"]},
    ),
)
async def move_products(request: Request, caller: Writer) -> Response:
    """The same move for each; one that is refused stops no other."""
    context = context_of(request.scope)
    wanted = wire.read_struct(await json_body(context, request.receive), ProductMovesIn)
    tools, language = desk(request), choose(context.accept_language)
    results: list[dict[str, Any]] = []
    for index, given in enumerate(wanted.ids):
        number = read_id(given)

        def job(session: Session, number: int | None = number) -> str:
            product = jobs.find(session, number)
            jobs.move(session, tools, product, wanted.move, caller.now())
            session.flush()
            return etag(product)

        try:
            await passed(caller, tools, number, wanted.move)
            tag = await caller.run(job)
            results.append({"index": index, "status": 200, "id": given, "etag": tag})
        except ProblemError as refused:
            shown = refused.to_dict(language, context.request_id)
            results.append({"index": index, "status": refused.kind.status, "id": given, "problem": shown})
    return Answer(200, {"items": results}).response()


@router.put(
    "/groups/{group_id}/products",
    operation_id="set_group_members",
    summary="Put products into a group",
    **openapi.store_operation(
        openapi.answer_schema(GroupMembersOut),
        example={"product_ids": ["7"]},
        parameters=document.path_parameters("/v1/stores/{store_id}/groups/{group_id}/products"),
        problems=(*document.COMMON, "unknown_item", *document.BODY),
        body=openapi.answer_schema(GroupMembersIn),
        body_example={"product_ids": ["7"]},
    ),
)
async def set_group_members(request: Request, caller: Writer) -> Response:
    """The group then holds these products and no others."""
    wanted = wire.read_struct(await json_body(context_of(request.scope), request.receive), GroupMembersIn)
    numbers = [int(one) for one in wanted.product_ids]

    def job(session: Session) -> Answer:
        number = read_id(request.path_params["group_id"])
        group = session.get(ProductGroup, number) if number is not None else None
        if group is None:
            raise ProblemError("unknown_item")
        missing = set_members(session, group, numbers)
        if missing:
            place = f"/product_ids/{numbers.index(missing[0])}"
            raise wire.refuse(place, "unknown_reference", "names nothing in this store", "在此店铺中不存在")
        return Answer(200, {"product_ids": [str(one) for one in sorted(set(numbers))]})

    return (await caller.run(job)).response()
