"""`storewarden ip marks`: the store's own register of marks, and what is found in a text."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from cyclopts import Parameter

from api.cli.common import BAD_INPUT, BLOCKED, CLEAN, Lang, fail, open_pack
from api.cli.stores import in_store

if TYPE_CHECKING:
    from engine.marks.model import Mark

Store = Annotated[str, Parameter(help="The store's id or its exact name. 店铺编号或名称。")]
Form = Annotated[Literal["text", "json", "csv"], Parameter(alias="-f", help="Form of the answer. 输出格式。")]
WORDS = {
    "en": {
        "empty": "{} has no marks of its own; add one with: storewarden ip marks add NAME --store {}",
        "line": "{name}  {tier}, {status}; owner {owner}{classes}{days}{source}",
        "classes": "; classes {}", "days": "; {} to {}", "open": "…", "source": "; {}",
        "done": "{added} added, {updated} updated, {unchanged} as they were, {refused} refused",
        "none": "No mark is found in it.", "plain": "as it is written",
        "no_file": "{} cannot be read: {}", "no_case": "{} has no violation of the case {}.",
    },
    "zh": {
        "empty": "{} 没有自有商标；添加：storewarden ip marks add NAME --store {}",
        "line": "{name}  {tier}，{status}；权利人 {owner}{classes}{days}{source}",
        "classes": "；类别 {}", "days": "；{} 至 {}", "open": "…", "source": "；{}",
        "done": "新增 {added}，更新 {updated}，未变 {unchanged}，拒绝 {refused}",
        "none": "未发现商标。", "plain": "原样书写",
        "no_file": "无法读取 {}：{}", "no_case": "{} 没有案件编号为 {} 的违规。",
    },
}  # fmt: skip


def show(
    *,
    store: Store | None = None,
    search: str | None = None,
    format: Form = "text",  # noqa: A002
    lang: Lang = "en",
) -> int:
    """List a store's own marks. 列出店铺自有商标。

    Exit code: 0, or 2 for bad input. 退出码：0，或输入有误时为 2。

    Parameters
    ----------
    search
        Only names that hold these letters. 只列出含该文字的商标。
    """
    from engine.loading.marks_files import write_marks
    from store_model.store_marks import fold, marks_of

    words = WORDS[lang]
    answers = []
    try:
        for session, place, _ in in_store(store, lang):
            found = [
                mark
                for mark in marks_of(session, place.id)
                if search is None or any(fold(search) in fold(name) for name in mark.names)
            ]
            answers.append({"store_id": str(place.id), "marks": found})
            if format == "csv":
                sys.stdout.write(write_marks(found))
            if format != "text":
                continue
            print(place.name if found else words["empty"].format(place.name, place.id))
            for mark in found:
                print("  " + _line(mark, lang))
    except LookupError as error:
        return fail(str(error))
    if format == "json":
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(answers), indent=1).decode() + "\n")
    return CLEAN


def _line(mark: Mark, lang: Lang) -> str:
    words = WORDS[lang]
    first, last = mark.since or words["open"], mark.until or words["open"]
    return words["line"].format(
        name=" / ".join(mark.names), tier=mark.tier, status=mark.status, owner=mark.owner,
        classes=words["classes"].format(", ".join(map(str, mark.classes))) if mark.classes else "",
        days=words["days"].format(first, last) if mark.since or mark.until else "",
        source=words["source"].format(mark.source) if mark.source else "",
    )  # fmt: skip


def add(
    name: str,
    *,
    store: Store,
    owner: str | None = None,
    alias: tuple[str, ...] = (),
    nice: tuple[int, ...] = (),
    tier: Literal["protected", "word_like", "unknown"] = "protected",
    since: date | None = None,
    until: date | None = None,
    source: str = "",
    lang: Lang = "en",
) -> int:
    """Add a mark to a store's own, or bring the one of that name to what is given. 添加或更新自有商标。

    Parameters
    ----------
    name
        The mark as it is shown. 商标名称。
    owner
        Who holds it; the name itself when it is not known. 权利人。
    alias
        Another spelling in any script; may be repeated. 其他写法，可重复。
    nice
        A Nice class, 1 to 45; may be repeated. 尼斯分类，可重复。
    tier
        protected: a coined name; word_like: an ordinary word too; unknown: read only as written. 类型。
    since
        First day in force. 生效日。
    until
        Last day in force. 失效日。
    source
        Where it is known from. 来源。
    """
    from engine.loading.marks_files import write_marks
    from engine.marks.model import Mark

    mark = Mark(
        names=(name, *alias), owner=owner or name, classes=nice, tier=tier, since=since, until=until, source=source
    )
    return _take_in(write_marks([mark]).encode(), "", store, lang)


def import_marks(file: Path, *, store: Store, lang: Lang = "en") -> int:
    """Import marks from a CSV file. 从 CSV 文件导入商标。

    Exit code: 0 all rows, 1 some rows were refused, 2 bad input. 退出码：0 全部导入，1 有行被拒绝，2 输入有误。

    Parameters
    ----------
    file
        A header and a row a mark: name, owner, aliases, zh, ru, classes, tier, since, until … 含表头的 CSV。
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        return fail(WORDS[lang]["no_file"].format(file, error.strerror))
    return _take_in(content, str(file), store, lang)


