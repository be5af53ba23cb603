"""The composition root: settings in, a FastAPI app out."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from fastapi import FastAPI
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.types import ASGIApp

import rules
from api import examples, logs, openapi, routers
from api import problems as problem_handlers
from api.access import Keys, utc_now
from api.callers import Principals
from api.limiting import RateLimiter
from api.metrics import Metrics
from api.middleware import Edge
from api.parameters import today
from api.passwords import Passwords, SecondFactor
from api.reference import rule_summary
from api.routes import prechecks as precheck_routes
from api.routes import recorded
from api.routes import service as service_routes
from api.routing import ByFirstWord
from api.rule_pages import rule_data
from api.scoring import telling
from api.scoring.rules import PerformanceRules
from api.secrets import load_secrets
from api.services.at_risk import at_risk
from api.services.authorised import own_marks
from api.services.backoffice import load_backoffice, load_sections
from api.services.penalties import Penalties
from api.services.prechecks import Options, Prechecks
from api.services.reading import read_body, read_one
from api.services.recording import Recorder
from api.services.remembered import OfStore
from api.services.signing_in import Guesses
from api.settings import Settings, SettingsError
from api.webhooks import announcing, due, incoming, running
from api.webhooks.sealing import Sealer
from engine import Pack, load_pack
from store_model import waivers
from store_model.db import open_database

DESCRIPTION = (
    "Checks marketplace listings before they are published. A pre-check that finds faults is still HTTP 200, with "
    "`verdict` valid or invalid. Errors are RFC 9457 problems. Every answer names the rule pack that gave it."
)


class Service(FastAPI):
    """FastAPI with `edge` around all its layers, in the place of the one that answers errors of no known kind."""

    edge: Callable[[ASGIApp], ASGIApp]

    def build_middleware_stack(self) -> ASGIApp:
        """Called once, by the framework, at the first request."""
        stack = super().build_middleware_stack()
        layer: Any = stack
        while layer.app is not self.router:
            layer = layer.app
        layer.app = ByFirstWord(self.router)
        return self.edge(stack.app if isinstance(stack, ServerErrorMiddleware) else stack)


def create_app(settings: Settings | None = None, *, pack: Pack | None = None) -> FastAPI:
    """The app, with the rule pack loaded and the database open.

    Raises what stands in the way, before a port is bound: RulePackError, DatabaseUnusable, SettingsError.
    """
    settings = settings or Settings()
    log = logs.logger(settings.log_level)
    app = Service(
        title="Storewarden",
        version=service_routes.service_version(),
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # asked for anew at every request
        lifespan=_lifespan,
    )
    state = app.state
    state.settings = settings
    state.log = log
    state.pack = pack or load_pack(pack_path(settings.pack))
    state.metrics_of_stores, state.plans = load_sections(state.pack.path)
    state.now = utc_now

    def clock() -> datetime:
        """The service's clock, which a test may set after all has been made."""
        return state.now()  # type: ignore[no-any-return]

    state.database = open_database(settings.database_url, now=clock)
    state.secrets = load_secrets(settings, state.database)
    state.metrics = Metrics()
    state.keys = Keys(state.database, policy=settings.keys, seconds=settings.key_cache_seconds, now=clock)
    state.principals = Principals(
        state.database, state.keys, token_key=state.secrets.key("access token"), seconds=settings.key_cache_seconds
    )
    state.passwords = Passwords()
    state.second_factor = SecondFactor(state.secrets.key("second factor"))
    state.guesses = Guesses()
    state.keys.of_token = state.principals.rights
    state.database_threads = ThreadPoolExecutor(settings.database_threads, thread_name_prefix="database")
    state.penalties = Penalties(state.pack)
    state.at_risk = OfStore(
        lambda session, place, caller: at_risk(state.penalties, session, place, caller.now()),
        settings.key_cache_seconds,
    )
    state.own_marks = OfStore(  # days are compared by the check itself, so none lapses late
        lambda session, place, caller: own_marks(session, place.store_id), settings.key_cache_seconds
    )
    state.limiter = RateLimiter(settings.rate_limit)
    state.threads = ThreadPoolExecutor(settings.heavy_threads, thread_name_prefix="check")
    state.prechecks = Prechecks(
        state.pack,
        state.metrics,
        settings.time_budget_seconds,
        lambda index: log.exception("item_failed", index=index),
    )
    state.backoffice = load_backoffice(state.pack.path)
    state.performance = PerformanceRules(state.pack, state.backoffice)
    waivers.below = state.pack.resources.taxonomy.ids_below
    state.recorder = Recorder(state.database)
    state.sealer = Sealer(settings)
    state.handlers = {
        **due.HANDLERS,
        incoming.KIND: incoming.Applier(
            incoming.load_topics(state.pack.path),
            state.backoffice,
            lambda session, place: state.penalties.of_store(session, place).regime,
        ),
    }
    state.sweeps = {
        **due.SWEEPS,
        **announcing.Announcer(state.pack, state.penalties, state.backoffice).sweeps(),
        **telling.sweeps(state.performance),
    }
    for router in routers.ALL:
        app.include_router(router)
    problem_handlers.install(app)
    app.edge = partial(
        Edge, settings=settings, metrics=state.metrics, log=log, hot={**precheck_routes.HOT, **recorded.HOT}
    )
    app.openapi = partial(_openapi, app)  # type: ignore[method-assign]
    return app


