"""`storewarden check FILE…`: what is wrong with these listings, why, where exactly, and the fix."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from cyclopts import Parameter

from api.cli.common import BAD_INPUT, BLOCKED, CLEAN, Lang, fail, open_pack
from api.cli.results import FileResult, RowResult, Show, Summary
from api.cli.stdin import STDIN
from engine import IntakeError, Pack, Peers, Store, Waiver
from engine.findings import Mode, Severity
from engine.intake import Record, read_file
from engine.intake.files import read_bytes
from engine.pictures import NoPillow, Read, folder, has_embedded, look, nowhere, with_pictures

SECONDS_PER_LISTING = 10.0
"""After this long no further rule of a listing is begun; what is left is reported as not checked."""


def check(
    *files: Path,
    format: Annotated[Literal["text", "json", "sarif", "csv"], Parameter(alias="-f")] = "text",  # noqa: A002
    lang: Lang = "en",
    min_severity: Literal["error", "warning", "info"] = "info",
    fix: bool = False,
    suggested: bool = False,
    explain: str | None = None,
    as_of: date | None = None,
    store: Path | None = None,
    waivers: Path | None = None,
    column: Annotated[list[str] | None, Parameter(negative=())] = None,
    model: Path | None = None,
    images: Path | None = None,
    shadow: bool = False,
    pack: Path | None = None,
    output: Annotated[Path | None, Parameter(alias="-o")] = None,
) -> int:
    """Check listings before they are published: JSON drafts, Open Platform JSON, 店小秘 xlsx, CSV, xlsx.

    Exit code: 0 nothing blocks, 1 findings that block, 2 bad input.

    Parameters
    ----------
    files
        Files with listings; `-` reads JSON from standard input.
    format
        How the answer is written: text for people, json, sarif 2.1.0 or csv for programs.
    lang
        Language of the messages: en or zh.
    min_severity
        Show only findings that are at least this bad. The verdict and the exit code count all of them.
    fix
        Write FILE.fixed.… with the safe, verified fixes applied. The input is never changed.
    suggested
        With --fix: apply the suggested fixes as well.
    explain
        Say for one rule (such as LST104) why it did or did not fire on each listing.
    as_of
        Use the rules in force on this day (2026-11-23); today by default.
    store
        A JSON file with what is known of the store: approved_brands, product_limit, groups …
    waivers
        A JSON file with accepted findings: [{"rule", "fingerprint", "subject", "reason", "until"}].
    column
        How to read a column of a table: --column "Item name=title", repeatable.
    model
        A category model of your own, from `storewarden train category`.
    images
        A folder with the pictures, each named as in its URL: what they show is checked too. Nothing is fetched.
        图片所在文件夹（文件名与图片网址一致），不联网。
    shadow
        Show the findings of rules in shadow mode too.
    pack
        The folder of a rule pack; the shipped AliExpress pack by default.
    output
        Write the answer to this file instead of standard output.
    """
    if not files:
        return fail("storewarden check: name at least one file, or - for standard input (see --help)")
    if model is not None and not model.is_file():
        return fail(f"storewarden check: there is no model {model}; make one with `storewarden train category`")
    loaded = open_pack(pack, settings={"category_model": str(model)} if model else None)
    if explain is not None and explain not in loaded.rules:
        from engine import UnknownName

        return fail(str(UnknownName("rule", explain, list(loaded.rules))))
    try:
        known_store = _read(store, Store) if store else None
        accepted = _read(waivers, list[Waiver]) if waivers else []
        mapping = dict(_pair(entry) for entry in column or ())
    except (OSError, ValueError) as error:
        return fail(f"storewarden check: {error}")
    day = as_of or datetime.now(UTC).date()
    if images is not None and not images.is_dir():
        return fail(f"storewarden check: there is no folder {images}")
    job = Job(loaded, day, known_store, accepted, mapping, folder(images) if images is not None else nowhere)
    if images is not None:
        try:
            look(b"")
        except NoPillow as error:
            return fail(f"storewarden check: {error}")
    summary = Summary()
    with output.open("w", encoding="utf-8", newline="") if output else nullcontext(sys.stdout) as stream:
        show = Show(
            stream=stream,
            pack=loaded,
            as_of=day,
            lang=lang,
            least=Severity(min_severity),
            hidden=frozenset() if shadow else frozenset({Mode.SHADOW}),
            explain=explain,
        )
        writer = _writer(format, show)
        writer.begin()
        for file in files:
            result = job.open(file)
            writer.file(result)
            kept = []
            for row in _with_progress(result, summary):
                writer.row(result, row)
                summary.add(row)
                if fix:
                    kept.append(row)
            summary.close(result)
            writer.file_end(result)
            if fix and kept:
                from api.cli.write_back import write_fixed

                writer.note(write_fixed(file, result, kept, suggested=suggested, lang=lang))
        writer.end(summary)
    if summary.refused or summary.unreadable:
        return BAD_INPUT
    return BLOCKED if summary.invalid else CLEAN


class Job:
    """Checks the listings of files one after the other."""

    def __init__(
        self, pack: Pack, as_of: date, store: Store | None, waivers: list[Waiver], mapping: dict[str, str], read: Read
    ) -> None:
        self.pack = pack
        self.as_of = as_of
        self.store = store
        self.waivers = waivers
        self.mapping = mapping
        self.read = read

    def open(self, file: Path) -> FileResult:
        """The file's listings, to be checked as they are taken. A file that can't be read has an `error`."""
        name = str(file)
        try:
            intake = self._intake(file)
            records = list(intake)
        except IntakeError as error:
            return FileResult(name, error=error)
        except OSError as error:
            reason = error.strerror or str(error)
            return FileResult(
                name, error=IntakeError(reason, f"无法读取：{reason}", where=name, code="unreadable_file")
            )
        store = self.store or intake.store
        peers = Peers([record.listing for record in records if record.listing is not None])
        rows = (self._row(record, store, peers) for record in records)
        return FileResult(name, intake=intake, rows=rows, count=len(records))

    def _intake(self, file: Path) -> Any:
        if str(file) == STDIN:
            return read_bytes(sys.stdin.buffer.read(), name=STDIN, mapping=self.mapping or None)
        return read_file(file, mapping=self.mapping or None)

    def _row(self, record: Record, store: Store | None, peers: Peers) -> RowResult:
        if record.listing is None:
            return RowResult(record, None)
        listing = record.listing
        if self.read is not nowhere or has_embedded(listing):
            listing = with_pictures(listing, self.read)
        report = self.pack.check(
            listing,
            store=store,
            as_of=self.as_of,
            waivers=self.waivers,
            peers=peers if len(peers) > 1 else None,
            not_carried=record.origin.not_carried,
            seconds=SECONDS_PER_LISTING,
        )
        return RowResult(record, report)


def _with_progress(result: FileResult, summary: Summary) -> Iterator[RowResult]:
    """The rows, with a progress bar on the terminal when there are many."""
    if result.count < 50 or not sys.stderr.isatty():
        yield from result.rows
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(result.name, total=result.count)
        for row in result.rows:
            yield row
            progress.advance(task)


def _writer(format: str, show: Show) -> Any:  # noqa: A002
    match format:
        case "text":
            from api.cli.text import TextWriter

            return TextWriter(show)
        case "json":
            from api.cli.machine import JsonWriter

            return JsonWriter(show)
        case "csv":
            from api.cli.machine import CsvWriter

            return CsvWriter(show)
        case _:
            from api.cli.sarif import SarifWriter

            return SarifWriter(show)


def _read(path: Path, kind: Any) -> Any:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{path}: {error}") from error


def _pair(entry: str) -> tuple[str, str]:
    column, equals, field = entry.partition("=")
    if not equals or not column.strip():
        raise ValueError(
            f'--column "{entry}": write it as COLUMN=FIELD ("Item name=title"), or COLUMN= to leave it out'
        )
    return column.strip(), field.strip()
