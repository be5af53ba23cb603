"""What one request carries with it, from the outermost middleware to the route."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KEY = "storewarden"


@dataclass(slots=True)
class Context:
    """`received` are the request's headers, by name; of repeated ones the last.

    `headers` are added to whatever is answered; `noted` goes into the access log line. `route` is set where the
    request does not come to FastAPI's router, which would set it.
    """

    request_id: str
    received: Mapping[bytes, bytes] = field(default_factory=dict)
    route: str | None = None
    caller: str | None = None  # prefix of the API key
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    noted: dict[str, Any] = field(default_factory=dict)

    @property
    def accept_language(self) -> str:
        """The header, or nothing."""
        return self.received.get(b"accept-language", b"").decode("latin-1")


def context_of(scope: Mapping[str, Any]) -> Context:
    """The context of a request; one with its headers alone where no middleware ran."""
    found = scope.get(KEY)
    return found if isinstance(found, Context) else Context("none", dict(scope.get("headers", ())))