def pack_path(name: str) -> Path:
    """A shipped pack by its name, or any folder that holds a pack."""
    if name in rules.names():
        return rules.path(name)
    if (Path(name) / "pack.yaml").is_file():
        return Path(name)
    shipped = ", ".join(rules.names())
    raise SettingsError([f"STOREWARDEN_PACK: {name!r} is no shipped pack ({shipped}) and no folder with a pack.yaml"])


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Warm up, so that the first caller does not pay for compiling; say who may call; clean up at the end."""
    state, log = app.state, app.state.log
    pack: Pack = state.pack
    pack.check(pack.baseline.get("listing", {}), as_of=today()).to_json()
    gc.collect()
    gc.freeze()  # the pack stays for good: no later collection needs to walk through it
    log.info(
        "ready",
        pack=pack.id,
        pack_version=pack.version,
        pack_digest=pack.digest,
        rules=len(pack.rules),
        database=state.database.engine.url.render_as_string(hide_password=True),
    )
    await _say_who_may_call(app)
    working = running.begin(state) if state.settings.run_worker else None
    try:
        yield
    finally:
        if working is not None:
            await working.end()
        gc.unfreeze()
        state.recorder.close()
        state.threads.shutdown(wait=False, cancel_futures=True)
        state.database_threads.shutdown(wait=False, cancel_futures=True)
        state.passwords.close()
        state.penalties.close()
        state.database.close()


async def _say_who_may_call(app: FastAPI) -> None:
    settings: Settings = app.state.settings
    log = app.state.log
    make = "make a key with: storewarden keys create NAME"
    if await app.state.keys.are_required():
        log.info("keys_required", hint=f"callers need an API key; {make}")
    elif settings.is_loopback:
        log.warning("open_on_loopback", hint=f"anyone on this machine may call without a key; {make}")
    else:
        log.warning("open_to_the_network", hint=f"anyone who reaches {settings.host} may call without a key; {make}")


def _openapi(app: FastAPI) -> dict[str, Any]:
    """Built once, when first asked for; its answers are real ones of this pack."""
    if app.openapi_schema is None:
        app.openapi_schema = openapi.build(app, _answers(app))
    return app.openapi_schema


def _answers(app: FastAPI) -> dict[str, Any]:
    state = app.state
    pack: Pack = state.pack
    ref = msgspec.to_builtins(pack.ref)
    json_of = "application/json"
    day = today()
    work = read_body(msgspec.json.encode(examples.DRAFT), strict=True, max_items=1)
    report = msgspec.json.decode(
        Prechecks(pack, Metrics(), state.settings.time_budget_seconds, lambda _: None).run(
            work, Options(as_of=day), lambda _: {}
        )
    )
    found: dict[str, Any] = {
        "precheck": {json_of: report},
        "landing": {
            json_of: {
                "service": "storewarden",
                "version": app.version,
                "pack": ref,
                "keys": "optional",
                "links": service_routes.LINKS,
            }
        },
        "health": {json_of: {"status": "ok", "database": "ok", "pack": ref, "rules": len(pack.rules)}},
        "metrics": {"text/plain": 'storewarden_listings_total{verdict="valid"} 41.0\n'},
    }
    if pack.rules:
        first = next(iter(pack.rules.values()))
        entry = read_one(msgspec.json.encode(examples.DRAFT), strict=True)
        why = pack.explain(entry.listing, first.id, as_of=day)
        found["explain"] = {json_of: {**msgspec.to_builtins(why), "as_of": day, "pack": ref}}
        found["list_rules"] = {json_of: {"rules": [rule_summary(first)], "next_page_token": None, "pack": ref}}
        found["get_rule"] = {json_of: rule_data(first)}
    found["record_precheck"] = {json_of: {**report, "recorded": f"0198d0c3a1f0{'5e' * 10}"}}
    return found
