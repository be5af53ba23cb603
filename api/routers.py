"""Every router of the service. A new module of routes adds its line here, and nothing in `api.app`."""

from __future__ import annotations

from api.routes import (
    account,
    callbacks,
    events,
    forecasts,
    keys,
    oauth,
    prechecks,
    rules,
    sections,
    service,
    stores,
    users,
    webhooks,
)

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
    webhooks.router,
    events.router,
    forecasts.router,
    callbacks.router,
    callbacks.door,
    callbacks.SOURCES.router(),
    callbacks.CALLBACKS.router(),
    *sections.ROUTERS,
)
