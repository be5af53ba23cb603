"""One writer for many callers: what arrives while a commit runs goes into the next one, and each caller is answered
after the commit that holds its part.

A hundred small transactions wait for a hundred syncs; one batch waits for one. On SQLite it also means one writer
instead of a queue of them.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

T = TypeVar("T")

LARGEST = 256
"""Items of one transaction."""


class WriterClosed(RuntimeError):
    """The writer was closed before it came to this item; nothing of it was written."""


class GroupWriter(Generic[T]):
    """A thread that hands batches to `write`, which commits them and raises if it could not.

    When a batch fails, its items are written one by one, so that a bad one fails alone.
    """

    def __init__(self, write: Callable[[Sequence[T]], None], *, name: str, largest: int = LARGEST) -> None:
        self._write = write
        self._largest = largest
        self._waiting: deque[tuple[T, Any]] = deque()
        self._wake = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, item: T) -> None:
        """Write an item and wait until it is committed; raises what the commit raised."""
        future: Future[None] = Future()
        self._add(item, future)
        future.result()

    async def put_async(self, item: T) -> None:
        """The same for a coroutine."""
        future = asyncio.get_running_loop().create_future()
        self._add(item, future)
        await future

    def close(self) -> None:
        """Write what is waiting, then end the thread. What comes later raises WriterClosed."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join()

    def _add(self, item: T, future: Any) -> None:
        with self._wake:
            if self._closed:
                raise WriterClosed
            self._waiting.append((item, future))
            if len(self._waiting) == 1:
                self._wake.notify()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._waiting and not self._closed:
                    self._wake.wait()
                if not self._waiting:
                    return
                batch = [self._waiting.popleft() for _ in range(min(self._largest, len(self._waiting)))]
            self._settle(batch, self._outcomes([item for item, _ in batch]))

    def _outcomes(self, items: Sequence[T]) -> list[Exception | None]:
        """What became of each item: None when committed."""
        error = self._try(items)
        if error is None or len(items) == 1:
            return [error] * len(items)
        return [self._try([item]) for item in items]

    def _try(self, items: Sequence[T]) -> Exception | None:
        try:
            self._write(items)
        except Exception as error:  # goes to whoever waits for it
            return error
        return None

    @staticmethod
    def _settle(batch: Sequence[tuple[T, Any]], outcomes: Sequence[Exception | None]) -> None:
        loops: dict[Any, list[tuple[asyncio.Future[None], Exception | None]]] = {}
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            if isinstance(future, asyncio.Future):
                loops.setdefault(future.get_loop(), []).append((future, outcome))
            else:
                _answer(future, outcome)
        for loop, answers in loops.items():  # one wake-up for the whole batch
            if not loop.is_closed():
                loop.call_soon_threadsafe(_answer_all, answers)


def _answer_all(answers: Sequence[tuple[Any, Exception | None]]) -> None:
    for future, outcome in answers:
        if not future.done():
            _answer(future, outcome)


def _answer(future: Any, outcome: Exception | None) -> None:
    if outcome is None:
        future.set_result(None)
    else:
        future.set_exception(outcome)
