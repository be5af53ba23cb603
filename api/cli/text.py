"""The answer for people: findings grouped by listing, worst first, with the words marked and the fix shown."""

from __future__ import annotations

import unicodedata
from typing import Any

from rich.console import Console
from rich.markup import escape

from api.cli.results import FileResult, RowResult, Show, Summary
from engine import Finding
from engine.features.value_words import FACTS_ZH
from engine.findings import Location, Severity
from engine.intake import Origin
from engine.intake.mapping import MappingResult

CONTEXT = 28
"""Code points shown on each side of the marked words."""
PLACES_SHOWN = 3

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "valid": "valid", "invalid": "invalid", "clean": "nothing found", "block": "blocks", "warn": "warns",
        "shadow": "shadow", "error": "error", "warning": "warning", "info": "info", "safe": "safe",
        "suggested": "suggested", "manual": "by hand", "verified": "verified", "unverified": "not verified",
        "fix": "fix", "at": "at", "not_checked": "{n} rules not checked (missing: {names})", "crashed": "rule crashed",
        "refused": "could not be read", "more": "and {n} more places",
        "plan": "one plan mends {n} findings; write it with {option}", "waived": "waived until {until}: {reason}",
        "hidden": "{n} findings below --min-severity not shown",
        "summary": "{listings} listings: {invalid} invalid, {clean} clean; {block} findings block, {warn} warn",
        "columns": "columns read as", "unmapped": "columns not used (say --column NAME=FIELD)",
        "bad": "{refused} rows and {unreadable} files could not be read", "rules": "rules of {day}, pack {pack}",
        "unknown_category": "the category is not known", "peers": "other listings of the store",
        "out_of_time": "out of time",
        "foreign": "listing of another marketplace: no rule applies",
        "none": "no listings in the input",
    },
    "zh": {
        "valid": "通过", "invalid": "不通过", "clean": "未发现问题", "block": "拦截", "warn": "警告",
        "shadow": "仅记录", "error": "错误", "warning": "警告", "info": "提示", "safe": "可直接应用",
        "suggested": "建议", "manual": "需人工处理", "verified": "已验证", "unverified": "未验证",
        "fix": "修复", "at": "位置", "not_checked": "{n} 条规则未检查（缺少：{names}）", "crashed": "规则执行出错",
        "refused": "无法读取", "more": "另有 {n} 处",
        "plan": "一个方案可修复 {n} 个问题；用 {option} 写出", "waived": "已豁免至 {until}：{reason}",
        "hidden": "{n} 个低于 --min-severity 的问题未显示",
        "summary": "共 {listings} 个商品：{invalid} 个不通过，{clean} 个无问题；拦截 {block} 项，警告 {warn} 项",
        "columns": "列对应关系", "unmapped": "未使用的列（可用 --column 列名=字段 指定）",
        "bad": "{refused} 行、{unreadable} 个文件无法读取", "rules": "规则日期 {day}，规则包 {pack}",
        "unknown_category": "类目未知", "peers": "店铺其他商品", "out_of_time": "超时",
        "foreign": "其他平台的商品：没有适用的规则",
        "none": "输入中没有商品",
    },
}  # fmt: skip
COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


