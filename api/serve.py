"""`storewarden serve`: the app under uvicorn, with SQLite and no configuration."""

from __future__ import annotations

import os
from typing import Any

import uvicorn
from fastapi import FastAPI

from api import logs
from api.app import create_app
from api.settings import Settings, read_settings


def run(host: str | None = None, port: int | None = None, **given: Any) -> None:
    """Serve until told to stop. What is given comes before STOREWARDEN_* variables, those before the defaults.

    Raises SettingsError, RulePackError or DatabaseUnusable before the port is bound; their texts are for people.
    """
    settings = read_settings(os.environ, host=host, port=port, **given)
    logs.configure(settings.log_level)
    if settings.workers == 1:
        uvicorn.run(create_app(settings), **_options(settings))
        return
    for name in settings.__slots__:  # the workers are new processes and read the environment
        value = getattr(settings, name)
        os.environ[f"STOREWARDEN_{name.upper()}"] = str(value).lower() if isinstance(value, bool) else str(value)
    create_app(settings).state.database.close()  # faults come out here, once, and not in every worker
    uvicorn.run("api.serve:worker", factory=True, workers=settings.workers, **_options(settings))


def worker() -> FastAPI:
    """The app of one worker process."""
    settings = read_settings(os.environ)
    logs.configure(settings.log_level)
    return create_app(settings)


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "host": settings.host,
        "port": settings.port,
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "timeout_keep_alive": 30,
        "timeout_graceful_shutdown": 10,
    }
