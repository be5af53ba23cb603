"""What PostgreSQL's planner has to know of tenants' tables: a store belongs to one entity.

Without it the planner takes the two columns for independent, expects a store to have a twentieth of its rows, and
sorts them all instead of walking the index that is already in order.
"""

from __future__ import annotations

from sqlalchemy import DDL, event

from store_model.evaluations import Evaluation
from store_model.findings import Finding, Precheck
from store_model.orders import Order, OrderLine
from store_model.products import Product, ProductSku

TABLES = (Product, ProductSku, Order, OrderLine, Finding, Precheck, Evaluation)


def statement(table: str) -> str:
    """The statistics of one table."""
    return f'CREATE STATISTICS tenant_of_{table} (dependencies, ndistinct) ON entity_id, store_id FROM "{table}"'


for _class in TABLES:
    event.listen(
        _class.__table__,
        "after_create",
        DDL(statement(_class.__tablename__)).execute_if(dialect="postgresql"),
    )
