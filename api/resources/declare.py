"""What a resource is: its table, schemas, filters, sorts and hooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec
from fastapi import APIRouter
from sqlalchemy import Select, inspect
from sqlalchemy.orm import Session

from api.callers import Caller
from store_model.columns import UtcDateTime
from store_model.tenancy import StoreRow, Versioned

Operation = Literal["list", "get", "create", "update", "delete", "bulk"]
OPERATIONS: tuple[Operation, ...] = ("list", "get", "create", "update", "delete", "bulk")
TYPES: Mapping[type, tuple[Any, dict[str, Any]]] = {
    bool: (bool, {"type": "boolean"}),
    int: (int, {"type": "integer"}),
    Decimal: (Decimal, {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}),
    datetime: (datetime, {"type": "string", "format": "date-time"}),
    date: (date, {"type": "string", "format": "date"}),
    str: (str, {"type": "string", "maxLength": 200}),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One change that is about to be written (`before_change`) or just was (`after_change`).

    `values` are the attributes that change, `previous` what they were (nothing at a create). At `before_change` of a
    create or an update the row already has the new values, unflushed.
    """

    session: Session
    caller: Caller
    action: Literal["create", "update", "delete"]
    row: Any
    values: Mapping[str, Any]
    previous: Mapping[str, Any]
    now: datetime


@dataclass(frozen=True, slots=True)
class Filter:
    """A query parameter. `op` compares with the column: eq (repeat it: any of them), ge, gt, le, lt, is_null.

    `apply(statement, value)` instead of a column for anything else; then `kind` is str unless given.
    `choices` are the allowed values, `note` the words for the OpenAPI document.
    """

    column: Any = None
    op: Literal["eq", "ge", "gt", "le", "lt", "is_null"] = "eq"
    apply: Callable[[Select[Any], Any], Select[Any]] | None = None
    kind: type | None = None
    choices: tuple[str, ...] = ()
    note: str = ""

    @property
    def type(self) -> type:
        """What a value is read as."""
        if self.op == "is_null":
            return bool
        if self.kind is not None or self.column is None:
            return self.kind or str
        return datetime if isinstance(self.column.type, UtcDateTime) else self.column.type.python_type


@dataclass(frozen=True, kw_only=True)
class Resource:
    """See `api.resources`. `parents` maps further path parameters to the column they fill and filter:

    path="products/{product_id}/skus", parents={"product_id": Sku.product_id}. `search(statement, words)` adds the
    parameter `q`. `editable`: the fields that a PATCH may change (None: all). `defaults` are attributes of new rows
    that no body carries. `visible(caller)` is a condition on the rows that this caller sees at all, as one's own.
    `values` turns a body into attributes where the names alone do not do; `show` likewise makes
    the answer. `operations`: those that there are.
    """

    path: str
    one: str
    title: tuple[str, str]
    section: str
    model: type[Any]
    answer: type[msgspec.Struct]
    body: type[msgspec.Struct] | None = None
    example: Mapping[str, Any] = field(default_factory=dict)
    filters: Mapping[str, Filter] = field(default_factory=dict)
    sorts: Mapping[str, Any] = field(default_factory=dict)
    default_sort: str = "id"
    search: Callable[[Select[Any], str], Select[Any]] | None = None
    parents: Mapping[str, Any] = field(default_factory=dict)
    operations: tuple[Operation, ...] = OPERATIONS
    editable: frozenset[str] | None = None
    defaults: Callable[[Caller], Mapping[str, Any]] | None = None
    visible: Callable[[Caller], Any] | None = None
    values: Callable[[Session, msgspec.Struct], Mapping[str, Any]] | None = None
    show: Callable[[Session, Any], msgspec.Struct] | None = None
    before_change: Callable[[Change], None] | None = None
    after_change: Callable[[Change], None] | None = None

    def __post_init__(self) -> None:
        """Faults of a declaration are told when the module is imported."""
        if not issubclass(self.model, StoreRow):
            raise TypeError(f"{self.one}: {self.model.__name__} is no StoreRow")
        writes = set(self.operations) - {"list", "get"}
        if writes and (self.body is None or not issubclass(self.model, Versioned)):
            raise TypeError(f"{self.one}: what can be changed needs a body and a Versioned model")
        for name, column in self.sorts.items():
            if inspect(self.model).columns[column.key].nullable:
                raise TypeError(f"{self.one}: a sort goes by a column that is never null, unlike {name}")

    @property
    def name(self) -> str:
        """What several are called in operation ids: the last word of the path, or below a parent their own name."""
        return f"{self.one}s" if self.parents else self.path.rsplit("/", 1)[-1].replace("-", "_")

    def router(self) -> APIRouter:
        """The routes, to be included in the app."""
        from api.resources.routes import make_router

        return make_router(self)
