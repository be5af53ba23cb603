"""A list of violations as sellers have it (workbook, CSV, JSON) → notices; a row that cannot be read says where."""

from __future__ import annotations

from datetime import datetime, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Any

from api import wire
from api.importing import times
from api.importing.records import Refusal
from api.importing.tables import Cells, no_table, tables_of
from api.problems import ProblemError
from api.routes.violation_shapes import NoticeIn, to_notice
from api.services.penalties import offence_id
from engine.errors import IntakeError
from engine.intake.columns import plain
from engine.intake.parse import parse_json
from engine.intake.values import Unreadable, identifier, number, text, whole
from engine.ledger import Notice, Regime

COLUMNS: dict[str, tuple[str, ...]] = {
    "case_no": ("case_no", "case no", "case number", "违规编号", "案件编号", "处罚编号", "违规单号", "punishId"),
    "at": ("at", "punishTime", "penalty time", "effective time", "处罚时间", "生效时间", "违规时间"),
    "offence": ("offence", "violationType", "violation type", "sub-category", "违规类型", "违规小类"),
    "grade": ("grade", "severity", "违规等级", "严重程度"),
    "points": ("points", "violationCount", "扣分", "扣分/计次", "违规积分"),
    "days": ("days", "freeze days", "冻结天数"),
    "products": ("products", "product count", "涉及商品数"),
    "listing": ("listing", "itemId", "product id", "商品ID"),
    "remark": ("remark", "violationReason", "reason", "违规原因", "备注"),
    "type": ("type", "notice type", "通知类型"),
    "outcome": ("outcome", "appeal result", "申诉结果"),
}
"""Field → headers, as back offices and ERP exports write them."""
READERS: dict[str, Any] = {
    "case_no": identifier, "offence": text, "grade": text, "points": number, "days": whole, "products": whole,
    "listing": identifier, "remark": text, "type": text, "outcome": text,
}  # fmt: skip
NEEDED = {"case_no", "at"}


def read_notices(path: Path, regime: Regime, zone: tzinfo) -> tuple[list[Notice], list[Refusal]]:
    """The notices of a file in order, and what was refused. IntakeError when it is no such list at all."""
    try:
        data = path.read_bytes()
    except OSError:
        raise IntakeError("the file cannot be read", "无法读取文件", where=path.name, code="no_file") from None
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return _of_json(parse_json(data, path.name), regime, path.name)
    known = {name for names in COLUMNS.values() for name in names}
    by_name = {plain(name): field for field, names in COLUMNS.items() for name in names}
    for table in tables_of(data, path.name, known):
        columns = {by_name[plain(h)]: i for i, h in reversed(list(enumerate(table.headers))) if plain(h) in by_name}
        if columns.keys() >= NEEDED:
            return _of_table(table, columns, regime, zone)
    raise no_table(path.name, "case_no 违规编号, at 处罚时间")


def _of_table(table: Any, columns: dict[str, int], regime: Regime, zone: tzinfo) -> tuple[list[Notice], list[Refusal]]:
    notices: list[Notice] = []
    refusals: list[Refusal] = []
    for row_number, cells in table.rows():
        if cells is None or all(cell in (None, "") for cell in cells):
            continue
        row = Cells(table, row_number, cells, columns, [])
        values = {name: row.read(name, reader) for name, reader in READERS.items() if row.raw(name) is not None}
        values["at"] = _moment(row, zone)
        if not row.refusals:
            _take({name: _plain(value) for name, value in values.items()}, regime, row, notices)
        refusals += row.refusals
    return notices, refusals


def _moment(row: Cells, zone: tzinfo) -> datetime | None:
    value = row.raw("at")
    if value is None:
        return None
    try:
        return times.moment(value, zone)
    except Unreadable as error:
        row.refuse(error, "at", whole_record=True)
        return None


def _take(values: dict[str, Any], regime: Regime, row: Cells, notices: list[Notice]) -> None:
    """A row as a notice; what the body of a request would be refused for is refused here, at the row's cell."""
    try:
        notices.append(_notice({name: value for name, value in values.items() if value is not None}, regime))
    except ProblemError as problem:
        for error in problem.errors:
            field = (error.pointer or "").strip("/").split("/")[0]
            unreadable = Unreadable(error.detail["en"], error.detail["zh"], error.code)
            row.refuse(unreadable, field if field in row.columns else "case_no", whole_record=True)


def _of_json(document: Any, regime: Regime, name: str) -> tuple[list[Notice], list[Refusal]]:
    items = document.get("items") if isinstance(document, dict) else document
    if not isinstance(items, list):
        raise IntakeError("expected a list of notices", "应为通知列表", where=name, code="wrong_type")
    notices: list[Notice] = []
    refusals: list[Refusal] = []
    for index, item in enumerate(items, start=1):
        try:
            notices.append(_notice(item, regime))
        except ProblemError as problem:
            place = {"en": f"record {index}", "zh": f"第 {index} 条记录"}
            refusals += [
                Refusal(error.code, error.detail, place, row=index, column=error.pointer or "", is_whole_record=True)
                for error in problem.errors
            ]
    return notices, refusals


def _notice(values: Any, regime: Regime) -> Notice:
    body = wire.convert(values, NoticeIn)
    return to_notice(body, offence_id(regime, body.offence), "")


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value
