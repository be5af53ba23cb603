"""What the OpenAPI document says of a resource: parameters, bodies, answers, problems, examples."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from sqlalchemy import Table

from api import openapi, wire
from api.resources.declare import TYPES, Operation, Resource
from store_model.tenancy import TENANT_TABLES

STORE_ID = {
    "name": "store_id",
    "in": "path",
    "required": True,
    "description": "The store, as GET /v1/stores lists it",
    "schema": {"type": "string", "pattern": "^[1-9][0-9]{0,18}$"},
    "example": "1",
}
COMMON = ("key_missing", "key_invalid", "permission_missing", "unknown_store", "rate_limited", "internal_error",
          "database_unreachable", "database_busy")  # fmt: skip
BODY = ("malformed_json", "body_timeout", "body_too_large", "unsupported_media_type", "invalid_body", "conflict")
ONCE = ("bad_idempotency_key", "request_in_flight", "idempotency_key_reused")
MATCH = ("precondition_missing", "changed_meanwhile", "conflict")
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Names this request: sent again within 24 hours, it is done once and answered alike",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!#-~]+$"},
    "example": "9f2c1b7e-4d5a-4f0c-8b3e-6a7d9c0b1a2f",
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,  # its absence is answered 428, with words of our own
    "description": "The ETag of what was read; needed",
    "schema": {"type": "string"},
    "example": '"7-1"',
}
IF_NONE_MATCH = {**IF_MATCH, "name": "If-None-Match", "description": "Answer 304 when it is still this ETag"}


class BulkResult(wire.Output):
    """What became of one item: a status as its own call would have had, the row, or the problem."""

    index: int
    status: int
    id: str | None
    etag: str | None = None
    item: dict[str, Any] | None = None
    problem: dict[str, Any] | None = None


class BulkAnswer(wire.Output):
    """A result for each item, in order."""

    items: list[BulkResult]


def operation(resource: Resource, kind: Operation, path: str) -> dict[str, Any]:
    """The arguments of `add_api_route` that describe one operation."""
    en, zh = resource.title
    words = {
        "list": (f"list_{resource.name}", f"List: {en}"),
        "get": (f"get_{resource.one}", f"Read: {en}"),
        "create": (f"create_{resource.one}", f"Create: {en}"),
        "update": (f"update_{resource.one}", f"Change: {en}"),
        "delete": (f"delete_{resource.one}", f"Delete: {en}"),
        "bulk": (f"bulk_{resource.name}", f"Change many: {en}"),
    }
    operation_id, summary = words[kind]
    answer = openapi.answer_schema(resource.answer)
    body = resource.body
    parameters: list[dict[str, Any]] = path_parameters(path)
    common: dict[str, Any] = {"problems": (*COMMON, "unknown_item"), "store": True}
    if kind == "list":
        page = openapi.answer_schema(page_of(resource.answer))
        example = {"items": [dict(resource.example)], "next_page_token": None}
        extra = openapi.store_operation(
            page,
            example=example,
            parameters=[*parameters, *query_parameters(resource)],
            problems=(*common["problems"], "invalid_parameter", "bad_page_token"),
        )
    elif kind == "get":
        extra = openapi.store_operation(
            answer, example=resource.example, parameters=[*parameters, IF_NONE_MATCH], problems=common["problems"],
            may_be_unchanged=True,
        )  # fmt: skip
    elif kind == "delete":
        extra = openapi.store_operation(
            None, status=204, parameters=[*parameters, IF_MATCH], problems=(*common["problems"], *MATCH)
        )
    elif kind == "bulk":
        extra = _bulk(resource, parameters)
    else:
        assert body is not None
        example = body_example(resource)
        is_new = kind == "create"
        extra = openapi.store_operation(
            answer,
            status=201 if is_new else 200,
            example=resource.example,
            parameters=[*parameters, IDEMPOTENCY_KEY if is_new else IF_MATCH],
            problems=(*common["problems"], *BODY, *(ONCE if is_new else MATCH)),
            body=openapi.answer_schema(body) if is_new else openapi.patch_schema(body),
            body_example=example,
        )
    return {"operation_id": operation_id, "summary": summary, "description": f"{summary}. {zh}。", **extra}


def _bulk(resource: Resource, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    assert resource.body is not None
    data = {"anyOf": [openapi.answer_schema(resource.body), openapi.patch_schema(resource.body)]}
    item = {
        "type": "object",
        "properties": {
            "op": {"type": "string", "enum": ["create", "update", "delete"]},
            "id": {"type": ["string", "null"]},
            "if_match": {"type": ["string", "null"]},
            "data": data,
        },
        "required": ["op"],
        "additionalProperties": False,
    }
    example = {"items": [{"op": "create", "data": body_example(resource)}]}
    answer = {"items": [{"index": 0, "status": 201, "id": resource.example.get("id", "7"), "etag": '"7-1"'}]}
    return openapi.store_operation(
        openapi.answer_schema(BulkAnswer),
        example=answer,
        parameters=[*parameters, IDEMPOTENCY_KEY],
        problems=(*COMMON, "unknown_item", *BODY, *ONCE, "bulk_too_large"),
        body={
            "type": "object",
            "properties": {"items": {"type": "array", "maxItems": 1000, "items": item}},
            "required": ["items"],
            "additionalProperties": False,
        },
        body_example=example,
    )


def path_parameters(path: str) -> list[dict[str, Any]]:
    """The parameters in a path's braces."""
    names = re.findall(r"{(\w+)}", path)
    return [
        STORE_ID if name == "store_id" else {**STORE_ID, "name": name, "description": "The id of one of them"}
        for name in names
    ]


