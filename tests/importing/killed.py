"""What is killed: an import, or a burst of recorded pre-checks, in a process of its own.

    python -m tests.importing.killed import URL ENTITY STORE FILE
    python -m tests.importing.killed burst URL ENTITY STORE

Each line on standard output is an acknowledgement: records that are done, or the id of a pre-check that is kept.
"""

from __future__ import annotations

import sys
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from store_model.db import Database, open_database
from store_model.deadlines import Limits
from store_model.findings_load import FindingRow, PrecheckRow
from store_model.tenancy import Scope

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAYS = timedelta(days=1)
LIMITS = Limits(risk_control=DAYS, handling_default=DAYS, cancel_answer=DAYS, dispute_answer=DAYS, scan=DAYS)
WRITERS = 8
FINDINGS = 3


def acknowledge(word: object) -> None:
    """One line, at once."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def import_it(database: Database, scope: Scope, store_id: int, file: Path) -> None:
    """An import in small chunks."""
    from api.importing import run, sources

    target = run.Target(database=database, scope=scope, store_id=store_id)
    source = sources.open_source(file, name=file.name, zone=ZoneInfo("UTC"))
    run_id, done = run.begin(target, source, sources.sha256_of(file))
    acknowledge(done)
    run.carry_on(target, source, run_id, done, run.Options(limits=LIMITS, seen_at=NOW, chunk=7), acknowledge)
    acknowledge("done")


def burst(database: Database, scope: Scope, store_id: int) -> None:
    """Many threads that record pre-checks of the products p0 … p7 until they are stopped."""
    from api.services.recording import Recorded, new_id, write
    from store_model.group_commit import GroupWriter

    def commit(records: object) -> None:
        with database.scoped(scope) as session:
            write(session, store_id, list(records))  # type: ignore[call-overload]

    writer: GroupWriter[Recorded] = GroupWriter(commit, name="recorder")

    def work(number: int) -> None:
        turn = 0
        while True:
            turn += 1
            row = PrecheckRow(
                new_id(NOW), f"p{number}", "0" * 64, "valid", "pack", "1", "d", date(2026, 11, 23), NOW, "test", "[]"
            )
            findings = tuple(
                FindingRow(
                    f"f1:{number}-{(turn + part) % 5}", "LST104", 1, "C", "error", "block", "listing", f"p{number}",
                    None, "{}", "{}",
                )
                for part in range(FINDINGS)
            )  # fmt: skip
            writer.put(Recorded(scope.entity_id, store_id, NOW, row, findings))
            acknowledge(row.id)

    for number in range(WRITERS):
        threading.Thread(target=work, args=(number,), daemon=True).start()
    threading.Event().wait()


def main(what: str, url: str, entity: str, store: str, *rest: str) -> None:
    """Play one of the two parts."""
    database = open_database(url)
    scope = Scope(int(entity), frozenset({int(store)}), "test")
    if what == "import":
        import_it(database, scope, int(store), Path(rest[0]))
    else:
        burst(database, scope, int(store))


if __name__ == "__main__":
    main(*sys.argv[1:])
