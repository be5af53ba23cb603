"""`storewarden import FILE --store ID`: files that sellers export, into the store model."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from api.cli.common import BLOCKED, CLEAN, Lang, fail
from engine.errors import IntakeError, StorewardenError

Kind = Literal["products", "orders", "assessments", "disputes", "evaluations", "analytics", "violations"]
WORDS = {
    "en": {
        "no_store": "There is no store {}; the stores are: {}",
        "none": "none yet",
        "resumed": "Going on behind record {}.",
        "done": "{kind}: {done} records: {inserted} new, {updated} changed, {unchanged} unchanged, {refused} refused.",
        "refused": "Refused, with the reason:",
        "values": "values left out, with the reason:",
        "more": "… and more; all of them: GET /v1/stores/{}/imports/{}/refusals",
        "taken": "Another process is importing this file.",
        "record": "record {}",
    },
    "zh": {
        "no_store": "没有店铺 {}；现有店铺：{}",
        "none": "尚无",
        "resumed": "从第 {} 条记录之后继续。",
        "done": "{kind}：共 {done} 条：新增 {inserted}，更新 {updated}，未变 {unchanged}，拒绝 {refused}。",
        "refused": "被拒绝的内容及原因：",
        "values": "未采用的值及原因：",
        "more": "……还有更多；全部见：GET /v1/stores/{}/imports/{}/refusals",
        "taken": "另一进程正在导入该文件。",
        "record": "第 {} 条记录",
    },
}
SHOWN = 50
"""Refusals that are printed."""


def import_file(
    file: Path,
    /,
    *,
    store: Annotated[str, Parameter(name="--store")],
    kind: Kind | None = None,
    status: Literal["draft", "onSelling", "offline"] = "draft",
    pack: Path | None = None,
    lang: Lang = "en",
) -> int:
    """Import a file into a store; the same file twice changes nothing. 将文件导入店铺，重复导入不产生变化。

    Exit code: 0 all taken, 1 some rows refused, 2 bad input. 退出码：0 全部导入，1 有被拒绝的行，2 输入有误。

    Parameters
    ----------
    file
        xlsx, CSV, TSV, JSON or NDJSON, each also gzipped. 文件。
    store
        The store's id or its exact name. 店铺编号或名称。
    kind
        What the file holds; told by its content when left out. 数据类型，默认自动识别。
    status
        The status of new products that do not say theirs. 未注明状态的新商品的状态。
    pack
        The rule pack whose limits apply. 规则包。
    lang
        Language of the report. 报告语言。
    """
    try:
        return _import(file, store, kind, status, pack, lang)
    except IntakeError as error:
        return fail(f"{error.where or file}: {error.en if lang == 'en' else error.zh}")
    except StorewardenError as error:
        return fail(f"storewarden import: {error}")


def _import(file: Path, store: str, kind: str | None, status: str, pack: Path | None, lang: Lang) -> int:
    import rules
    from api.cli.common import PACK
    from api.importing import run, sources
    from api.services.backoffice import load_backoffice
    from api.settings import read_settings
    from store_model.db import open_database
    from store_model.imports import ImportRun

    words = WORDS[lang]
    limits = load_backoffice(pack or rules.path(PACK))
    if not file.is_file():
        raise IntakeError("there is no such file", "文件不存在", where=str(file), code="no_file")
    database = open_database(read_settings(os.environ).database_url)
    try:
        found, names = find_store(database, store)
        if found is None:
            return fail(words["no_store"].format(store, names or words["none"]))
        target = run.Target(database=database, scope=found[0], store_id=found[1])
        today = database.now().date()
        penalties = _Penalties(pack, target)
        source = sources.open_source(
            file, name=file.name, zone=limits.zone(today), kind=kind, offence=penalties.offence
        )
        run_id, done = run.begin(target, source, sources.sha256_of(file))
        if done:
            print(words["resumed"].format(done), file=sys.stderr)
        made = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        options = run.Options(limits=limits.limits(today), status=status, seen_at=made, book=penalties.book)
        with _Bar(file, done) as progress:
            run.carry_on(target, source, run_id, done, options, progress)
        with database.scoped(target.scope, read_only=True) as session:
            row = session.get_one(ImportRun, run_id)
            shown = run.refusals(session, row, SHOWN + 1)
            _report(row, shown, target.store_id, words, lang)
            return BLOCKED if row.refused else CLEAN
    except run.ImportTaken:
        return fail(words["taken"])
    finally:
        database.close()


def find_store(database: Any, wanted: str, *, actor: str = "cli:import") -> tuple[Any, str]:
    """((scope, store id) or None, the stores there are). `wanted` is an id or an exact name."""
    from sqlalchemy import select

    from store_model.accounts import Store
    from store_model.tenancy import Scope

    with database.system(actor=actor, read_only=True) as session:
        stores = session.scalars(select(Store).order_by(Store.id)).all()
        names = ", ".join(f"{row.id} {row.name}" for row in stores[:20])
        matches = [row for row in stores if str(row.id) == wanted] or [row for row in stores if row.name == wanted]
        if len(matches) != 1:
            return None, names
        row = matches[0]
        return (Scope(row.entity_id, frozenset({row.id}), actor), row.id), names


def _report(row: Any, shown: list[dict[str, Any]], store_id: int, words: dict[str, str], lang: Lang) -> None:
    names = ("kind", "done", "inserted", "updated", "unchanged", "refused")
    print(words["done"].format(**{name: getattr(row, name) for name in names}))
    for is_whole, title in ((True, words["refused"]), (False, words["values"])):
        listed = [one for one in shown[:SHOWN] if one["is_whole_record"] is is_whole]
        if listed:
            print(title)
        for one in listed:
            place = one["place"].get(lang) or words["record"].format(one["record"])
            print(f"  {place}: {one['reason'][lang]}")
    if len(shown) > SHOWN:
        print(words["more"].format(store_id, row.id))


class _Penalties:
    """The penalty rules, loaded when a file of violations asks for them."""

    def __init__(self, pack: Path | None, target: Any) -> None:
        self._pack, self._target = pack, target
        self._service: Any = None

    def book(self, session: Any, place: Any) -> Any:
        """What takes in the violations of the store."""
        if self._service is None:
            from api.cli.common import open_pack
            from api.services.penalties import Penalties

            self._service = Penalties(open_pack(self._pack))
        return self._service.of_store(session, place)

    def offence(self, named: str) -> str | None:
        """The rule behind the name of an offence."""
        from api.services.penalties import offence_id

        with self._target.database.scoped(self._target.scope, read_only=True) as session:
            return offence_id(self.book(session, self._target.place).regime, named)


class _Bar:
    """A progress bar on standard error where that is a terminal; silence elsewhere."""

    def __init__(self, file: Path, done: int) -> None:
        self._file, self._done = file, done
        self._bar: Any = None

    def __enter__(self) -> Any:
        from rich.console import Console
        from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        console = Console(stderr=True)
        columns = (SpinnerColumn(), TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn())
        self._bar = Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
        self._bar.start()
        task = self._bar.add_task(self._file.name, total=None, completed=self._done)
        return lambda done: self._bar.update(task, completed=done)

    def __exit__(self, *error: object) -> None:
        self._bar.stop()
