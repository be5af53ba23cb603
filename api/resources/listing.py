"""Lists: filters, sorts and opaque page tokens that are good for the same tenant, filters and sort alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session

from api.callers import Caller, read_id
from api.paging import make_token, read_token
from api.problems import ErrorAt, ProblemError, bad_parameter
from api.resources.declare import Filter, Resource
from store_model.columns import UtcDateTime

PAGE_SIZE, MAX_PAGE = 50, 1000
"""More than MAX_PAGE is not refused but cut to it (AIP-158)."""
MAX_FIELDS = 100


@dataclass(frozen=True, slots=True)
class Query:
    """A list that was asked for: values by filter, the sort (column, is downward), the search, and the page."""

    filters: dict[str, list[Any]]
    sort: str
    words: str | None
    size: int
    token: str | None

    def binding(self, caller: Caller, path: str) -> str:
        """What a page token is bound to."""
        shown = {name: list(map(str, values)) for name, values in sorted(self.filters.items())}
        return repr((caller.scope.entity_id, caller.store_id, path, shown, self.sort, self.words))


def read_query(resource: Resource, raw: bytes) -> Query:
    """The query parameters of a list; invalid_parameter names every fault at once."""
    errors: list[ErrorAt] = []
    filters: dict[str, list[Any]] = {}
    given: dict[str, str] = {}
    own = {"page_size", "page_token", "sort", *(("q",) if resource.search else ())}
    for name, value in _pairs(raw):
        if name in resource.filters:
            try:
                filters.setdefault(name, []).append(read_value(resource.filters[name], value))
            except ValueError:
                errors.append(_bad_value(name, resource.filters[name]))
        elif name in own:
            given[name] = value
        else:
            known = ", ".join([*resource.filters, *sorted(own)])
            shown = name[:40] if name.isprintable() else "?"
            errors.append(bad_parameter(shown, f"is unknown; known are {known}", f"未知；可用参数为 {known}"))
    sorts = ["id", *(name for name in resource.sorts if name != "id")]
    sort = given.get("sort", resource.default_sort)
    if sort.removeprefix("-") not in sorts:
        shown = ", ".join(sorts)
        errors.append(
            bad_parameter(
                "sort", f"must be one of {shown}; with - before it downward", f"必须为 {shown} 之一，加 - 表示降序"
            )
        )
    size = given.get("page_size", str(PAGE_SIZE))
    if not (size.isascii() and size.isdigit() and len(size) < 10 and int(size) > 0):
        errors.append(bad_parameter("page_size", "must be a whole number above 0", "必须为大于 0 的整数"))
    words = given.get("q")
    if words is not None and not 0 < len(words.strip()) <= 200:
        errors.append(bad_parameter("q", "must have 1 to 200 characters", "长度应为 1 至 200 个字符"))
    if errors:
        raise ProblemError("invalid_parameter", errors=errors[:20])
    return Query(filters, sort, words, min(int(size), MAX_PAGE), given.get("page_token"))


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except ValueError:
        raise ProblemError("invalid_parameter", errors=[bad_parameter("query", "cannot be read", "无法读取")]) from None
    if any("\0" in value for pair in pairs for value in pair):
        raise ProblemError("invalid_parameter", errors=[bad_parameter("query", "cannot be read", "无法读取")])
    return pairs


def read_value(wanted: Filter, text: str) -> Any:
    """A parameter's value as the filter's type; ValueError when it is none."""
    if wanted.choices and text not in wanted.choices:
        raise ValueError(text)
    kind = wanted.type
    if kind is str:
        if len(text) > 200:
            raise ValueError(text)
        return text
    try:
        value = msgspec.convert(text, kind, strict=False)
    except msgspec.ValidationError:
        raise ValueError(text) from None
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError(text)
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
        raise ValueError(text)
    if isinstance(value, Decimal) and not (value.is_finite() and abs(value) < Decimal(10) ** 15):
        raise ValueError(text)
    return value


def _bad_value(name: str, wanted: Filter) -> ErrorAt:
    if wanted.choices:
        shown = ", ".join(wanted.choices)
        return bad_parameter(name, f"must be one of {shown}", f"必须为以下之一：{shown}")
    from api.wire import KINDS

    names = {bool: "bool", int: "int", Decimal: "decimal", datetime: "datetime", date: "date"}
    en, zh = KINDS.get(names.get(wanted.type, ""), ("text of at most 200 characters", "不超过 200 个字符的文本"))
    return bad_parameter(name, f"must be {en}", f"应为{zh}")


# The page --------------------------------------------------------------------------------------------------------


def list_rows(
    session: Session,
    resource: Resource,
    caller: Caller,
    query: Query,
    *,
    path: str,
    secret: bytes,
    where: Sequence[Any],
) -> tuple[list[Any], str | None]:
    """One page of rows, and the token for the next (None: there is none)."""
    model = resource.model
    statement = filtered(resource, query, where)
    name, downward = query.sort.removeprefix("-"), query.sort.startswith("-")
    column = model.id if name == "id" else resource.sorts[name]
    binding = query.binding(caller, path)
    if query.token is not None:
        last, last_id = _read_position(read_token(query.token, binding=binding, secret=secret), column)
        position = (model.id,) if name == "id" else (column, model.id)
        values = (last_id,) if name == "id" else (last, last_id)
        left, right = (position[0], values[0]) if name == "id" else (tuple_(*position), tuple_(*values))
        statement = statement.where(left < right if downward else left > right)
    columns = [model.id] if name == "id" else [column, model.id]
    statement = statement.order_by(*(one.desc() if downward else one.asc() for one in columns))
    rows = list(session.scalars(statement.limit(query.size + 1)))
    if len(rows) <= query.size:
        return rows, None
    rows = rows[: query.size]
    at = json.dumps([_plain(getattr(rows[-1], column.key)), rows[-1].id])
    return rows, make_token(at, binding=binding, secret=secret)


def filtered(resource: Resource, query: Query, where: Sequence[Any]) -> Select[Any]:
    """The rows that a query means, in no order."""
    statement: Select[Any] = select(resource.model).where(*where)
    for name, values in query.filters.items():
        statement = _filtered(statement, resource.filters[name], values)
    if query.words is not None and resource.search is not None:
        statement = resource.search(statement, query.words.strip())
    return statement


def _filtered(statement: Select[Any], wanted: Filter, values: list[Any]) -> Select[Any]:
    if wanted.apply is not None:
        for value in values:
            statement = wanted.apply(statement, value)
        return statement
    column, value = wanted.column, values[-1]
    if wanted.op == "eq":
        return statement.where(column == value if len(values) == 1 else column.in_(values))
    if wanted.op == "is_null":
        return statement.where(column.is_(None) if value else column.is_not(None))
    compare = {"ge": column.__ge__, "gt": column.__gt__, "le": column.__le__, "lt": column.__lt__}[wanted.op]
    return statement.where(compare(value))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else str(value) if isinstance(value, Decimal) else value


def _read_position(text: str, column: Any) -> tuple[Any, int]:
    value, last_id = json.loads(text)
    kind = datetime if isinstance(column.type, UtcDateTime) else column.type.python_type
    return msgspec.convert(value, kind, strict=False), int(last_id)


def where_parents(resource: Resource, path: dict[str, str]) -> dict[str, int]:
    """The ids that further path parameters name; 404 for what is no id."""
    found = {}
    for name, column in resource.parents.items():
        number = read_id(path[name])
        if number is None:
            raise ProblemError("unknown_item")
        found[column.key] = number
    return found
