"""`storewarden ledger list | forecasts | enforcement`: what stands in the record, filtered as over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from cyclopts import Parameter, validators

from api.cli.common import Lang, fail
from api.cli.ledger_store import Moment, StoreName, answer, moment_of, open_ledgers, said, show
from api.cli.lists import filters_of, first_rows, query_of

What = Literal["violations", "notices", "rows", "complaints", "appeals"]


def rows(
    what: What,
    /,
    *,
    store: StoreName,
    where: Annotated[list[str] | None, Parameter(name="--where", negative="")] = None,
    sort: str = "-id",
    limit: Annotated[int, Parameter(validator=validators.Number(gte=1, lte=1000))] = 50,
    lang: Lang = "en",
) -> int:
    """Violations, notices, rows of the ledger, complaints or appeals as JSON. 列出违规、通知、台账、投诉或申诉。

    Parameters
    ----------
    what
        Which list. 列表种类。
    store
        The store's id or its exact name. 店铺编号或名称。
    where
        A filter such as state=active or is_parked=true; may be given again. 筛选条件，可重复。
    sort
        A column, with - before it downward. 排序列，加 - 表示降序。
    limit
        How many at most. 最多行数。
    lang
        Language of messages. 提示语言。
    """
    from api.routes import violation_lists
    from api.wire import show as shown

    resource = {
        "violations": violation_lists.VIOLATIONS, "notices": violation_lists.NOTICES, "rows": violation_lists.LEDGER,
        "complaints": violation_lists.COMPLAINTS, "appeals": violation_lists.APPEALS,
    }[what]  # fmt: skip

    def job(session: Any, place: Any, book: Any, now: datetime) -> Any:
        query = query_of(resource, filters_of(where or (), lang), sort=sort, page_size=limit)
        found, has_more = first_rows(session, resource, place.store_id, query, limit)
        return {"items": [shown(row, resource.answer) for row in found], "has_more": has_more}

    return answer(store, lang, job)


def enforcement(*, store: StoreName, as_of: Moment = None, lang: Lang = "en") -> int:
    """What the platform does: in force, to come, over, inherited; and what forbids publishing. 处罚措施。

    Parameters
    ----------
    store
        The store's id or its exact name. 店铺编号或名称。
    as_of
        A day or a moment; now by default. 日期或时间，默认当前。
    lang
        Language of messages. 提示语言。
    """
    from api.services import penalties

    def job(session: Any, place: Any, book: Any, now: datetime) -> Any:
        return penalties.enforcement(book, session, place, moment_of(as_of, lang) or now)

    return answer(store, lang, job)


def forecasts(
    *,
    within_days: Annotated[int | None, Parameter(validator=validators.Number(gte=0, lte=400))] = None,
    cause: Literal["time", "open_findings"] | None = None,
    ladder: str | None = None,
    limit: Annotated[int, Parameter(validator=validators.Number(gte=1, lte=1000))] = 100,
    lang: Lang = "en",
) -> int:
    """The steps ahead in all stores, the soonest first; makes what last night left out. 所有店铺即将发生的节点变化。

    Parameters
    ----------
    within_days
        Only steps that change within so many days, and what open findings would bring. 仅列出多少天内的变化。
    cause
        time: by lapses alone; open_findings: if every open finding were confirmed. 变化原因。
    ladder
        Only this ladder. 仅此积分体系。
    limit
        How many at most. 最多行数。
    lang
        Language of messages. 提示语言。
    """
    from api.cli.common import open_pack
    from api.problems import ProblemError
    from api.services import outlook
    from api.services.backoffice import load_backoffice
    from api.services.penalties import Penalties
    from api.webhooks.announcing import Announcer
    from engine.ledger.engines import Twin

    pack = open_pack(None)
    penalties = Penalties(pack, Twin())
    announcer = Announcer(pack, penalties, load_backoffice(pack.path))
    wanted = outlook.Wanted(within_days=within_days, cause=cause, ladder=ladder)
    try:
        with open_ledgers() as database:
            more = True
            while more:
                with database.system(actor="cli:ledger") as session:
                    more = announcer.forecast(session, database.now())
            with database.system(actor="cli:ledger", read_only=True) as session:
                found = outlook.page(session, penalties, wanted, database.now(), size=limit)
                return show({"items": found.items, "has_more": found.position is not None})
    except ProblemError as problem:
        return fail(said(problem, lang))
