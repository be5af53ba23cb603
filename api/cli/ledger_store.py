"""What the commands of the ledger share: one store with its book, answers as JSON, moments, words for refusals."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter

from api.cli.common import CLEAN, Lang, fail
from engine.errors import IntakeError, StorewardenError

StoreName = Annotated[str, Parameter(name="--store")]
Moment = Annotated[str | None, Parameter(show_default=False)]
WORDS = {
    "en": {
        "no_store": "There is no store {}; the stores are: {}",
        "none": "none yet",
        "moment": '"{}" is no moment; write a day such as 2026-08-22 or 2026-08-22T12:00:00Z',
    },
    "zh": {
        "no_store": "没有店铺 {}；现有店铺：{}",
        "none": "尚无",
        "moment": "“{}”不是有效时间；请写日期（如 2026-08-22）或 2026-08-22T12:00:00Z",
    },
}


class Refused(Exception):
    """What ends a command with words for the user."""


def show(value: Any) -> int:
    """Print an answer as JSON, for people and programs alike."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=1).decode() + "\n")
    return CLEAN


def said(problem: Any, lang: Lang) -> str:
    """A problem of the service as lines for the terminal."""
    told = problem.to_dict(lang, "")
    faults = told.get("errors", ())
    lines = [f"  {fault.get('parameter') or fault.get('pointer') or ''}  {fault['detail']}" for fault in faults]
    return "\n".join([str(told["detail"]), *lines])


def answer(store: str, lang: Lang, job: Callable[..., Any]) -> int:
    """Run a job in one store and print what it answers as JSON."""

    def shown(*given: Any) -> int:
        return show(job(*given))

    return in_ledger(store, lang, shown)


def in_ledger(store: str, lang: Lang, job: Callable[..., int]) -> int:
    """Run a job in one store's session, with its book and the time."""
    from api.cli.common import open_pack
    from api.cli.importing import find_store
    from api.problems import ProblemError
    from api.services.penalties import Penalties
    from engine.ledger.engines import Twin
    from store_model.bulk import Place

    try:
        with open_ledgers() as database:
            found, names = find_store(database, store, actor="cli:ledger")
            if found is None:
                return fail(WORDS[lang]["no_store"].format(store, names or WORDS[lang]["none"]))
            scope, store_id = found
            penalties = Penalties(open_pack(None), Twin())
            with database.scoped(scope) as session:
                place = Place(scope.entity_id, store_id)
                return job(session, place, penalties.of_store(session, place), database.now())
    except IntakeError as error:
        return fail(f"{error.where}: {error.en if lang == 'en' else error.zh}")
    except ProblemError as problem:
        return fail(said(problem, lang))
    except (Refused, StorewardenError) as error:
        return fail(str(error))


@contextmanager
def open_ledgers() -> Iterator[Any]:
    """The database that the settings name."""
    from api.settings import read_settings
    from store_model.db import open_database

    database = open_database(read_settings(os.environ).database_url)
    try:
        yield database
    finally:
        database.close()


def moment_of(text: str | None, lang: Lang) -> datetime | None:
    """A day or a moment that was given; Refused for what is none."""
    from api.services.penalties import read_moment

    if text is None:
        return None
    try:
        return read_moment(text)
    except (ValueError, OverflowError, msgspec.ValidationError):
        raise Refused(WORDS[lang]["moment"].format(text[:40])) from None
