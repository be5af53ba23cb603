"""What `storewarden score …` is asked of: files or a store, a day, a pack; and how it answers."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from cyclopts import Parameter

from api.cli.common import CLEAN, Lang, fail
from engine.errors import IntakeError, StorewardenError

if TYPE_CHECKING:
    from api.scoring.desk import Desk

WORDS = {
    "en": {
        "source": "Name a folder or file of orders, or a store of the database with --store.",
        "no_store": "There is no store {}; the stores are: {}",
        "none": "none yet",
        "several": "The files hold {} stores; choose one with --store: {}",
        "day": '"{}" is no day; write it as 2026-11-23',
        "number": '"{}" is no number',
        "do": '"{}" is no action; write KIND:ID, such as withdraw_dispute:7000000001',
        "aim": "Name what to reach: --level excellent, or --score 90.",
        "level": 'There is no level "{}"; known are {}',
        "indicator": 'There is no indicator "{}"; known are {}',
        "no_score": "The pack has no daily score in force on {}.",
        "wrote": "wrote {}",
    },
    "zh": {
        "source": "请指定订单文件或文件夹，或用 --store 指定数据库中的店铺。",
        "no_store": "没有店铺 {}；现有店铺：{}",
        "none": "尚无",
        "several": "文件包含 {} 家店铺，请用 --store 选择：{}",
        "day": "“{}”不是日期，请写成 2026-11-23",
        "number": "“{}”不是数字",
        "do": "“{}”不是有效操作，请写成 操作:编号，如 withdraw_dispute:7000000001",
        "aim": "请指定目标：--level excellent 或 --score 90。",
        "level": "没有等级“{}”；可用：{}",
        "indicator": "没有指标“{}”；可用：{}",
        "no_score": "规则包在 {} 没有生效的每日服务分。",
        "wrote": "已写入 {}",
    },
}


class Refused(Exception):
    """What ends a command with words for the user."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class AskedOfAll:
    """What every command can be told besides its own."""

    as_of: Annotated[
        str | None,
        Parameter(
            name="--as-of",
            show_default=False,
            help="The day; whole days before it count. Today by default. 评分日期，默认今天。",
        ),
    ] = None
    pack: Annotated[
        Path | None,
        Parameter(name="--pack", show_default=False, help="Another revision of the rules. 其他版本的规则包。"),
    ] = None
    lang: Annotated[Lang, Parameter(name="--lang", help="en or zh. 语言。")] = "en"


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(AskedOfAll):
    """The same for a command that is about one store."""

    store: Annotated[
        str | None,
        Parameter(
            name="--store",
            show_default=False,
            help="A store of the database by id or name; of files with several stores, which one. 店铺。",
        ),
    ] = None


PLAIN, PLAIN_OF_ALL = Asked(), AskedOfAll()


def with_desk(source: Path | None, asked: Asked, job: Callable[[Desk], int], *, history: int = 0) -> int:
    """Run a job on the files or the store that is asked for; `history` are the days before that it needs."""

    def run() -> int:
        from api.scoring.desk import Desk

        rules_of, day = rules_at(asked.pack), day_asked(asked.as_of, asked.lang)
        if source is not None:
            with Files(source, rules_of, day) as origin:
                return job(Desk(rules_of, origin, one_store(origin, asked.store, asked.lang), day, history=history))
        if asked.store is None:
            raise Refused(WORDS[asked.lang]["source"])
        return in_database(rules_of, asked.store, day, asked.lang, job, history)

    return guarded(asked.lang, run)


def guarded(lang: Lang, job: Callable[[], int]) -> int:
    """Run a job; what it cannot do is said on stderr, exit code 2."""
    try:
        return job()
    except IntakeError as error:
        return fail(f"{error.where}: {error.en if lang == 'en' else error.zh}")
    except StorewardenError as error:
        return fail(getattr(error, lang, None) or str(error))
    except Refused as error:
        return fail(str(error))


