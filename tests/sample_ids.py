"""One row of every table of tenants, made from its columns; and which row a path parameter names.

`tests/test_isolation.py` asks every route for things of another tenant. A new path parameter needs one line in SAMPLES,
and a column that has to hold something particular one in VALUES.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from inspect import get_annotations
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from store_model import models
from store_model.accounts import Store
from store_model.columns import Base
from store_model.tenancy import EntityItself, EntityRow, StoreRow, Versioned

assert models.MODULES
MOMENT = datetime(2026, 8, 22, 12, tzinfo=UTC)
numbers = itertools.count(1000)

VALUES: dict[str, dict[str, Any]] = {
    "access_grant": {"role": "analyst", "store_id": None},
    "fund_posting": {"amount": Decimal(0)},
    "activity": {"kind": "single_discount"},
}
"""By table: columns that cannot hold just anything (check constraints, names of roles)."""

SAMPLES: dict[str, str] = {
    "account_id": "fund_account",
    "asset_id": "store_asset",
    "part_id": "diagnosis_part",
    "delivery_id": "event_delivery",
    "device_id": "device_session",
    "endpoint_id": "webhook_endpoint",
    "group_id": "product_group",
    "import_id": "import_run",
    "level_id": "stock_level",
    "mark_id": "store_mark",
    "link_id": "sourcing_link",
    "message_id": "buyer_message",
    "movement_id": "fund_movement",
    "notice_id": "platform_notice",
    "page_id": "store_page",
    "plan_id": "plan_membership",
    "profile_id": "account_profile",
    "proposal_id": "catalogue_proposal",
    "registration_id": "campaign_registration",
    "row_id": "ledger_entry",
    "run_id": "import_run",
    "setting_id": "logistics_setting",
    "slot_id": "showcase_slot",
    "task_id": "collaboration_task",
    "template_id": "product_template",
    "user_id": "user_account",
    "verdict_id": "finding_verdict",
}
"""By path parameter: the table whose id it is. THING_id needs no line when the table is called THING."""

NOT_OF_COLUMNS = frozenset(
    {
        "appeal",
        "complaint",
        "entity_enforcement",
        "fund_movement",
        "fund_posting",
        "ledger_entry",
        "ledger_head",
        "platform_notice",
        "store_enforcement",
        "violation",
    }
)
"""Tables of ledgers: a row of mere columns is not what the ledger would have written, and cannot be reckoned with."""

OTHERS = {
    "chart": "waterfall",
    "indicator_id": "SVC101",
    "cause": "0123456789abcdef",
    "source": "src_unknown",
    "name": "unknown-store",
    "prefix": "sw_00000000",
    "rule_id": "LST104",
}
"""Path parameters that are no id of a row, with a value of each."""


class Rows:
    """Makes one row of each table for one store, with whatever it refers to."""

    def __init__(self, session: Session, entity_id: int, store_id: int) -> None:
        self.session = session
        self.entity_id = entity_id
        self.store_id = store_id
        self.made: dict[type, Any] = {Store: session.get_one(Store, store_id)}

    def row(self, model: type[Any]) -> Any:
        """The row of this class, made when it is first asked for."""
        if model not in self.made:
            if issubclass(model, EntityItself) or list(model.__table__.primary_key.columns.keys()) == ["entity_id"]:
                self.made[model] = self.session.get_one(model, self.entity_id)  # there is one already
            else:
                made = model(**self.values(model))
                self.session.add(made)
                self.session.flush()
                self.made[model] = made
        return self.made[model]

    def values(self, model: type[Any]) -> dict[str, Any]:
        """Attributes for a new row."""
        given = VALUES.get(model.__tablename__, {})
        values: dict[str, Any] = {"entity_id": self.entity_id}
        if issubclass(model, StoreRow):
            values["store_id"] = self.store_id
        kept = {"version", "created_at", "updated_at"} if issubclass(model, Versioned) else set()
        mapper = inspect(model)
        for attribute in mapper.column_attrs:
            column = attribute.columns[0]
            if attribute.key in values or attribute.key in kept:
                continue
            is_needed = not column.nullable and column.default is None and column.server_default is None
            if attribute.key in given:
                values[attribute.key] = given[attribute.key]
            elif is_needed and not _is_own_id(column, mapper):
                values[attribute.key] = self.value(column, model)
        return values

    def value(self, column: Any, model: type) -> Any:
        """Anything that the column takes; the id of another row where it refers to one."""
        for key in column.foreign_keys:
            target = class_of(key.column.table.name)
            if target is not model:
                return getattr(self.row(target), key.column.key)
        kind = column.type.python_type
        number = next(numbers)
        if kind is str:
            return f"s{number}"[: column.type.length or 40]
        plain = {
            bool: False,
            int: number,
            float: 1.0,
            Decimal: Decimal(1),
            datetime: MOMENT,
            date: MOMENT.date(),
            bytes: b"x",
        }
        return plain[kind] if kind in plain else [] if _holds_a_list(model, column.key) else {}


def _holds_a_list(model: type, name: str) -> bool:
    """Whether a JSON column is declared as Mapped[list[…]]."""
    declared = next(notes[name] for cls in model.__mro__ if name in (notes := get_annotations(cls)))
    return str(declared).startswith("Mapped[list")


def _is_own_id(column: Any, mapper: Any) -> bool:
    """Whether the database itself counts it."""
    alone = column.primary_key and not column.foreign_keys and len(mapper.primary_key) == 1
    return bool(alone and column.type.python_type is int)


CLASSES: Mapping[str, type] = {mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers}


def class_of(table: str) -> Any:
    """The class of a table."""
    return CLASSES[table]


def table_of(parameter: str) -> str:
    """The table whose id a path parameter is."""
    table = SAMPLES.get(parameter, parameter.removesuffix("_id"))
    assert table in CLASSES, f"tests/sample_ids.py: SAMPLES says nothing of the path parameter {parameter}"
    return table


def tenant_models() -> list[type[Any]]:
    """Every class of rows of tenants, by table name; the order does not depend on imports."""
    return [cls for _, cls in sorted(CLASSES.items()) if issubclass(cls, EntityRow | EntityItself)]
