"""One writer for many callers: everybody is answered after their commit, and a bad item fails alone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from store_model.group_commit import GroupWriter, WriterClosed


class Ledger:
    """What a writer wrote, batch by batch; a negative number cannot be written. `open` lets it begin."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.open = threading.Event()

    def write(self, items: Sequence[int]) -> None:
        self.open.wait(10)
        if any(item < 0 for item in items):
            raise ValueError(f"cannot write {items}")
        self.batches.append(list(items))


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def test_what_arrives_while_a_commit_runs_goes_into_the_next_one(ledger: Ledger) -> None:
    writer = GroupWriter(ledger.write, name="test", largest=4)

    async def all_at_once() -> None:
        waiting = [asyncio.ensure_future(writer.put_async(number)) for number in range(9)]
        await asyncio.sleep(0)
        ledger.open.set()
        await asyncio.gather(*waiting)

    asyncio.run(all_at_once())
    writer.close()
    assert [number for batch in ledger.batches for number in batch] == list(range(9))
    assert max(map(len, ledger.batches)) <= 4
    assert len(ledger.batches) <= 4


def test_a_bad_item_fails_alone_and_the_others_of_its_batch_are_written(ledger: Ledger) -> None:
    writer = GroupWriter(ledger.write, name="test")

    async def mixed() -> list[BaseException | None]:
        waiting = [asyncio.ensure_future(writer.put_async(number)) for number in (1, -2, 3)]
        await asyncio.sleep(0)
        ledger.open.set()
        return await asyncio.gather(*waiting, return_exceptions=True)

    first, second, third = asyncio.run(mixed())
    writer.close()
    assert (first, type(second), third) == (None, ValueError, None)
    assert sorted(number for batch in ledger.batches for number in batch) == [1, 3]


def test_threads_wait_for_their_commit_and_a_closed_writer_takes_nothing(ledger: Ledger) -> None:
    writer = GroupWriter(ledger.write, name="test")
    ledger.open.set()
    writer.put(1)
    assert ledger.batches == [[1]]
    with pytest.raises(ValueError, match="cannot write"):
        writer.put(-1)
    writer.close()
    with pytest.raises(WriterClosed):
        writer.put(2)
    assert ledger.batches == [[1]]


def test_closing_writes_what_is_waiting(ledger: Ledger) -> None:
    writer = GroupWriter(ledger.write, name="test")
    threads = [threading.Thread(target=writer.put, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    ledger.open.set()
    for thread in threads:
        thread.join(10)
    writer.close()
    assert sorted(number for batch in ledger.batches for number in batch) == [0, 1, 2]