def query_parameters(resource: Resource) -> list[dict[str, Any]]:
    """Filters, search, sort and page of a list."""
    found = [
        {"name": "page_size", "in": "query", "description": "Up to 1000; 50 when left out",
         "schema": {"type": "integer", "minimum": 1, "maximum": 999_999_999}, "example": 50},
        {"name": "page_token", "in": "query", "description": "next_page_token of the page before",
         "schema": {"type": "string", "maxLength": 2000}},
        {"name": "sort", "in": "query", "description": "With - before it downward",
         "schema": {"type": "string", "enum": [sign + name for name in dict.fromkeys(["id", *resource.sorts])
                                               for sign in ("", "-")]}, "example": "id"},
    ]  # fmt: skip
    if resource.search is not None:
        found.append(
            {"name": "q", "in": "query", "description": "Words to look for",
             "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": r"\S"}, "example": "towel"}
        )  # fmt: skip
    for name, wanted in resource.filters.items():
        schema = {"type": "string", "enum": list(wanted.choices)} if wanted.choices else TYPES[wanted.type][1]
        if wanted.op == "eq" and wanted.apply is None:
            schema = {"type": "array", "items": schema}
        found.append({"name": name, "in": "query", "description": wanted.note or _note(wanted), "schema": schema})
    return found


def _note(wanted: Any) -> str:
    signs = {"ge": "At least this", "gt": "More than this", "le": "At most this", "lt": "Less than this"}
    return signs.get(wanted.op, "true: those without; false: those with" if wanted.op == "is_null" else
                     "Only these; repeat it for any of several")  # fmt: skip


def body_example(resource: Resource) -> dict[str, Any]:
    """The fields of the example that a body has."""
    names = {field.encode_name for field in msgspec.structs.fields(resource.body)}  # type: ignore[arg-type]
    return {name: value for name, value in resource.example.items() if name in names and value is not None}


_pages: dict[type, type] = {}


def page_of(answer: type) -> type:
    """The type of a page of such answers."""
    if answer not in _pages:
        name = f"{answer.__name__.removesuffix('Out')}Page"
        fields: list[Any] = [("items", list[answer]), ("next_page_token", str | None)]  # type: ignore[valid-type]
        _pages[answer] = msgspec.defstruct(name, fields, forbid_unknown_fields=True, kw_only=True)
    return _pages[answer]


def class_of(table: Table) -> Any:
    """The class of a table of tenants."""
    return TENANT_TABLES[table]
