"""JSON log lines on standard error: our own and the server's, one object a line."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
ONE_LINE = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z
PROCESSORS: tuple[Any, ...] = (
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)


def _dump(event: Any, **options: Any) -> bytes:
    return orjson.dumps(event, default=repr, option=orjson.OPT_NON_STR_KEYS)


def logger(level: str = "info") -> Any:
    """A logger of its own: what a host program set up for structlog does not reach it, nor the other way round."""
    return structlog.wrap_logger(
        structlog.BytesLogger(sys.stderr.buffer),
        processors=[*PROCESSORS, structlog.processors.JSONRenderer(serializer=_dump)],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
    ).bind()


class AccessLog:
    """The line of a request. Made in one step: a line through structlog's processors costs several times as much."""

    def __init__(self, level: str = "info") -> None:
        self.stream = sys.stderr.buffer
        self.is_on = LEVELS[level] <= LEVELS["info"]

    def __call__(self, fields: dict[str, Any]) -> None:
        """Write `fields` as one line."""
        line = {**fields, "event": "request", "level": "info", "timestamp": datetime.now(UTC)}
        try:
            shown = orjson.dumps(line, option=ONE_LINE)
        except TypeError:  # a path may hold what is no text
            shown = orjson.dumps({name: ascii(value) for name, value in line.items()}, option=ONE_LINE)
        self.stream.write(shown)
        self.stream.flush()


def configure(level: str = "info") -> None:
    """Turn what uvicorn and other libraries log into the same lines. For a process that serves, not for a library."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=PROCESSORS,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=lambda event, **_: _dump(event).decode()),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(LEVELS[level])
