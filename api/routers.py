"""Every router of the service. A new module of routes adds its line here, and nothing in `api.app`."""

from __future__ import annotations

from api.routes import account, keys, oauth, prechecks, rules, sections, service, stores, users

ALL = (
    prechecks.router,
    rules.router,
    service.router,
    service.guarded,
    oauth.router,
    account.router,
    users.router,
    keys.router,
    stores.router,
    *sections.ROUTERS,
)
