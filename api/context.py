"""What one request carries with it, from the outermost middleware to the route."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KEY = "storewarden"


@dataclass(slots=True)
class Context:
    """`headers` are added to whatever is answered; `noted` goes into the access log line."""

    request_id: str
    accept_language: str = ""
    caller: str | None = None  # prefix of the API key
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    noted: dict[str, Any] = field(default_factory=dict)


def context_of(scope: Mapping[str, Any]) -> Context:
    """The context of a request; a blank one where no middleware ran."""
    found = scope.get(KEY)
    return found if isinstance(found, Context) else Context("none")
