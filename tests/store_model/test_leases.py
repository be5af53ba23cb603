"""Leased rows: nothing is lost, nothing is done twice while its lease holds, whoever is killed when."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from sqlalchemy import Integer, create_engine, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import StaticPool

from store_model import leases, work
from store_model.db import Database
from store_model.leases import DEAD, DONE, RUNNING, WAITING, Held, Leased, Retry
from store_model.work import WorkItem
from tests.store_model.conftest import Shop, open_shop

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
LEASE = timedelta(seconds=30)
WORKERS = ("one", "two")
MOST_ROWS = 2


class Base(DeclarativeBase):
    pass


class Thing(Leased, Base):
    __tablename__ = "thing"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    group: Mapped[int] = mapped_column(Integer)


class Machine(RuleBasedStateMachine):
    """Workers that claim, finish, retry, renew, are killed and come back, against a model in plain Python."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = create_engine("sqlite://", poolclass=StaticPool)
        Base.metadata.create_all(self.engine)
        self.now = START
        self.model: dict[int, dict[str, Any]] = {}
        self.held: dict[str, list[Held]] = {worker: [] for worker in WORKERS}

    def session(self) -> Session:
        return Session(self.engine, expire_on_commit=False)

    def holds(self, worker: str, held: Held) -> bool:
        row = self.model[held.id]
        return (row["state"], row["by"], row["attempts"]) == (RUNNING, worker, held.attempt)

    @precondition(lambda machine: len(machine.model) < MOST_ROWS)
    @rule(delay=st.sampled_from([0, 20]), group=st.sampled_from([1, 2]))
    def add(self, delay: int, group: int) -> None:
        due = self.now + timedelta(seconds=delay)
        with self.session() as session:
            row = Thing(state=WAITING, due_at=due, attempts=0, created_at=self.now, group=group)
            session.add(row)
            session.commit()
        self.model[row.id] = {"state": WAITING, "due": due, "by": None, "attempts": 0, "group": group}

    @rule(worker=st.sampled_from(WORKERS), limit=st.integers(1, 2), each=st.booleans())
    def take(self, worker: str, limit: int, each: bool) -> None:
        self.claim_each(worker, {1: limit, 2: MOST_ROWS - limit}) if each else self.claim(worker, limit)

    def claim(self, worker: str, limit: int) -> None:
        due = sorted((row["due"], key) for key, row in self.model.items() if row["due"] and row["due"] <= self.now)
        expected = sorted(key for _, key in due[:limit])
        with self.session() as session:
            rows = leases.claim(session, Thing, worker=worker, now=self.now, lease=LEASE, limit=limit)
            session.commit()
        assert [row.id for row in rows] == expected
        for row in rows:
            self.took(worker, row)
            assert (row.leased_by, row.due_at) == (worker, self.now + LEASE)

    def took(self, worker: str, row: Any) -> None:
        known = self.model[row.id]
        known |= {"state": RUNNING, "by": worker, "due": self.now + LEASE, "attempts": known["attempts"] + 1}
        assert row.attempts == known["attempts"]
        self.held[worker].append(Held(row.id, row.attempts))

    def claim_each(self, worker: str, rooms: dict[int, int]) -> None:
        """So many of each group, as deliveries are taken for each endpoint."""
        due = sorted((row["due"], key) for key, row in self.model.items() if row["due"] and row["due"] <= self.now)
        expected = []
        for group, room in rooms.items():
            expected += [key for _, key in due if self.model[key]["group"] == group][:room]
        with self.session() as session:
            rows = leases.claim_each(
                session, Thing, Thing.group, rooms, worker=worker, now=self.now, lease=LEASE,
                columns=(Thing.id, Thing.attempts),
            )  # fmt: skip
            session.commit()
        assert sorted(row.id for row in rows) == sorted(expected)
        for row in rows:
            self.took(worker, row)

    @rule(worker=st.sampled_from(WORKERS), state=st.sampled_from([DONE, DEAD]))
    def finish(self, worker: str, state: str) -> None:
        held = self.held[worker]
        self.held[worker] = []
        with self.session() as session:
            ended = leases.finish(session, Thing, held, worker=worker, now=self.now, state=state)
            session.commit()
        assert ended == {item.id for item in held if self.holds(worker, item)}
        for number in ended:
            self.model[number] |= {"state": state, "by": None, "due": None}

    @rule(worker=st.sampled_from(WORKERS), delay=st.sampled_from([0, 20]))
    def retry(self, worker: str, delay: int) -> None:
        held = self.held[worker]
        self.held[worker] = []
        at = self.now + timedelta(seconds=delay)
        with self.session() as session:
            leases.retry(session, Thing, [Retry(item, at, "refused") for item in held], worker=worker)
            session.commit()
        for item in held:
            if self.holds(worker, item):
                self.model[item.id] |= {"state": WAITING, "by": None, "due": at}

    @rule(worker=st.sampled_from(WORKERS))
    def renew(self, worker: str) -> None:
        held = self.held[worker]
        with self.session() as session:
            kept = leases.renew(session, Thing, held, worker=worker, until=self.now + LEASE)
            session.commit()
        assert kept == {item.id for item in held if self.holds(worker, item)}
        for number in kept:
            self.model[number]["due"] = self.now + LEASE

    @rule(worker=st.sampled_from(WORKERS))
    def give_back(self, worker: str) -> None:
        held = self.held[worker]
        self.held[worker] = []
        with self.session() as session:
            given = leases.release(session, Thing, held, worker=worker, now=self.now)
            session.commit()
        assert given == {item.id for item in held if self.holds(worker, item)}
        for number in given:
            known = self.model[number]
            known |= {"state": WAITING, "by": None, "due": self.now, "attempts": known["attempts"] - 1}

    @rule(worker=st.sampled_from(WORKERS))
    def kill(self, worker: str) -> None:
        """It forgets what it held and tells nobody."""
        self.held[worker] = []

    @rule(worker=st.sampled_from(WORKERS))
    def stall(self, worker: str) -> None:
        """It does nothing for longer than its lease, and somebody (it may be itself) takes what is due."""
        self.now += LEASE
        self.claim(worker, MOST_ROWS)

    @rule(seconds=st.sampled_from([10, 30]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    def teardown(self) -> None:
        """The table is the model; and in between, every claim and every ending agreed with it."""
        with self.session() as session:
            rows = session.scalars(select(Thing)).all()
        found = {
            r.id: {"state": r.state, "due": r.due_at, "by": r.leased_by, "attempts": r.attempts, "group": r.group}
            for r in rows
        }
        self.engine.dispose()
        assert found == self.model


def run(examples: int) -> None:
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples, stateful_step_count=30, deadline=None, database=None,
            phases=[Phase.generate], suppress_health_check=list(HealthCheck), derandomize=True,
        ),
    )  # fmt: skip


