"""The worker beside the service, in the same loop, and alone as `storewarden worker`."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from api.settings import Settings
from api.webhooks.worker import Pace, Worker

if TYPE_CHECKING:
    from api.diagnosis.jobs import Runner

GRACE_SECONDS = 10.0


def make_worker(state: Any) -> Worker:
    """A worker for the app whose state this is. Call it in the loop that it shall run in."""
    settings: Settings = state.settings
    log = state.log
    return Worker(
        state.database,
        state.sealer,
        pace=Pace(lease=settings.lease_seconds),
        allow_loopback=settings.webhooks_allow_loopback,
        retention=timedelta(days=settings.event_retention_days),
        timeout=settings.webhook_timeout_seconds,
        handlers=state.handlers,
        sweeps=state.sweeps,
        on_error=lambda what, error: log.error("worker", what=what, error=type(error).__name__),
    )


@dataclass(frozen=True, slots=True)
class Working:
    """A worker that runs."""

    worker: Worker
    task: asyncio.Task[None]
    runner: Runner
    thread: threading.Thread

    async def end(self) -> None:
        """Let the calls that run end, within GRACE_SECONDS; what is left is taken up after its lease."""
        self.worker.stop()
        self.runner.stop()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.task, GRACE_SECONDS)
        await asyncio.to_thread(self.thread.join, GRACE_SECONDS)
        self.runner.close()


def begin(state: Any) -> Working:
    """Start a worker in the running loop, and beside it the thread that does jobs."""
    worker = make_worker(state)
    runner = make_runner(state)
    thread = threading.Thread(target=runner.run, args=(worker.pace.poll,), name="jobs", daemon=True)
    thread.start()
    return Working(worker, asyncio.get_running_loop().create_task(worker.run()), runner, thread)


def make_runner(state: Any) -> Runner:
    """What does the jobs of all stores in this process."""
    from api.diagnosis.jobs import Runner

    return Runner(
        state.database,
        state.pack,
        state.penalties,
        lease=timedelta(seconds=max(state.settings.lease_seconds, 5)),
        on_error=lambda what, error: state.log.error("jobs", what=what, error=type(error).__name__),
    )


def new_runner() -> asyncio.Runner:
    """A runner on the quicker loop where there is one, as uvicorn chooses for the service itself."""
    try:
        import uvloop
    except ImportError:
        return asyncio.Runner()
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


async def run_alone(state: Any) -> None:
    """Run a worker until SIGTERM or SIGINT."""
    working = begin(state)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, working.worker.stop)
    await asyncio.shield(working.task)
