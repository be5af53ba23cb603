"""`storewarden score …`: the service score, its level, and the way up; of files, or of a store in the database."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from api.cli.common import BLOCKED, CLEAN, fail
from api.cli.score_source import (
    PLAIN,
    PLAIN_OF_ALL,
    WORDS,
    Asked,
    AskedOfAll,
    Files,
    Refused,
    day_asked,
    guarded,
    needs_score,
    read_action,
    read_day,
    read_number,
    rules_at,
    show,
    with_desk,
)

if TYPE_CHECKING:
    from api.scoring.desk import Desk

Format = Annotated[Literal["text", "json"], Parameter(name="--format")]
Source = Annotated[Path | None, Parameter(show_default=False)]
Do = Annotated[list[str] | None, Parameter(name="--do", show_default=False)]


def today(
    source: Source = None,
    /,
    *,
    form: Format = "text",
    asked: Asked = PLAIN,
) -> int:
    """The score with its waterfall, the level, every indicator, and bad data that was left out. 今日得分与等级。

    Parameters
    ----------
    source
        A folder with orders, disputes, shipments, evaluations, messages as Parquet, CSV or JSON lines. 数据文件夹。
    form
        text or json. 输出格式。
    """
    from api.cli import score_text
    from api.scoring import documents

    def job(desk: Desk) -> int:
        return show(documents.today(desk), form, lambda found: score_text.today(found, asked.lang))

    return with_desk(source, asked, job)


def history(
    source: Source = None,
    /,
    *,
    since: Annotated[str | None, Parameter(show_default=False)] = None,
    days: int = 30,
    form: Format = "text",
    asked: Asked = PLAIN,
) -> int:
    """The score of each day, by the rules in force on it or of another pack. 历史得分。

    Parameters
    ----------
    source
        A folder of files. 数据文件夹。
    since
        The first day; `days` before the last by default. 起始日期。
    days
        How many days. 天数。
    form
        text or json. 输出格式。
    """
    from api.cli import score_text
    from api.scoring import documents

    first = read_day(since, asked.lang) if since is not None else None

    def job(desk: Desk) -> int:
        begin = first or desk.as_of - timedelta(days=days - 1)
        found = documents.history(desk, begin, desk.as_of + timedelta(days=1))
        return show(found, form, lambda rows: score_text.history(rows, asked.lang))

    length = (day_asked(asked.as_of, asked.lang) - first).days if first is not None else days
    return with_desk(source, asked, job, history=length + 1)


def evidence(
    indicator: str,
    source: Source = None,
    /,
    *,
    limit: int = 50,
    form: Format = "text",
    asked: Asked = PLAIN,
) -> int:
    """The orders behind an indicator, newest first: counted as what, or left out by which name. 指标明细。

    Parameters
    ----------
    indicator
        Such as SVC101. 指标编号。
    source
        A folder of files. 数据文件夹。
    limit
        How many rows. 行数。
    form
        text or json. 输出格式。
    """
    from api.cli import score_text
    from api.scoring import documents

    def job(desk: Desk) -> int:
        if indicator not in desk.judgements:
            raise Refused(WORDS[asked.lang]["indicator"].format(indicator, ", ".join(desk.judgements)))
        rows, _ = documents.evidence(desk, indicator, after=None, limit=limit)
        said = documents.indicator(desk, desk.judgements[indicator])
        return show({"indicator": said, "rows": rows}, form, lambda found: score_text.evidence(found, asked.lang))

    return with_desk(source, asked, job)


def listings(
    source: Source = None,
    /,
    *,
    limit: int = 20,
    form: Format = "text",
    asked: Asked = PLAIN,
) -> int:
    """What each listing costs the score. 各商品造成的失分。

    Parameters
    ----------
    source
        A folder of files. 数据文件夹。
    limit
        How many listings. 商品数。
    form
        text or json. 输出格式。
    """
    from api.cli import score_text
    from api.scoring import documents

    def job(desk: Desk) -> int:
        return show(documents.listings(desk, limit=limit), form, lambda rows: score_text.listings(rows, asked.lang))

    return with_desk(source, asked, job)


def categories(source: Source = None, /, *, form: Format = "text", asked: Asked = PLAIN) -> int:
    """Category assessment: each industry of the store by itself, worst first. 类目考核。

    Parameters
    ----------
    source
        A folder of files; the orders need a column category. 数据文件夹，订单须有类目列。
    form
        text or json. 输出格式。
    """
    from api.cli import score_text
    from api.scoring.categories import assessments

    def job(desk: Desk) -> int:
        return show(assessments(desk), form, lambda found: score_text.categories(found, asked.lang))

    return with_desk(source, asked, job)


def what_if(
    source: Source = None,
    /,
    *,
    do: Do = None,
    on: Annotated[str | None, Parameter(show_default=False)] = None,
    form: Format = "text",
    asked: Asked = PLAIN,
) -> int:
    """The new score and level if some things are done; without --do, what could be done, best first. 假设分析。

    Parameters
    ----------
    source
        A folder of files. 数据文件夹。
    do
        KIND:ID, as often as wanted: withdraw_dispute, ship_order, answer_message, answer_dispute, take_offline. 操作。
    on
        The later day to look at; the next evaluation by default. 观察日期。
    form
        text or json. 输出格式。
    """
    from api.cli import score_text
    from api.scoring import moves

    wanted = [read_action(word, asked.lang) for word in do or ()]
    later = read_day(on, asked.lang) if on is not None else None

    def job(desk: Desk) -> int:
        needs_score(desk, asked.lang)
        if not wanted:
            offers = moves.suggestions(desk, moves.open_actions(desk))
            return show(offers, form, lambda rows: score_text.suggestions(rows, asked.lang))
        found = moves.what_if(desk, moves.named(desk, wanted), later)
        return show(found, form, lambda answer: score_text.what_if(answer, asked.lang))

    return with_desk(source, asked, job)


def plan(
    source: Source = None,
    /,
    *,
    level: str | None = None,
    score: str | None = None,
    by: Annotated[str | None, Parameter(show_default=False)] = None,
    form: Format = "text",
    asked: Asked = PLAIN,
) -> int:
    """The cheapest set of actions that reaches a level or a daily score by a day. 达标的最低成本方案。

    Exit code: 0 it can be reached, 1 it cannot, 2 bad input. 退出码：0 可达成，1 无法达成，2 输入有误。

    Parameters
    ----------
    source
        A folder of files. 数据文件夹。
    level
        The level to reach, such as excellent. 目标等级。
    score
        Or the daily score to reach. 目标得分。
    by
        By which day; the next evaluation by default. 截止日期。
    form
        text or json. 输出格式。
    """
    from api.cli import score_text
    from api.scoring import moves
    from engine.scoring.plan import Aim

    if (level is None) == (score is None):
        return fail(WORDS[asked.lang]["aim"])
    wanted = read_number(score, asked.lang) if score is not None else None
    last = read_day(by, asked.lang) if by is not None else None

    def job(desk: Desk) -> int:
        needs_score(desk, asked.lang)
        if level is not None:
            known = [one.id for one, _ in desk.force.formula(desk.level).levels] if desk.level is not None else []
            if level not in known:
                raise Refused(WORDS[asked.lang]["level"].format(level, ", ".join(known)))
        aim = Aim(last or desk.outlook.next_decision() or desk.as_of, level, wanted)
        found = moves.cheapest(desk, aim, moves.open_actions(desk))
        show(found, form, lambda answer: score_text.plan(answer, asked.lang))
        return CLEAN if found["reached"] else BLOCKED

    return with_desk(source, asked, job)


def trends(
    source: Source = None,
    /,
    *,
    days: int = 30,
    form: Format = "text",
    asked: Asked = PLAIN,
) -> int:
    """Unusual days and why, bounds that will be crossed, and the last days beside those before. 趋势与预警。

    Parameters
    ----------
    source
        A folder of files. 数据文件夹。
    days
        The length of a period. 周期天数。
    form
        text or json. 输出格式。
    """
    from api.cli import score_text
    from api.scoring import alarms

    def job(desk: Desk) -> int:
        earlier, later = alarms.periods(desk.as_of, days)
        found = {
            "anomalies": alarms.anomalies(desk, later[0], later[1]),
            "crossings": alarms.crossings(desk),
            "comparison": alarms.comparison(desk, earlier, later),
        }
        return show(found, form, lambda answer: score_text.trends(answer, asked.lang))

    return with_desk(source, asked, job, history=2 * days)


def chart(
    kind: Literal["waterfall", "history", "listings", "indicator"],
    source: Source = None,
    /,
    *,
    indicator: Annotated[str | None, Parameter(show_default=False)] = None,
    svg: Annotated[Path | None, Parameter(show_default=False)] = None,
    days: int = 30,
    asked: Asked = PLAIN,
) -> int:
    """A chart as a Vega-Lite specification, or drawn into an SVG file. 图表。

    Parameters
    ----------
    kind
        waterfall, history, listings or indicator. 图表类型。
    source
        A folder of files. 数据文件夹。
    indicator
        Which one, for the chart of an indicator. 指标编号。
    svg
        Write the picture here; without it the specification is printed. 写入的 SVG 文件。
    days
        How many days. 天数。
    """
    from api.scoring import pictures
    from engine.scoring import charts

    def job(desk: Desk) -> int:
        needs_score(desk, asked.lang)
        if kind == "indicator" and indicator not in desk.force.terms:
            raise Refused(WORDS[asked.lang]["indicator"].format(indicator, ", ".join(desk.force.terms)))
        spec = pictures.chart(desk, kind, asked.lang, days=days, indicator=indicator)
        if svg is None:
            print(json.dumps(spec, ensure_ascii=False, indent=1))
            return CLEAN
        svg.write_text(charts.svg(spec), "utf-8")
        print(WORDS[asked.lang]["wrote"].format(svg), file=sys.stderr)
        return CLEAN

    return with_desk(source, asked, job, history=2 * days)


def everyone(
    source: Path,
    /,
    *,
    form: Annotated[Literal["text", "json", "csv"], Parameter(name="--format")] = "text",
    memory: str = "1GB",
    asked: AskedOfAll = PLAIN_OF_ALL,
) -> int:
    """The scores of all stores in files on one day, with the averages of their industries. 全部店铺评分。

    Parameters
    ----------
    source
        A folder of files. 数据文件夹。
    form
        text, json (one line a store) or csv. 输出格式。
    memory
        What the counting may use, such as 1GB. 内存上限。
    """
    from api.cli import score_text
    from api.scoring.everyone import Everyone

    def job() -> int:
        rules_of, day = rules_at(asked.pack), day_asked(asked.as_of, asked.lang)
        with Files(source, rules_of, day, memory=memory) as origin:
            score_text.everyone(Everyone(rules_of, origin, day), form, asked.lang, sys.stdout)
        return CLEAN

    return guarded(asked.lang, job)
