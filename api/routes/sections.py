"""The routers of the back office's sections, in the order of the document. A new one adds its line here."""

from __future__ import annotations

from fastapi import APIRouter

from api.routes import (
    imports,
    product_resources,
    products,
    recorded,
    transaction_resources,
    transactions,
    violation_lists,
    violations,
)

ROUTERS: tuple[APIRouter, ...] = (
    products.router,
    *(resource.router() for resource in product_resources.RESOURCES),
    transactions.router,
    *(resource.router() for resource in transaction_resources.RESOURCES),
    imports.router,
    imports.RUNS.router(),
    imports.REFUSALS.router(),
    recorded.router,
    recorded.FINDINGS.router(),
    violations.router,
    *violation_lists.routers,
)