def test_whoever_is_killed_when_the_rows_are_what_they_should_be() -> None:
    run(50)


def _lease_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim takes rows whose lease still holds."""
    true = leases.claim

    def claim(session: Session, cls: Any, *, now: datetime, lease: timedelta, **more: Any) -> Any:
        return true(session, cls, now=now + LEASE, lease=lease - LEASE, **more)

    monkeypatch.setattr(leases, "claim", claim)


def _never_reclaimed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a killed worker held is never taken again."""
    true = leases.claim

    def claim(session: Session, cls: Any, **more: Any) -> Any:
        return true(session, cls, **{**more, "where": (cls.state == WAITING,)})

    monkeypatch.setattr(leases, "claim", claim)


def _unfenced(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker finishes what another has by now."""
    from sqlalchemy import update

    def held_by_anybody(cls: Any, held: Any, worker: str) -> Any:
        return update(cls).where(cls.id.in_([item.id for item in held]), cls.state == RUNNING)

    monkeypatch.setattr(leases, "_held", held_by_anybody)


def _finished_taken_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that is done keeps its time and is taken again when the lease would have ended."""
    true = leases.finish

    def finish(session: Session, cls: Any, held: Any, **more: Any) -> Any:
        return true(session, cls, held, **more, due_at=more["now"] + LEASE)

    monkeypatch.setattr(leases, "finish", finish)


@pytest.mark.parametrize("mutant", [_lease_ignored, _never_reclaimed, _unfenced, _finished_taken_again])
def test_each_seeded_fault_is_caught(
    mutant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant(monkeypatch)
    with pytest.raises(AssertionError):
        run(100)


# On both databases -----------------------------------------------------------------------------------------------


@pytest.fixture
def works(shop: Shop) -> Iterator[Shop]:
    yield shop
    with shop.database.system(actor="system:test") as session:
        session.execute(WorkItem.__table__.delete())


def plan(shop: Shop, key: str, at: datetime, **payload: Any) -> None:
    with shop.session() as session:
        work.plan(session, **shop.place.columns(), kind="test", key=key, at=at, now=START, payload=payload)


def take(database: Database, worker: str, now: datetime, limit: int = 100) -> list[str]:
    with database.system(actor="system:test") as session:
        rows = leases.claim(session, WorkItem, worker=worker, now=now, lease=LEASE, limit=limit)
        return [row.key for row in rows]


def test_work_is_taken_at_its_time_and_after_downtime_once(works: Shop) -> None:
    plan(works, "later", START + timedelta(hours=1))
    assert take(works.database, "one", START + timedelta(minutes=59)) == []
    assert take(works.database, "one", START + timedelta(days=3)) == ["later"]
    assert take(works.database, "two", START + timedelta(days=3)) == []
    assert take(works.database, "two", START + timedelta(days=3) + LEASE) == ["later"]


def test_planning_again_moves_what_has_not_begun_and_cancelling_ends_it(works: Shop) -> None:
    plan(works, "a", START + timedelta(hours=1))
    plan(works, "a", START + timedelta(hours=2), reason="new")
    assert take(works.database, "one", START + timedelta(hours=1)) == []
    with works.session() as session:
        found = session.scalars(select(WorkItem)).one()
        assert (found.payload, found.state) == ({"reason": "new"}, WAITING)
        assert work.cancel(session, **works.place.columns(), kind="test", key="a", now=START)
    assert take(works.database, "one", START + timedelta(hours=5)) == []


def test_many_workers_at_once_take_each_row_once(database: Database) -> None:
    shop = open_shop(database)
    for number in range(60):
        plan(shop, str(number), START)
    taken: list[list[str]] = [[] for _ in range(4)]

    def work_off(index: int) -> None:
        while found := take(database, f"worker {index}", START, limit=5):
            taken[index] += found

    threads = [threading.Thread(target=work_off, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(key for keys in taken for key in keys) == sorted(map(str, range(60)))


def test_a_claim_is_one_statement_and_leaves_the_rest_alone(works: Shop) -> None:
    for number in range(5):
        plan(works, str(number), START + timedelta(seconds=number))
    statements: list[str] = []
    with works.database.system(actor="system:test") as session:
        event.listen(session.connection(), "before_cursor_execute", lambda *given: statements.append(given[2]))
        rows = leases.claim(session, WorkItem, worker="one", now=START + LEASE, lease=LEASE, limit=2)
        assert [(row.key, row.attempts, row.state) for row in rows] == [("0", 1, RUNNING), ("1", 1, RUNNING)]
    assert len(statements) == 1
    assert take(works.database, "two", START + LEASE) == ["2", "3", "4"]
