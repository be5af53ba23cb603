"""The routers of the back office's sections, in the order of the document. A new one adds its line here."""

from __future__ import annotations

from fastapi import APIRouter

from api.routes import (
    account_profile,
    analytics,
    diagnoses,
    findings,
    home,
    imports,
    ip,
    marketing,
    messages,
    performance,
    product_resources,
    products,
    recorded,
    storefront,
    transaction_resources,
    transactions,
    verdicts,
    violation_lists,
    violations,
)

ROUTERS: tuple[APIRouter, ...] = (
    home.router,
    messages.router,  # before the resources of the same paths
    *(resource.router() for resource in messages.RESOURCES),
    products.router,
    *(resource.router() for resource in product_resources.RESOURCES),
    transactions.router,
    *(resource.router() for resource in transaction_resources.RESOURCES),
    storefront.router,
    *(resource.router() for resource in storefront.RESOURCES),
    marketing.router,
    *(resource.router() for resource in marketing.RESOURCES),
    *(resource.router() for resource in account_profile.RESOURCES),
    ip.router,
    analytics.router,
    performance.NUMBERS.router(),
    performance.router,
    imports.router,
    imports.RUNS.router(),
    imports.REFUSALS.router(),
    recorded.router,
    findings.router,
    findings.FINDINGS.router(),
    findings.CHANGES.router(),
    findings.WAIVERS.router(),
    diagnoses.router,
    diagnoses.DIAGNOSES.router(),
    diagnoses.PARTS.router(),
    violations.router,
    *violation_lists.routers,
    verdicts.router,
    verdicts.FINDING_VERDICTS.router(),
)
