"""`storewarden ledger balance | forecast | replay | sweep` and `storewarden notices import`: the penalty ledger."""

from __future__ import annotations

import sys
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter, validators

from api.cli.common import BLOCKED, CLEAN, Lang
from api.cli.ledger_store import Moment, StoreName, answer, in_ledger, moment_of, open_ledgers

WORDS = {
    "en": {
        "broken": "The chain of store {} is broken at row {}: it was changed after it was written.",
        "differs": "The stored rows do not agree with the notices; what the notices give is shown.",
        "done": "{} notices: {} booked, {} known before, {} parked; {} rows refused.",
        "parked": "parked",
        "swept": "{} deadlines passed.",
    },
    "zh": {
        "broken": "店铺 {} 的台账在第 {} 行断裂：该行写入后被改动。",
        "differs": "存储的台账与通知不一致；以下为按通知重算的结果。",
        "done": "共 {} 条通知：入账 {}，已知 {}，待处理 {}；拒绝 {} 行。",
        "parked": "待处理",
        "swept": "{} 项已过期限。",
    },
}


def balance(*, store: StoreName, as_of: Moment = None, known_as_of: Moment = None, lang: Lang = "en") -> int:
    """Points, steps and enforcement of a store as JSON. 以 JSON 输出店铺积分、节点与处罚。

    Parameters
    ----------
    store
        The store's id or its exact name. 店铺编号或名称。
    as_of
        A day or a moment; now by default. 日期或时间，默认当前。
    known_as_of
        Only what was known by then. 仅计入该时间之前已知的内容。
    lang
        Language of messages. 提示语言。
    """
    return _show(store, lang, as_of, known_as_of, replay=False)


def replay(*, store: StoreName, as_of: Moment = None, known_as_of: Moment = None, lang: Lang = "en") -> int:
    """The same answer made anew from the notices, and the chain of rows checked. 由通知重算并校验台账。

    It is byte for byte what `balance` says; exit code 1 when the rows were tampered with or disagree.

    Parameters
    ----------
    store
        The store's id or its exact name. 店铺编号或名称。
    as_of
        A day or a moment; now by default. 日期或时间，默认当前。
    known_as_of
        Only what was known by then. 仅计入该时间之前已知的内容。
    lang
        Language of messages. 提示语言。
    """
    return _show(store, lang, as_of, known_as_of, replay=True)


def forecast(
    *,
    store: StoreName,
    as_of: Moment = None,
    points: Annotated[float, Parameter(validator=validators.Number(gte=0, lte=100_000))] = 6,
    days: Annotated[int, Parameter(validator=validators.Number(gte=0, lte=400))] = 0,
    lang: Lang = "en",
) -> int:
    """Points on every future day, the next lapse, and when a further case is harmless. 积分预测。

    Parameters
    ----------
    store
        The store's id or its exact name. 店铺编号或名称。
    as_of
        A day or a moment; now by default. 日期或时间，默认当前。
    points
        Points of the further case. 假设的新违规分值。
    days
        So many days listed one by one. 逐日列出的天数。
    lang
        Language of messages. 提示语言。
    """
    from api.services.penalties import outlook

    def job(session: Any, place: Any, book: Any, now: datetime) -> Any:
        moment = moment_of(as_of, lang) or now
        return outlook(book, session, place, moment, daily=days, points=Decimal(str(points)))

    return answer(store, lang, job)


def sweep(*, lang: Lang = "en") -> int:
    """Move on complaints and appeals whose deadline has passed, in all stores. 处理所有店铺已过期限的投诉与申诉。

    Parameters
    ----------
    lang
        Language of messages. 提示语言。
    """
    from store_model.contests import sweep_deadlines

    with open_ledgers() as database, database.system(actor="cli:ledger") as session:
        late = sweep_deadlines(session, database.now())
        print(WORDS[lang]["swept"].format(len(late)))
    return CLEAN


def import_notices(file: Path, /, *, store: StoreName, lang: Lang = "en") -> int:
    """Take a list of violations into a store's ledger; the same file twice changes nothing. 导入违规列表。

    Exit code: 0 all taken, 1 some refused or parked, 2 bad input. 退出码：0 全部入账，1 部分拒绝或待处理，2 输入有误。

    Parameters
    ----------
    file
        xlsx, CSV, TSV or JSON with at least case number and time. 违规列表文件。
    store
        The store's id or its exact name. 店铺编号或名称。
    lang
        Language of the report. 报告语言。
    """
    from api.importing.notices import read_notices
    from api.services.penalties import unknown_listings
    from engine.ledger import times
    from engine.ledger.notices import REASONS

    words = WORDS[lang]

    def job(session: Any, place: Any, book: Any, now: datetime) -> int:
        zone = times.zone(next(iter(book.regime.ladders.values())).timezone)
        notices, refusals = read_notices(file, book.regime, zone)
        holds = unknown_listings(session, place, notices)
        taken = book.receive(session, place, notices, now=now, holds=holds).taken
        count = {name: sum(item.outcome == name for item in taken) for name in ("booked", "known", "parked")}
        for item in taken:
            if item.outcome == "parked" and item.reason is not None:
                print(f"{item.case_no}  {words['parked']}: {REASONS[item.reason][lang]}")
        for refusal in refusals:
            print(f"{refusal.place[lang]}  {refusal.reason[lang]}")
        bad_rows = len({(refusal.sheet, refusal.row) for refusal in refusals})
        print(words["done"].format(len(taken), count["booked"], count["known"], count["parked"], bad_rows))
        return BLOCKED if refusals or count["parked"] else CLEAN

    return in_ledger(store, lang, job)


# Helpers ---------------------------------------------------------------------------------------------------------


def _show(store: str, lang: Lang, as_of: str | None, known_as_of: str | None, *, replay: bool) -> int:
    from api.services.penalties import standing
    from engine.ledger.journal import broken_at
    from store_model.penalty_book import load_rows

    words = WORDS[lang]
    faults: list[str] = []

    def job(session: Any, place: Any, book: Any, now: datetime) -> Any:
        moment, known = moment_of(as_of, lang) or now, moment_of(known_as_of, lang)
        made = standing(book, session, place, moment, known, replay=replay)
        if replay:
            broken = broken_at(load_rows(session, place))
            if broken is not None:
                faults.append(words["broken"].format(place.store_id, broken))
            if made != standing(book, session, place, moment, known, replay=False):
                faults.append(words["differs"])
        return made

    code = answer(store, lang, job)
    for fault in faults:
        print(fault, file=sys.stderr)
    return BLOCKED if faults else code
