"""Lists of the service on the command line: the same filters and sorts, and one form of rows for a spreadsheet."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec

from api.cli.common import CLEAN, Lang
from api.cli.ledger_store import Refused, show
from api.cli.stores import in_store

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.resources import Resource
    from api.resources.listing import Query

WORDS = {
    "en": {"where": '"{}" is no filter; write name=value, such as state=active'},
    "zh": {"where": "“{}”不是筛选条件；请写 名称=值，如 state=active"},
}


def filters_of(where: Iterable[str], lang: Lang) -> list[tuple[str, str]]:
    """(name, value) of each `name=value`; Refused for what is none."""
    found = []
    for entry in where:
        name, sign, value = entry.partition("=")
        if not sign:
            raise Refused(WORDS[lang]["where"].format(entry[:40]))
        found.append((name, value))
    return found


def query_of(resource: Resource, filters: Sequence[tuple[str, str]], **more: object) -> Query:
    """What is asked of a list; the service's own problem for what it does not know."""
    from api.resources.listing import read_query

    return read_query(resource, urlencode([*filters, *more.items()]).encode())


def first_rows(
    session: Session, resource: Resource, store_id: int, query: Query, limit: int, *more: Any
) -> tuple[list[Any], bool]:
    """The first rows of a store's list, and whether there are others. `more`: further conditions."""
    from api.resources.listing import filtered

    name, number = query.sort.removeprefix("-"), resource.model.id
    column = number if name == "id" else resource.sorts[name]
    order = (column.desc(), number.desc()) if query.sort.startswith("-") else (column, number)
    mine = filtered(resource, query, [resource.model.store_id == store_id, *more])
    found = list(session.scalars(mine.order_by(*order).limit(limit + 1)))
    return found[:limit], len(found) > limit


def of_stores(
    wanted: str | None,
    lang: Lang,
    form: str,
    read: Callable[[Any, Any, datetime], dict[str, Any]],
    text: Callable[[Any, dict[str, Any]], None],
    columns: Sequence[str],
    cells: Callable[[Any], Mapping[str, Any]] = msgspec.to_builtins,
) -> int:
    """What `read(session, store, now)` says of one store, or of each, in the form that is asked for.

    It says {"items": […], …}. `text(store, answer)` prints an answer for people; JSON is a list of the answers, each
    with its `store_id`; CSV has a row an item, as `cells` makes it, with `store_id` among the `columns`.
    """
    answers = []
    for session, place, now in in_store(wanted, lang):
        answer = {"store_id": str(place.id), **read(session, place, now)}
        answers.append(answer)
        if form == "text":
            text(place, answer)
    if form == "json":
        return show(answers)
    if form == "csv":
        rows = ({**cells(one), "store_id": answer["store_id"]} for answer in answers for one in answer["items"])
        write_table(columns, rows)
    return CLEAN


def write_table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Rows as CSV, a column a name; nothing that a spreadsheet would run."""
    from api.cli.machine import safe_cell

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([safe_cell(row.get(column)) for column in columns])
