"""`storewarden serve`: the HTTP service, with SQLite and no configuration."""

from __future__ import annotations

from api.cli.common import CLEAN, fail
from engine.errors import RulePackError, StorewardenError


def serve(*, host: str | None = None, port: int | None = None, workers: int | None = None) -> int:
    """Start the HTTP service. 启动 HTTP 服务。

    Nothing needs to be set. What is given here comes before the STOREWARDEN_* variables, those before the defaults.

    Parameters
    ----------
    host
        The address to listen on; 127.0.0.1, this machine alone, by default. 监听地址，默认仅限本机。
    port
        The port to listen on; 8080 by default. 监听端口，默认 8080。
    workers
        Processes that answer requests; 1 by default. 进程数，默认 1。
    """
    from api.serve import run

    try:
        run(host=host, port=port, workers=workers)
    except RulePackError as error:
        return fail("\n".join(map(str, error.faults)))
    except StorewardenError as error:  # settings or database; the text says what to do
        return fail(str(error))
    return CLEAN
