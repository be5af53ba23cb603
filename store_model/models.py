"""Every table of the project, by importing the module that declares it. A new module adds its line here."""

from store_model import (
    access,
    accounts,
    audit,
    evaluations,
    findings,
    funds,
    imports,
    orders,
    product_offers,
    products,
    violations,
)

MODULES = (
    access,
    accounts,
    audit,
    evaluations,
    findings,
    funds,
    imports,
    orders,
    product_offers,
    products,
    violations,
)
