"""`storewarden serve`: the HTTP service, with SQLite and no configuration."""

from __future__ import annotations


def serve(*, host: str = "127.0.0.1", port: int = 8080, workers: int = 1) -> int:
    """Start the HTTP service. Settings come from STOREWARDEN_* variables; nothing needs to be set.

    Parameters
    ----------
    host
        The address to listen on; only this machine by default.
    port
        The port to listen on.
    workers
        Processes that answer requests.
    """
    from api.serve import run

    run(host=host, port=port, workers=workers)
    return 0