def rules_at(pack: Path | None) -> Any:
    """The performance rules of a pack folder; of the shipped pack without one."""
    import rules
    from api.cli.common import PACK, open_pack
    from api.scoring.rules import PerformanceRules
    from api.services.backoffice import load_backoffice

    loaded = open_pack(pack)
    backoffice = load_backoffice(loaded.path)
    if "performance" not in backoffice.sections:  # a pack of rules alone is looked at as the shipped one is
        backoffice = load_backoffice(rules.path(PACK))
    return PerformanceRules(loaded, backoffice)


class Files:
    """The rows of files, closed at the end."""

    def __init__(self, source: Path, rules_of: Any, day: date, *, memory: str = "1GB") -> None:
        from engine.scoring import days
        from store_model.performance import files

        now = days.seconds(datetime.now(UTC))
        self.store = files.Store(files.find(source), rules_of.limits(day), now=now, memory=memory)

    def __enter__(self) -> Any:
        return self.store

    def __exit__(self, *error: object) -> None:
        self.store.close()


def one_store(origin: Any, wanted: str | None, lang: Lang) -> str:
    """The store of the files that is meant; Refused when it is not there or there are several."""
    names = origin.stores()
    shown = ", ".join(names[:20])
    if wanted is not None:
        if wanted not in names:
            raise Refused(WORDS[lang]["no_store"].format(wanted, shown or WORDS[lang]["none"]))
        return wanted
    if len(names) > 1:
        raise Refused(WORDS[lang]["several"].format(len(names), shown))
    return names[0] if names else "1"


def in_database(rules_of: Any, store: str, day: date, lang: Lang, job: Callable[[Desk], int], history: int) -> int:
    """Run a job on a store of the database."""
    from api.cli.importing import find_store
    from api.scoring.desk import Desk
    from api.settings import read_settings
    from store_model.bulk import Place
    from store_model.db import open_database
    from store_model.performance.tables import Tables

    database = open_database(read_settings(os.environ).database_url)
    try:
        found, names = find_store(database, store, actor="cli:score")
        if found is None:
            raise Refused(WORDS[lang]["no_store"].format(store, names or WORDS[lang]["none"]))
        scope, store_id = found
        with database.scoped(scope, read_only=True) as session:
            origin = Tables(session, Place(scope.entity_id, store_id), rules_of.limits(day), now=database.now())
            return job(Desk(rules_of, origin, str(store_id), day, history=history))
    finally:
        database.close()


def needs_score(desk: Desk, lang: Lang) -> None:
    """Refused where the pack has no daily score on that day."""
    if desk.score is None or desk.score not in desk.force.formulas:
        raise Refused(WORDS[lang]["no_score"].format(desk.as_of))


def show(found: Any, form: str, text: Callable[[Any], str]) -> int:
    """Print what was found as JSON, or as text by `text`."""
    if form == "json":
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found), indent=1).decode() + "\n")
    else:
        print(text(found))
    return CLEAN


def day_asked(text: str | None, lang: Lang) -> date:
    """The day of --as-of; today without one."""
    return read_day(text, lang) if text is not None else datetime.now(UTC).date()


def read_day(text: str, lang: Lang) -> date:
    """A day as it is written; ends the command when it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        print(WORDS[lang]["day"].format(text[:40]), file=sys.stderr)
        sys.exit(2)


def read_number(text: str, lang: Lang) -> Decimal:
    """A number as it is written; ends the command when it is none."""
    try:
        return Decimal(text)
    except InvalidOperation:
        print(WORDS[lang]["number"].format(text[:40]), file=sys.stderr)
        sys.exit(2)


def read_action(word: str, lang: Lang) -> tuple[str, str]:
    """KIND:ID of --do; ends the command when it is neither."""
    kind, colon, name = word.partition(":")
    if not colon or not name:
        print(WORDS[lang]["do"].format(word[:60]), file=sys.stderr)
        sys.exit(2)
    return kind, name
