"""`storewarden ledger what-if | appeal | complaint`: what would follow, and what the seller does about a case."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from cyclopts import Parameter, validators

from api.cli.common import Lang, fail
from api.cli.ledger_store import Refused, StoreName, answer, moment_of

Texts = Annotated[list[str] | None, Parameter(negative="")]
AppealEvent = Literal["drafted", "submitted", "upheld", "rejected", "withdrawn", "redrafted"]
ComplaintEvent = Literal["received", "evidence_requested", "counter_notice", "upheld", "rejected", "withdrawn"]
WORDS = {
    "en": {
        "appeal": "There is no appeal of case {}; begin with --event drafted",
        "complaint": "There is no complaint {}; record it with --event received",
        "suppose": "Say what to suppose: --offence, or --open-findings",
        "complainant": "--event received needs --complainant (rights_holder or buyer) and --received-at",
    },
    "zh": {
        "appeal": "案件 {} 没有申诉；请先使用 --event drafted",
        "complaint": "没有投诉 {}；请先使用 --event received 记录",
        "suppose": "请指定假设内容：--offence 或 --open-findings",
        "complainant": "--event received 需要 --complainant（rights_holder 或 buyer）与 --received-at",
    },
}


def what_if(
    *,
    store: StoreName,
    offence: str | None = None,
    grade: str | None = None,
    cases: Annotated[int, Parameter(validator=validators.Number(gte=1, lte=100))] = 1,
    open_findings: Annotated[bool, Parameter(negative="")] = False,
    lang: Lang = "en",
) -> int:
    """What further cases would bring, or all open findings if they were confirmed. Nothing is stored. 假设分析。

    Parameters
    ----------
    store
        The store's id or its exact name. 店铺编号或名称。
    offence
        A rule's id, name or title. 违规类型的编号、名称或标题。
    grade
        How bad; the mildest when left out. 等级，默认最轻。
    cases
        How many such cases. 案件数量。
    open_findings
        Every open finding confirmed now, instead of an offence. 假设所有未处理结果被确认。
    lang
        Language of messages. 提示语言。
    """
    from api import wire
    from api.routes.violation_shapes import WhatIfIn
    from api.services.cases import suppose

    if offence is None and not open_findings:
        return fail(WORDS[lang]["suppose"])
    item = {"offence": offence, "cases": cases} | ({"grade": grade} if grade else {})
    body = {"open_findings": True} if open_findings else {"items": [item]}

    def job(session: Any, place: Any, book: Any, now: datetime) -> Any:
        return suppose(session, place, book, wire.convert(body, WhatIfIn), now)

    return answer(store, lang, job)


def appeal(
    case_no: str,
    /,
    *,
    store: StoreName,
    event: AppealEvent | None = None,
    cause: Texts = None,
    evidence: Texts = None,
    points: float | None = None,
    note: str | None = None,
    lang: Lang = "en",
) -> int:
    """Whether to appeal a case now; with --event: draft an appeal, or move the last one on. 申诉：查看、起草、推进。

    Parameters
    ----------
    case_no
        The platform's case number. 平台案件编号。
    store
        The store's id or its exact name. 店铺编号或名称。
    event
        drafted begins one; the others are what happened to it. 事件；drafted 表示起草。
    cause
        A root cause that is still open; may be given again. 未解决的根本原因，可重复。
    evidence
        Evidence that is at hand, by its id; may be given again. 已有证据，可重复。
    points
        What remains after one that was upheld in part. 部分成立后保留的分值。
    note
        Words of your own. 备注。
    lang
        Language of messages. 提示语言。
    """
    from sqlalchemy import select

    from api import wire
    from api.routes.violation_shapes import AppealIn, AppealMove, AppealOut
    from api.services import cases
    from store_model.violations import Appeal

    causes = [{"what": text} for text in cause or ()]
    given = {"evidence": evidence or [], "note": note}

    def job(session: Any, place: Any, book: Any, now: datetime) -> Any:
        if event is None:
            return cases.appeal_now(session, place, book, cases.violation_of(session, place, case_no), now)
        if event == "drafted":
            body = wire.convert({"case_no": case_no, "root_causes": causes, **given}, AppealIn)
            return wire.show(cases.draft(session, place, book, body, now), AppealOut)
        mine = select(Appeal).where(Appeal.store_id == place.store_id, Appeal.case_no == case_no)
        row = session.scalars(mine.order_by(Appeal.attempt.desc()).limit(1)).one_or_none()
        if row is None:
            raise Refused(WORDS[lang]["appeal"].format(case_no))
        moved = {"event": event, **given} | ({"root_causes": causes} if causes else {})
        if points is not None:
            moved["points"] = str(points)
        cases.move(session, place, book, row, wire.convert(moved, AppealMove), now)
        return wire.show(row, AppealOut)

    return answer(store, lang, job)


def complaint(
    number: str,
    /,
    *,
    store: StoreName,
    event: ComplaintEvent | None = None,
    complainant: Literal["rights_holder", "buyer"] | None = None,
    received_at: str | None = None,
    offence: str | None = None,
    listing: str | None = None,
    evidence: Texts = None,
    note: str | None = None,
    lang: Lang = "en",
) -> int:
    """A complaint as it stands; with --event: record it, or move it on. 投诉：查看、记录或推进。

    Parameters
    ----------
    number
        The platform's number of the complaint. 平台投诉编号。
    store
        The store's id or its exact name. 店铺编号或名称。
    event
        received records it; the others are what happened to it. 事件；received 表示记录投诉。
    complainant
        Who complains. 投诉人。
    received_at
        When it was received: a day or a moment. 收到时间。
    offence
        A rule's id, name or title; the days to answer come from it. 违规类型，据此计算答复期限。
    listing
        The listing's id. 商品编号。
    evidence
        Evidence that is at hand; may be given again. 已有证据，可重复。
    note
        Words of your own. 备注。
    lang
        Language of messages. 提示语言。
    """
    from sqlalchemy import select

    from api import wire
    from api.routes.violation_shapes import ComplaintIn, ComplaintMove, ComplaintOut
    from api.services import cases
    from store_model.violations import Complaint

    given = {"evidence": evidence or [], "note": note}

    def job(session: Any, place: Any, book: Any, now: datetime) -> Any:
        if event == "received":
            at = moment_of(received_at, lang)
            if complainant is None or at is None:
                raise Refused(WORDS[lang]["complainant"])
            body = {"platform_id": number, "complainant": complainant, "received_at": at.isoformat(), **given}
            body |= {name: value for name, value in (("offence", offence), ("listing", listing)) if value is not None}
            return wire.show(cases.record(session, place, book, wire.convert(body, ComplaintIn), now), ComplaintOut)
        mine = select(Complaint).where(Complaint.store_id == place.store_id, Complaint.platform_id == number)
        row = session.scalars(mine).one_or_none()
        if row is None:
            raise Refused(WORDS[lang]["complaint"].format(number))
        if event is not None:
            cases.move_on(session, book, row, wire.convert({"event": event, **given}, ComplaintMove), now)
        return wire.show(row, ComplaintOut)

    return answer(store, lang, job)
