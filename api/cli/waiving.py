"""`storewarden findings waive | waivers | unwaive`: a person accepts findings, for a reason, until a time."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from cyclopts import Parameter

from api.cli.common import CLEAN, Lang, fail, open_pack
from api.cli.findings import Form, Limit, Stores, know_categories
from api.cli.ledger_store import StoreName, moment_of, show
from api.cli.lists import first_rows, of_stores, query_of
from api.cli.stores import answered, in_store

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.callers import Caller

Scope = Annotated[str | None, Parameter(show_default=False)]
WORDS = {
    "en": {
        "made": "Waiver {}: {} findings accepted until {}.",
        "nothing": "No finding fits it yet; those that come are covered: storewarden findings waivers --unused",
        "empty": "{}: no waivers.",
        "line": "  {id}  {state}  {scope}; until {until}; {covers} covered{unused}; {reason} ({approver})",
        "unused": ", never used",
        "more": "  There are more; ask for them with --limit.",
        "ended": "Waiver {}: {}; what it covered counts again unless another waiver covers it.",
        "no_waiver": "There is no waiver {}; storewarden findings waivers shows those there are.",
        "states": {"active": "active", "expired": "expired", "revoked": "revoked"},
        "scopes": {"rule": "rule {}", "code": "code {}", "fingerprint": "finding {}", "listing_id": "listing {}",
                   "category_id": "category {}", "group_id": "group {}"},
    },
    "zh": {
        "made": "豁免 {}：{} 条诊断结果被接受，截止 {}。",
        "nothing": "目前没有符合的诊断结果，以后出现的将被覆盖：storewarden findings waivers --unused",
        "empty": "{}：没有豁免。",
        "line": "  {id}  {state}  {scope}；截止 {until}；覆盖 {covers} 条{unused}；{reason}（{approver}）",
        "unused": "，从未使用",
        "more": "  还有更多；用 --limit 增加条数。",
        "ended": "豁免 {}：{}；其覆盖的结果恢复计入，除非另有豁免。",
        "no_waiver": "没有豁免 {}；用 storewarden findings waivers 查看现有豁免。",
        "states": {"active": "生效中", "expired": "已到期", "revoked": "已撤销"},
        "scopes": {"rule": "规则 {}", "code": "代码 {}", "fingerprint": "诊断结果 {}", "listing_id": "商品 {}",
                   "category_id": "类目 {}", "group_id": "分组 {}"},
    },
}  # fmt: skip
COLUMNS = (
    "store_id", "id", "state", "rule", "code", "fingerprint", "listing_id", "category_id", "group_id", "reason",
    "approver", "ends_at", "used_at", "covers", "created_at",
)  # fmt: skip


def waive(
    *,
    store: StoreName,
    reason: str,
    until: str,
    rule: Scope = None,
    code: Scope = None,
    finding: Scope = None,
    listing: Scope = None,
    category: Scope = None,
    group: Scope = None,
    approver: Scope = None,
    format: Annotated[Literal["text", "json"], Parameter(alias="-f")] = "text",  # noqa: A002
    lang: Lang = "en",
) -> int:
    """Accept findings until a time: of a rule, a code or one finding; every scope given must agree. 豁免诊断结果。

    Exit code: 0, or 2 for bad input. 退出码：0，输入有误时为 2。

    Parameters
    ----------
    store
        The store's id or its exact name. 店铺编号或名称。
    reason
        Why it is accepted. 豁免理由。
    until
        A day (its first moment, UTC) or a moment, in the future. 截止日期或时间（UTC）。
    rule
        Findings of this rule. 规则编号。
    code
        Findings with this code. 代码。
    finding
        The finding with this fingerprint. 诊断结果指纹。
    listing
        Of this listing alone. 仅此商品。
    category
        Of products in this category or below it. 类目及其下级。
    group
        Of products in this group, by its id. 分组编号。
    approver
        Who accepts it. 批准人。
    format
        text for people, json for programs. 输出格式。
    lang
        Language of the answer. 回复语言。
    """
    from api.resources.changing import Changes
    from api.routes.findings import WAIVERS, show_waiver

    given = {
        "reason": reason, "rule": rule, "code": code, "fingerprint": finding, "listing_id": listing,
        "category_id": category, "group_id": group, "approver": approver,
    }  # fmt: skip

    def job() -> int:
        words, ends_at = WORDS[lang], moment_of(until, lang)
        know_categories()
        for session, place, now in in_store(store, lang):
            changes = Changes(session, WAIVERS, caller_of(session, place, now), {})
            body = {name: value for name, value in given.items() if value is not None}
            made = show_waiver(session, changes.create({**body, "ends_at": ends_at}))
            if format == "json":
                show({"store_id": str(place.id), **msgspec.structs.asdict(made)})
                continue
            print(words["made"].format(made.id, made.covers, _moment(made.ends_at)))
            if not made.covers:
                print(words["nothing"])
        return CLEAN

    return answered(job, lang)


def caller_of(session: Session, place: Any, now: datetime) -> Caller:
    """The command line as a caller of the service: it may do everything in this one store."""
    from api.callers import Caller
    from store_model.access import PERMISSIONS
    from store_model.sign_in import Principal

    scope, rights = session.info["access"], frozenset(PERMISSIONS)
    principal = Principal(place.entity_id, scope.actor, {place.id: rights}, frozenset({place.id}))
    state = SimpleNamespace(pack=open_pack(None), now=lambda: now)
    return Caller(principal, scope, place.id, rights, state)


def waivers(
    *,
    store: Stores = None,
    state: Literal["active", "expired", "revoked"] | None = None,
    unused: Annotated[bool, Parameter(negative="")] = False,
    limit: Limit = 50,
    format: Form = "text",  # noqa: A002
    lang: Lang = "en",
) -> int:
    """List waivers, the newest first. 列出豁免。

    Exit code: 0, or 2 for bad input. 退出码：0，输入有误时为 2。

    Parameters
    ----------
    state
        Only those in force, those whose time came, or those that were ended. 状态。
    unused
        Only those that never covered a finding. 仅列出从未使用的。
    """
    from api.routes.findings import WAIVERS, show_waiver

    def read(session: Any, place: Any, now: datetime) -> dict[str, Any]:
        filters = [("state", state)] if state is not None else []
        query = query_of(WAIVERS, [*filters, *([("unused", "true")] if unused else [])], sort="-id")
        found, has_more = first_rows(session, WAIVERS, place.id, query, limit)
        return {"items": [show_waiver(session, row) for row in found], "has_more": has_more}

    def text(place: Any, answer: dict[str, Any]) -> None:
        words: Any = WORDS[lang]
        print(place.name if answer["items"] else words["empty"].format(place.name))
        for one in answer["items"]:
            print(_line(one, lang))
        if answer["has_more"]:
            print(words["more"])

    return answered(lambda: of_stores(store, lang, format, read, text, COLUMNS), lang)


def _line(one: Any, lang: Lang) -> str:
    words: Any = WORDS[lang]
    scope = [words["scopes"][name].format(getattr(one, name)) for name in words["scopes"] if getattr(one, name)]
    return words["line"].format(  # type: ignore[no-any-return]
        id=one.id, state=words["states"][one.state], scope=(", " if lang == "en" else "、").join(scope),
        until=_moment(one.ends_at), covers=one.covers, unused="" if one.used_at else words["unused"],
        reason=one.reason, approver=one.approver,
    )  # fmt: skip


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M")


def revoke(number: int, /, *, store: Stores = None, lang: Lang = "en") -> int:
    """End a waiver now; what it covered counts again. 立即撤销豁免，相关结果恢复计入。

    Exit code: 0, or 2 for bad input. 退出码：0，输入有误时为 2。

    Parameters
    ----------
    number
        Its id, as `storewarden findings waivers` shows it. 豁免编号。
    """
    from store_model import waivers as model
    from store_model.findings import Waiver

    def job() -> int:
        words: Any = WORDS[lang]
        ended = None
        for session, _, now in in_store(store, lang):
            row = session.get(Waiver, number) if number < 2**63 else None
            if row is not None:
                know_categories()
                model.revoke(session, row, now=now)
                ended = row.state
        if ended is not None:
            print(words["ended"].format(number, words["states"][ended]))
            return CLEAN
        return fail(words["no_waiver"].format(number))

    return answered(job, lang)