def _take_in(content: bytes, name: str, store: str, lang: Lang) -> int:
    from engine.errors import Fault
    from engine.loading.fields import Faults
    from engine.loading.marks_files import read_marks
    from store_model.store_marks import take_in

    faults: list[Fault] = []
    marks = read_marks(content, Faults(name or "csv", faults))
    for fault in faults:
        print(f"{name}:{fault.line}:{fault.column}  {fault.reason}" if name else fault.reason, file=sys.stderr)
    if not marks:
        return BAD_INPUT
    try:
        for session, place, _ in in_store(store, lang):
            done = take_in(session, entity_id=place.entity_id, store_id=place.id, marks=marks)
            told: dict[str, Any] = {"added": done.added, "updated": done.updated, "unchanged": done.unchanged}
            print(WORDS[lang]["done"].format(**told, refused=len({fault.line for fault in faults})))
    except LookupError as error:
        return fail(str(error))
    return BLOCKED if faults else CLEAN


def learn(
    case: str, name: str, *, store: Store, owner: str | None = None, alias: tuple[str, ...] = (), lang: Lang = "en"
) -> int:
    """Add the mark that a violation was about. 从违规记录学习商标。

    Parameters
    ----------
    case
        The platform's case number. 平台案件编号。
    name
        The mark. 商标名称。
    owner
        Who holds it. 权利人。
    alias
        Another spelling; may be repeated. 其他写法，可重复。
    """
    from sqlalchemy import select

    from engine.marks.model import Mark
    from store_model.store_marks import learn as learned
    from store_model.violations import Violation

    try:
        for session, place, _ in in_store(store, lang):
            found = session.scalar(select(Violation).where(Violation.store_id == place.id, Violation.case_no == case))
            if found is None:
                return fail(WORDS[lang]["no_case"].format(place.name, case))
            row = learned(session, found, Mark(names=(name, *alias), owner=owner or name, risk="high"))
            print(f"{row.name}: {row.source}")
    except LookupError as error:
        return fail(str(error))
    return CLEAN


def explain(
    text: str,
    *,
    store: Store | None = None,
    as_of: date | None = None,
    format: Form = "text",  # noqa: A002
    lang: Lang = "en",
) -> int:
    """Show the marks in a text, how each is written, and the way from there to the mark. 显示文本中的商标及其变形。

    Exit code: 0 none, 1 some, 2 bad input. 退出码：0 无，1 有，2 输入有误。

    Parameters
    ----------
    text
        A title or any other text. 标题或任意文本。
    as_of
        Marks in force on this day; today by default. 日期，默认今天。
    """
    from engine.features.value_words import TRANSFORMS

    words = WORDS[lang]
    found = []
    try:
        for matcher, day in _matchers(store, as_of, lang):
            found += [hit for hit in matcher.find(text) if hit.mark.in_force(day)]
    except LookupError as error:
        return fail(str(error))
    found.sort(key=lambda hit: hit.start)
    if format == "json":
        shown = [
            {"mark": hit.mark.names[0], "name": hit.name, "start": hit.start, "end": hit.end,
             "text": text[hit.start : hit.end], "kind": hit.kind, "chain": hit.chain, "tier": hit.mark.tier}
            for hit in found
        ]  # fmt: skip
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(shown), indent=1).decode() + "\n")
    elif not found:
        print(words["none"])
    else:
        for hit in found:
            how = [TRANSFORMS.get(one, (one, one))[lang == "zh"] for one in hit.chain]
            said = (", " if lang == "en" else "、").join(how) or words["plain"]
            print(f'{hit.start}–{hit.end}  "{text[hit.start : hit.end]}"  {hit.name} ({hit.mark.tier}): {said}')
    return BLOCKED if found else CLEAN


def _matchers(store: str | None, as_of: date | None, lang: Lang) -> Iterator[tuple[Any, date]]:
    from datetime import UTC, datetime

    from engine.features.mark_hits import own_matcher
    from store_model.store_marks import marks_of

    shipped = open_pack(None).resources.matcher
    if shipped is not None:
        yield shipped, as_of or datetime.now(UTC).date()
    if store is not None:
        for session, place, now in in_store(store, lang):
            marks = marks_of(session, place.id)
            if marks:
                yield own_matcher(marks, shipped), as_of or now.date()
