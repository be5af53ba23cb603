"""A store of the database, or each of them, for commands that work within stores."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from api.cli.common import Lang, fail

WORDS = {
    "en": {"no_store": "There is no store {}; the stores are: {}", "none": "none yet"},
    "zh": {"no_store": "没有店铺 {}；现有店铺：{}", "none": "尚无"},
}


def in_store(
    wanted: str | None, lang: Lang, *, actor: str = "system:command-line"
) -> Iterator[tuple[Any, Any, datetime]]:
    """(session of that store alone, the store, the time), of one store by id or exact name, or of all of them.

    Each session commits when the next is asked for; who leaves the loop before that takes its changes back.
    LookupError with words for the user when there is no such store.
    """
    from sqlalchemy import select

    from api.settings import read_settings
    from store_model.accounts import Store
    from store_model.db import open_database
    from store_model.tenancy import Scope

    database = open_database(read_settings(os.environ).database_url)
    try:
        with database.system(actor=actor, read_only=True) as session:
            stores = list(session.scalars(select(Store).order_by(Store.id)))
            places = [(row.id, row.name, row.entity_id) for row in stores]
        if wanted is not None:
            found = [one for one in places if str(one[0]) == wanted] or [one for one in places if one[1] == wanted]
            if len(found) != 1:
                names = ", ".join(f"{number} {name}" for number, name, _ in places[:20])
                raise LookupError(WORDS[lang]["no_store"].format(wanted, names or WORDS[lang]["none"]))
            places = found
        for store_id, _, entity_id in places:
            with database.scoped(Scope(entity_id, frozenset({store_id}), actor)) as session:
                yield session, session.get_one(Store, store_id), database.now()
    finally:
        database.close()


def answered(job: Callable[[], int], lang: Lang) -> int:
    """The exit code of a job in stores; what the service refuses is told as the terminal tells it, with code 2."""
    from api.cli.ledger_store import Refused, said
    from api.problems import ProblemError

    try:
        return job()
    except ProblemError as problem:
        return fail(said(problem, lang))
    except (LookupError, Refused) as error:
        return fail(str(error))
