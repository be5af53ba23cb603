"""Every table of the project, by importing the module that declares it. A new module adds its line here."""

from store_model import (
    access,
    account_profile,
    accounts,
    analytics,
    audit,
    evaluations,
    findings,
    funds,
    imports,
    marketing,
    messages,
    orders,
    product_offers,
    products,
    storefront,
    violations,
)

MODULES = (
    access,
    account_profile,
    accounts,
    analytics,
    audit,
    evaluations,
    findings,
    funds,
    imports,
    marketing,
    messages,
    orders,
    product_offers,
    products,
    storefront,
    violations,
)
