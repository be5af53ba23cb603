"""SIGKILL in the middle of a burst of writes: what was acknowledged is there, whole, and the audit's chain holds."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest
from sqlalchemy import select

from store_model.accounts import IdempotentRequest, User
from store_model.audit import verify
from store_model.db import Database
from tests.tenants import add_tenants

KILLS = 3
WRITER = """
import sys
from store_model.accounts import IdempotentRequest, User
from store_model.db import open_database
from store_model.tenancy import Scope

database = open_database(sys.argv[1])
number = int(sys.argv[3])
while True:
    with database.scoped(Scope(int(sys.argv[2]), None, "user:writer")) as session:
        session.add(User(email=f"w{number}@example.com", name="W"))
        session.flush()
        kept = {"created_at": database.now(), "status": 201, "headers": {}, "body": {}}
        session.add(IdempotentRequest(key_hash=f"w{number}", request_hash="x", **kept))
    print(number, flush=True)
    number += 1
"""


@pytest.mark.slow
def test_a_killed_writer_leaves_nothing_half_written_and_loses_nothing(database: Database) -> None:
    tenants = add_tenants(database)
    url = database.engine.url.render_as_string(hide_password=False)
    chance, acknowledged = random.Random(7), set()
    for kill in range(KILLS):
        first = (kill + 1) * 1_000_000
        command = [sys.executable, "-c", WRITER, url, str(tenants.one), str(first)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            for _ in range(chance.randrange(1, 40)):
                acknowledged.add(int(writer.stdout.readline()))
            writer.kill()
            acknowledged |= {int(line) for line in writer.stdout.read().splitlines() if line}
    with database.system(actor="system:test", read_only=True) as session:
        users = {email.partition("@")[0] for email in session.scalars(select(User.email)) if email[1:2].isdigit()}
        keys = set(session.scalars(select(IdempotentRequest.key_hash)))
        chains = verify(session)
    assert {f"w{number}" for number in acknowledged} <= users
    assert users == keys
    assert [chain.broken for chain in chains] == [None, None]
    assert chains[0].records >= len(users)
