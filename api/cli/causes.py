"""`storewarden causes`: findings grouped by what brought them, the fix of a group, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from cyclopts import Parameter

from api.cli.common import CLEAN, Lang, open_pack
from api.cli.findings import Form, Stores
from api.cli.ledger_store import StoreName, show
from api.cli.lists import of_stores, write_table
from api.cli.stores import answered, in_store

if TYPE_CHECKING:
    from api.services.products import Desk

Suggested = Annotated[bool, Parameter(negative="", help="The fixes a person should look at, too. 也应用建议性修复。")]
WORDS = {
    "en": {
        "empty": "{}: no open findings.",
        "line": "  {cause}  {rule} {code}  {why}: {products} products, {findings} findings{points}",
        "points": ", {} points at risk",
        "kinds": {"phrase": 'the words "{value}" in {field}', "template": "the freight template {value}",
                  "group": "the group {value}", "rule": "no common origin"},
        "preview": "{} of {} products would change; storewarden causes apply {} --store {}{} does it.",
        "item": "  {}  {} → {}", "removed": "(removed)", "left": "  {}  as it is: {}",
        "done": "Fix {}: {} products changed, {} as they were. storewarden causes undo {} --store {} takes it back.",
        "undone": "Fix {} is undone; products that were edited since stay as they are.",
    },
    "zh": {
        "empty": "{}：没有未修复的诊断结果。",
        "line": "  {cause}  {rule} {code}  {why}：{products} 个商品，{findings} 条{points}",
        "points": "，涉及 {} 分",
        "kinds": {"phrase": "{field} 中的“{value}”", "template": "运费模板 {value}", "group": "分组 {value}",
                  "rule": "无共同来源"},
        "preview": "{}/{} 个商品将被更改；执行：storewarden causes apply {} --store {}{}",
        "item": "  {}  {} → {}", "removed": "（删除）", "left": "  {}  保持不变：{}",
        "done": "修复 {}：更改 {} 个商品，{} 个保持不变。撤销：storewarden causes undo {} --store {}",
        "undone": "修复 {} 已撤销；之后被编辑过的商品保持不变。",
    },
}  # fmt: skip


def groups(*, store: Stores = None, format: Form = "text", lang: Lang = "en") -> int:  # noqa: A002
    """List the causes of open findings: what puts most at risk first. 按成因归类未修复的诊断结果。

    Exit code: 0, or 2 for bad input. 退出码：0，输入有误时为 2。
    """
    from api.routes.causes import CauseOut, show_cause
    from api.services.causes import causes

    def read(session: Any, place: Any, now: datetime) -> dict[str, Any]:
        return {"items": [show_cause(one) for one in causes(session, place.id)]}

    def text(place: Any, answer: dict[str, Any]) -> None:
        print(place.name if answer["items"] else WORDS[lang]["empty"].format(place.name))
        for one in answer["items"]:
            print(_line(one, lang))

    columns = ("store_id", *CauseOut.__struct_fields__)
    return answered(lambda: of_stores(store, lang, format, read, text, columns), lang)


def _line(one: Any, lang: Lang) -> str:
    words: Any = WORDS[lang]
    told = msgspec.structs.asdict(one)
    why = words["kinds"][one.kind].format(**told)
    points = words["points"].format(one.points) if one.points else ""
    return words["line"].format(**{**told, "why": why, "points": points})  # type: ignore[no-any-return]


def preview(
    cause: str,
    /,
    *,
    store: StoreName,
    suggested: Suggested = False,
    format: Form = "text",  # noqa: A002
    lang: Lang = "en",
) -> int:
    """Show what the fix of a cause would change; nothing is written. 预览批量修复，不作更改。

    Exit code: 0, or 2 for bad input. 退出码：0，输入有误时为 2。

    Parameters
    ----------
    cause
        The key of a cause, as the list gives it. 成因编号。
    store
        The store's id or its exact name. 店铺编号或名称。
    """
    from api.routes.causes import show_preview
    from api.services import fixing

    def job() -> int:
        for session, place, now in in_store(store, lang):
            planned = fixing.plan(session, open_pack(None), place.id, cause, now.date(), suggested=suggested)
            found = show_preview(*planned)
            if format == "json":
                return show(found)
            if format == "csv":
                write_table(("product_id", "listing_id", "path", "before", "after", "why"), _steps(found, lang))
                return CLEAN
            words: Any = WORDS[lang]
            print(_line(found.cause, lang))
            for step in _steps(found, lang):
                name = step["listing_id"] or step["product_id"]
                if step["why"]:
                    print(words["left"].format(name, step["why"]))
                else:
                    after = step["after"] if step["after"] is not None else words["removed"]
                    print(words["item"].format(name, f"{step['path']}: {step['before']}", after))
            flag = " --suggested" if suggested else ""
            print(words["preview"].format(found.changed, len(found.items), cause, place.id, flag))
        return CLEAN

    return answered(job, lang)


def _steps(found: Any, lang: Lang) -> Iterator[dict[str, Any]]:
    """A row for each place that a fix changes, and one for each product that it leaves as it is."""
    for item in found.items:
        row = {"product_id": item.product_id, "listing_id": item.listing_id, "why": (item.why or {}).get(lang, "")}
        if not item.patch:
            yield row
        before = {step["path"]: step.get("value") for step in item.patch if step["op"] == "test"}
        for step in item.patch:
            if step["op"] != "test":
                path = step["path"]
                yield {**row, "path": path, "before": before.get(path), "after": step.get("value")}


def apply(cause: str, /, *, store: StoreName, suggested: Suggested = False, lang: Lang = "en") -> int:
    """Fix all listings of a cause in one transaction; it can be undone. 批量修复同一成因的商品，可撤销。

    Exit code: 0, or 2 for bad input. 退出码：0，输入有误时为 2。

    Parameters
    ----------
    cause
        The key of a cause, as the list gives it. 成因编号。
    store
        The store's id or its exact name. 店铺编号或名称。
    """
    from api.services import fixing

    def job() -> int:
        desk = _desk()
        for session, place, now in in_store(store, lang):
            planned = fixing.plan(session, desk.pack, place.id, cause, now.date(), suggested=suggested)
            actor = session.info["access"].actor
            fix = fixing.fix(session, desk, place.id, planned, actor=actor, now=now)
            print(WORDS[lang]["done"].format(fix.id, fix.changed, fix.skipped, fix.id, place.id))
        return CLEAN

    return answered(job, lang)


def undo(fix: int, /, *, store: StoreName, lang: Lang = "en") -> int:
    """Take a fix of many listings back. 撤销批量修复。

    Exit code: 0, or 2 for bad input. 退出码：0，输入有误时为 2。

    Parameters
    ----------
    fix
        Its number, as `storewarden causes apply` said. 批量修复编号。
    store
        The store's id or its exact name. 店铺编号或名称。
    """
    from api.services import fixing

    def job() -> int:
        desk = _desk()
        for session, _, now in in_store(store, lang):
            fixing.take_back(session, desk, fix if fix < 2**63 else None, now=now)
            print(WORDS[lang]["undone"].format(fix))
        return CLEAN

    return answered(job, lang)


def _desk() -> Desk:
    """What a check of a stored product needs besides a session."""
    import os

    from api.services.backoffice import load_backoffice
    from api.services.penalties import Penalties
    from api.services.products import Desk
    from api.settings import read_settings
    from engine.ledger.engines import Twin

    pack = open_pack(None)
    seconds = read_settings(os.environ).time_budget_seconds
    return Desk(pack, load_backoffice(pack.path), seconds, Penalties(pack, Twin()))
