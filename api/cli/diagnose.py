"""`storewarden diagnose FILE|DIR…`: a whole catalogue, in parts, by all cores, to be taken up again after a crash."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from cyclopts import Parameter

from api.cli.common import BAD_INPUT, BLOCKED, CLEAN, Lang, fail, open_pack
from engine import IntakeError, Pack, Store, StorewardenError, Waiver
from engine.findings import Mode

UNDER_WAY = {"en": "checking", "zh": "正在检查"}


def diagnose(
    *paths: Path,
    out: Annotated[list[Path] | None, Parameter(alias="-o", negative=())] = None,
    workers: Annotated[int | None, Parameter(alias="-w")] = None,
    engine: Literal["local", "spark"] = "local",
    master: str | None = None,
    state: Path | None = None,
    lang: Lang = "en",
    as_of: date | None = None,
    store: Path | None = None,
    waivers: Path | None = None,
    model: Path | None = None,
    shadow: bool = False,
    pack: Path | None = None,
) -> int:
    """Diagnose a whole catalogue: Parquet (a file or a directory of parts), xlsx, CSV, JSON, NDJSON.

    Exit code: 0 nothing blocks, 1 findings that block, 2 input (or a part of it) that could not be read.

    Parameters
    ----------
    paths
        Files, or directories whose files are taken in the order of their names.
    out
        Where the findings go; the name says the form: .ndjson, .parquet, .xlsx, .csv or .sarif. Repeatable.
    workers
        Processes to use; by default one for each core.
    engine
        local: processes of this machine; spark: tasks of Apache Spark (extra `spark`).
    master
        Where Spark runs: local[2], spark://host:7077, yarn …; all cores of this machine by default.
    state
        A directory that keeps finished parts: the same command goes on there after a crash or Ctrl-C.
    lang
        Language of the messages: en or zh.
    as_of
        Use the rules in force on this day (2026-11-23); today by default.
    store
        A JSON file with what is known of the store: approved_brands, product_limit, groups …
    waivers
        A JSON file with accepted findings: [{"rule", "fingerprint", "subject", "reason", "until"}].
    model
        A category model of your own, from `storewarden train category`.
    shadow
        Include the findings of rules in shadow mode.
    pack
        The folder of a rule pack; the shipped AliExpress pack by default.
    """
    from api.diagnosis.outputs import form_of

    if not paths:
        return fail("storewarden diagnose: name at least one file or directory (see --help)")
    if workers is not None and workers < 1:
        return fail(f"storewarden diagnose: --workers {workers}: at least 1")
    if engine == "local" and master is not None:
        return fail("storewarden diagnose: --master is Spark's; say --engine spark too")
    if engine == "spark" and workers is not None:
        return fail("storewarden diagnose: --workers is not Spark's; say how many with --master 'local[4]'")
    if model is not None and not model.is_file():
        return fail(f"storewarden diagnose: there is no model {model}; make one with `storewarden train category`")
    settings = {"category_model": str(model)} if model else {}
    loaded = open_pack(pack, settings=settings or None)
    try:
        forms = [(target, form_of(target)) for target in out or ()]
        known = _read(store, Store) if store else None
        accepted = _read(waivers, list[Waiver]) if waivers else []
        by = _doing(engine, master, workers)
        return _run(
            loaded, paths, forms, by, state, lang, as_of or datetime.now(UTC).date(),
            known, accepted, settings, shadow,
        )  # fmt: skip
    except IntakeError as error:
        where = f"{error.where}: " if error.where else ""
        return fail(f"storewarden diagnose: {where}{getattr(error, lang)}")
    except (OSError, ValueError, StorewardenError) as error:
        return fail(f"storewarden diagnose: {error}")


Do = Callable[[Any, Sequence[Any]], Iterator[tuple[Any, Any]]]
"""Does the parts of a plan; gives each with its outcome when it is done."""


def _doing(engine: str, master: str | None, workers: int | None) -> Do:
    if engine == "spark":
        from api.diagnosis import spark

        return partial(spark.run, master=master or spark.LOCAL)
    from api.diagnosis import pool

    return partial(pool.run, workers=workers or os.cpu_count() or 1)


def _run(
    pack: Pack, paths: Sequence[Path], forms: Sequence[tuple[Path, Any]], do: Do, folder: Path | None,
    lang: Lang, day: date, store: Store | None, waivers: Sequence[Waiver], settings: dict[str, Any], shadow: bool,
) -> int:  # fmt: skip
    from api.diagnosis import outputs, pool
    from api.diagnosis.parts import find_files, find_parts, identity
    from api.diagnosis.state import State
    from engine.evaluate.catalogue import Tally

    files = find_files(paths)
    with ExitStack() as stack:
        place = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="storewarden-")))
        kept = State(place)
        hidden = frozenset() if shadow else frozenset({str(Mode.SHADOW)})
        kept.begin(
            {
                "files": identity(files), "as_of": day.isoformat(), "pack": pack.digest, "shadow": shadow,
                "store": msgspec.to_builtins(store), "waivers": msgspec.to_builtins(list(waivers)),
                "settings": settings,
            }
        )  # fmt: skip
        plan = pool.Plan(
            pack=pack.path, as_of=day, folder=place, store=store, waivers=tuple(waivers), hidden=hidden,
            settings=tuple(settings.items()),
        )  # fmt: skip
        pool.know(plan, pack)
        parts = find_parts(files, kept.spool)
        left = [part for part in parts if kept.outcome(part.number) is None]
        if len(left) < len(parts):
            print(_resumed(len(parts) - len(left), len(parts), lang), file=sys.stderr)
        began = time.monotonic()
        checked = sum(part.rows for part in left)
        with _progress(checked, lang) as advance:
            for part, _ in do(plan, left):
                advance(part.rows)
        seconds = time.monotonic() - began
        outcomes = [found for part in parts if (found := kept.outcome(part.number)) is not None]
        for target, form in forms:
            unfinished = target.with_name(target.name + ".tmp")
            with unfinished.open("wb") as stream:
                outputs.write(form, kept.tables(len(parts)), stream, pack=pack, as_of=day, lang=lang)
            unfinished.replace(target)
        total = Tally()
        for outcome in outcomes:
            total.add(outcome.tally)
        _summary(pack, total, outcomes, checked, seconds, lang)
        if any(outcome.fault for outcome in outcomes) or total.results.get("unread"):
            return BAD_INPUT
        return BLOCKED if total.invalid else CLEAN


def _resumed(done: int, count: int, lang: Lang) -> str:
    if lang == "zh":
        return f"继续上次的诊断：{count} 个分片中已完成 {done} 个"
    return f"going on with an earlier run: {done} of {count} parts are done"


@contextmanager
def _progress(total: int, lang: Lang) -> Iterator[Any]:
    """A progress bar with the rate on the terminal; nothing where there is none."""
    if not sys.stderr.isatty() or not total:
        yield lambda rows: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )  # fmt: skip
    # A thread that redraws would keep the workers from being forked.
    with Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False) as bar:
        task = bar.add_task(UNDER_WAY[lang], total=total, rate="")
        began = time.monotonic()
        done = 0

        def advance(rows: int) -> None:
            nonlocal done
            done += rows
            rate = done / max(time.monotonic() - began, 1e-9)
            bar.update(task, advance=rows, rate=f"{rate:,.0f}/s")
            bar.refresh()

        bar.refresh()
        yield advance


def _summary(pack: Pack, total: Any, outcomes: Sequence[Any], checked: int, seconds: float, lang: Lang) -> None:
    from rich.console import Console
    from rich.table import Table

    words = WORDS[lang]
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    severity = {rule.code: rule.severity for rule in pack.rules.values()}
    if total.codes:
        table = Table(box=None, pad_edge=False)
        for name in words["columns"]:
            table.add_column(name, justify="right" if name == words["columns"][-1] else "left", no_wrap=True)
        for code, count in sorted(total.codes.items(), key=lambda pair: (-pair[1], pair[0])):
            known = pack.codes.get(code)
            title = known.title[lang] if known is not None else ""
            table.add_row(code, severity.get(code, ""), title, f"{count:,}")
        console.print(table)
    rate = f"{checked / seconds:,.0f}" if seconds and checked else "0"
    console.print(
        words["total"].format(
            listings=f"{total.listings:,}",
            findings=f"{total.results.get('fail', 0):,}",
            clean=f"{total.clean:,}",
            invalid=f"{total.invalid:,}",
            seconds=f"{seconds:.1f}",
            rate=rate,
        )
    )
    for result in ("waived", "error", "unread"):
        if count := total.results.get(result):
            console.print(words[result].format(count=f"{count:,}"))
    if total.not_checked:
        rules = ", ".join(sorted(total.not_checked))
        console.print(words["not_checked"].format(count=len(total.not_checked), rules=rules), soft_wrap=True)
    for outcome in outcomes:
        if outcome.why is not None:
            console.print(f"{words['bad_part']} {outcome.name}: {getattr(outcome.why, lang)}", soft_wrap=True)
        if outcome.ignored:
            console.print(f"{words['ignored']} {outcome.name}: {', '.join(outcome.ignored)}", soft_wrap=True)


WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "columns": ("code", "severity", "what", "findings"),
        "total": "{listings} listings, {findings} findings; {invalid} listings blocked, {clean} clean; "
        "{seconds} s, {rate} listings/s",
        "waived": "{count} findings are waived",
        "error": "{count} times a rule crashed; the results name rule and listing",
        "unread": "{count} values could not be read; the results name them",
        "not_checked": "{count} rules could not be decided on some listings for want of facts: {rules}",
        "bad_part": "not done:",
        "ignored": "columns left aside in",
    },
    "zh": {
        "columns": ("代码", "级别", "问题", "数量"),
        "total": "共 {listings} 个商品，{findings} 个问题；{invalid} 个商品被拦截，{clean} 个无问题；"
        "用时 {seconds} 秒，每秒 {rate} 个",
        "waived": "{count} 个问题已豁免",
        "error": "规则出错 {count} 次，结果中列明规则与商品",
        "unread": "{count} 个值无法读取，详见结果",
        "not_checked": "{count} 条规则因部分商品缺少信息而无法判断：{rules}",
        "bad_part": "未完成：",
        "ignored": "未使用的列",
    },
}


def _read(path: Path, kind: Any) -> Any:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{path}: {error}") from error