class TextWriter:
    """Writes while the check goes on."""

    def __init__(self, show: Show) -> None:
        self._out = Console(file=show.stream, highlight=False, soft_wrap=True)
        self._show = show
        self._lang = show.lang
        self._words = WORDS[show.lang]

    def begin(self) -> None:
        """Nothing before the first file."""

    def file(self, result: FileResult) -> None:
        """The file's name, how its columns were read, or why it could not be read."""
        self._print(f"[bold]{escape(result.name)}[/]")
        if result.error is not None:
            self._print(f"  [red]{self._words['refused']}[/]: {escape(getattr(result.error, self._lang))}")
            return
        intake = result.intake
        if intake is not None:
            for problem in intake.problems:
                self._print(f"  [yellow]![/] {escape(problem.text(self._lang))}")
            if intake.mapping is not None:
                self._columns(intake.mapping)
        if not result.count:
            self._print(f"  {self._words['none']}")

    def row(self, result: FileResult, row: RowResult) -> None:
        """One listing: verdict, problems of the input, findings, what was not checked."""
        origin = row.record.origin
        if row.report is None:
            self._print(f"\n  [red]✖ {self._where(origin)}{self._words['refused']}[/]")
            self._problems(row)
            return
        report = row.report
        listing = row.record.listing
        name = " ".join(filter(None, [report.subject["id"], _short((listing.title or "") if listing else "")]))
        colour, mark = ("red", "✖") if report.verdict == "invalid" else ("green", "✔")
        where = self._where(origin)
        self._print(f"\n  [{colour}]{mark} {self._words[report.verdict]}[/]  {where}[bold]{escape(name)}[/]")
        self._problems(row)
        if report.is_foreign:
            self._print(f"    {self._words['foreign']}")
            return
        if self._show.explain is not None:
            self._explanation(row)
            return
        visible = [f for f in report.findings if f.mode not in self._show.hidden]
        shown = sorted(
            (f for f in visible if Severity(f.severity).rank >= self._show.least.rank),
            key=lambda f: (f.mode != "block", -Severity(f.severity).rank, f.rule),
        )
        for finding in shown:
            self._finding(finding, origin)
        if not visible:
            self._print(f"    {self._words['clean']}")
        if len(visible) > len(shown):
            self._print(f"    [dim]{self._words['hidden'].format(n=len(visible) - len(shown))}[/]")
        for finding in report.waived:
            waiver = self._words["waived"].format(until=finding.waiver.until, reason=finding.waiver.reason)
            self._print(f"    [dim]{finding.code} {finding.rule} {escape(waiver)}[/]")
        if report.plan is not None and report.plan.patch:
            clears = len((report.plan.verified or {}).get("clears", ()))
            option = "--fix" if report.plan.applicability == "safe" else "--fix --suggested"
            self._print(f"    [green]{self._words['plan'].format(n=clears, option=option)}[/]")
        self._unchecked(row)

    def file_end(self, result: FileResult) -> None:
        """An empty line between files."""
        self._print("")

    def note(self, lines: list[str]) -> None:
        """What --fix wrote."""
        for line in lines:
            self._print(f"  {escape(line)}")

    def end(self, summary: Summary) -> None:
        """The counts."""
        line = self._words["summary"].format(
            listings=summary.listings,
            invalid=summary.invalid,
            clean=summary.clean,
            block=summary.findings["block"],
            warn=summary.findings["warn"],
        )
        pack = f"{self._show.pack.id} {self._show.pack.version} ({self._show.pack.digest[:19]})"
        if summary.refused or summary.unreadable:
            bad = self._words["bad"].format(refused=summary.refused, unreadable=summary.unreadable)
            self._print(f"[red]{bad}[/]")
        self._print(f"{line}\n[dim]{self._words['rules'].format(day=self._show.as_of, pack=pack)}[/]")

    def _print(self, text: str) -> None:
        self._out.print(text)

    def _columns(self, mapping: MappingResult) -> None:
        """How the columns of a table were understood: shown, so that a wrong guess is seen."""
        read = ", ".join(
            f"{column.header} → {column.field}" + ("" if column.confidence == 1 else f" ({column.confidence:.0%}?)")
            for column in mapping.mapped
        )
        self._print(f"  [dim]{self._words['columns']}: {_clean(read)}[/]")
        if mapping.unmapped:
            names = ", ".join(column.header for column in mapping.unmapped)
            self._print(f"  [dim]{self._words['unmapped']}: {_clean(names)}[/]")

    def _problems(self, row: RowResult) -> None:
        for problem in row.record.problems:
            self._print(f"    [yellow]![/] {escape(problem.text(self._lang))}")

    def _finding(self, finding: Finding, origin: Origin) -> None:
        colour = COLOURS[Severity(finding.severity)]
        head = f"[{colour}]{self._words[finding.severity]:<8}[/][bold]{finding.code}[/]"
        tail = f"[dim]{finding.rule} · {self._words[finding.mode]}[/]"
        self._print(f"    {head}  {escape(finding.message[self._lang])}  {tail}")
        for place in finding.locations[:PLACES_SHOWN]:
            self._print(f"      {self._place(place, finding, origin)}")
        if len(finding.locations) > PLACES_SHOWN:
            self._print(f"      [dim]{self._words['more'].format(n=len(finding.locations) - PLACES_SHOWN)}[/]")
        for fix in finding.fixes:
            state = ""
            if fix.patch:
                good = fix.verified is not None and not fix.verified["introduces"] and fix.verified["clears"]
                state = f", {self._words['verified' if good else 'unverified']}"
            kind = f"{self._words[fix.applicability]}{state}"
            self._print(f"      [green]{self._words['fix']}[/] ({kind}): {escape(fix.label[self._lang])}")
            for step in fix.patch[:6]:
                if step["op"] in {"replace", "add"}:
                    self._print(f"        [green]{escape(step['path'])} = {escape(_short(str(step['value']), 160))}[/]")
        for source in finding.bound.rule.sources[:1]:
            self._print(f"      [dim]{escape(source.publisher)} {source.id} {escape(source.clause)}[/]")

    def _place(self, place: Location, finding: Finding, origin: Origin) -> str:
        where = origin.place(place.pointer)[self._lang] or place.pointer
        where = where.removeprefix(origin.base) or place.pointer
        if place.start is None or place.end is None:
            return f"[dim]{escape(where)}[/]"
        text = finding.text_at(place.pointer)
        if text is None:
            return f"[dim]{escape(where)}[/] {escape(place.text or '')}"
        before = text[max(0, place.start - CONTEXT) : place.start]
        after = text[place.end : place.end + CONTEXT]
        lead = "…" if place.start > CONTEXT else ""
        rest = "…" if place.end + CONTEXT < len(text) else ""
        marked = f"{lead}{_clean(before)}[/][reverse]{_clean(place.text or '')}[/][dim]{_clean(after)}{rest}"
        return f"[dim]{escape(where)} {place.start}–{place.end}:[/] [dim]{marked}[/]"

    def _where(self, origin: Origin) -> str:
        """Which listing of the file this is: its row, or its place in a JSON document that holds several."""
        place = origin.place("")[self._lang]
        if origin.base and place == origin.base:
            place = f"#{int(last) + 1}" if (last := origin.base.rpartition("/")[2]).isdecimal() else ""
        return f"[dim]{escape(place)}[/]  " if place else ""

    def _fact(self, name: str) -> str:
        """What a reader calls a fact: in English its field in the JSON, which is what has to be filled in."""
        if name == "peers":
            return self._words["peers"]
        return FACTS_ZH.get(name, name) if self._lang == "zh" else name

    def _unchecked(self, row: RowResult) -> None:
        report = row.report
        assert report is not None
        names: dict[str, None] = {}
        for entry in report.not_checked:
            if entry.reason in {"missing_fact", "not_in_source"}:
                names.update(dict.fromkeys(self._fact(name) for name in report.facts_missing(entry)))
            else:
                names[self._words[entry.reason]] = None
        if names:
            text = self._words["not_checked"].format(n=len(report.not_checked), names=", ".join(names))
            self._print(f"    [dim]{escape(text)}[/]")
        for error in report.errors:
            self._print(f"    [red]{self._words['crashed']}[/] {error.rule}: {escape(error.cause)}")

    def _explanation(self, row: RowResult) -> None:
        report = row.report
        assert report is not None
        assert self._show.explain is not None
        explanation = report.explain(self._show.explain)
        self._print(f"    {explanation.rule}: [bold]{explanation.outcome}[/]")
        self._print(f"    {escape(explanation.reason[self._lang])}")
        for step in explanation.read:
            answer: dict[Any, str] = {True: "[green]✔[/]", False: "[red]✖[/]", None: "[yellow]?[/]"}
            against = f" {escape(str(step.against))}" if step.against is not None else ""
            line = f"{escape(step.condition)}{against}  ←  {escape(_short(str(step.value), 120))}"
            self._print(f"      {answer[step.answer]} [dim]{step.selection or ''}[/] {line}")


def _clean(text: str) -> str:
    """Text for a terminal: escapes and other control characters are shown as a dot, markup is escaped."""
    safe = "".join("·" if unicodedata.category(char) in {"Cc", "Cf", "Cs"} else char for char in text)
    return escape(safe)


def _short(text: str, length: int = 70) -> str:
    safe = "".join("·" if unicodedata.category(char) in {"Cc", "Cf", "Cs"} else char for char in text[: length + 1])
    return safe if len(safe) <= length else safe[: length - 1] + "…"
