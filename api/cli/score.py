"""`storewarden score …`: the service score, its level, and the way up; of files, or of a store in the database."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from cyclopts import Parameter

from api.cli.common import BLOCKED, CLEAN, Lang, fail
from engine.errors import IntakeError, StorewardenError

if TYPE_CHECKING:
    from api.scoring.desk import Desk

Format = Annotated[Literal["text", "json"], Parameter(name="--format")]
Source = Annotated[Path | None, Parameter(show_default=False)]
Day = Annotated[str | None, Parameter(name="--as-of", show_default=False)]
StoreName = Annotated[str | None, Parameter(name="--store", show_default=False)]
PackPath = Annotated[Path | None, Parameter(name="--pack", show_default=False)]
Do = Annotated[list[str] | None, Parameter(name="--do", show_default=False)]
WORDS = {
    "en": {
        "source": "Name a folder or file of orders, or a store of the database with --store.",
        "no_store": "There is no store {}; the stores are: {}",
        "none": "none yet",
        "several": "The files hold {} stores; choose one with --store: {}",
        "day": '"{}" is no day; write it as 2026-11-23',
        "number": '"{}" is no number',
        "do": '"{}" is no action; write KIND:ID, such as withdraw_dispute:7000000001',
        "aim": "Name what to reach: --level excellent, or --score 90.",
        "level": 'There is no level "{}"; known are {}',
        "indicator": 'There is no indicator "{}"; known are {}',
        "no_score": "The pack has no daily score in force on {}.",
        "wrote": "wrote {}",
    },
    "zh": {
        "source": "请指定订单文件或文件夹，或用 --store 指定数据库中的店铺。",
        "no_store": "没有店铺 {}；现有店铺：{}",
        "none": "尚无",
        "several": "文件包含 {} 家店铺，请用 --store 选择：{}",
        "day": "“{}”不是日期，请写成 2026-11-23",
        "number": "“{}”不是数字",
        "do": "“{}”不是有效操作，请写成 操作:编号，如 withdraw_dispute:7000000001",
        "aim": "请指定目标：--level excellent 或 --score 90。",
        "level": "没有等级“{}”；可用：{}",
        "indicator": "没有指标“{}”；可用：{}",
        "no_score": "规则包在 {} 没有生效的每日服务分。",
        "wrote": "已写入 {}",
    },
}


class _Refused(Exception):
    """What ends a command with words for the user."""


def today(
    source: Source = None,
    /,
    *,
    store: StoreName = None,
    as_of: Day = None,
    pack: PackPath = None,
    form: Format = "text",
    lang: Lang = "en",
) -> int:
    """The score with its waterfall, the level, every indicator, and bad data that was left out. 今日得分与等级。

    Parameters
    ----------
    source
        A folder with orders, disputes, shipments, evaluations, messages as Parquet, CSV or JSON lines. 数据文件夹。
    store
        A store of the database by id or name; of files with several stores, which one. 店铺。
    as_of
        Score this day; whole days before it count. 评分日期。
    pack
        Score by another revision of the rules. 使用其他版本的规则包。
    form
        text or json. 输出格式。
    lang
        Language of the answer. 语言。
    """
    from api.cli import score_text
    from api.scoring import documents

    def job(desk: Desk) -> int:
        return _show(documents.today(desk), form, lambda found: score_text.today(found, lang))

    return _with_desk(source, store, as_of, pack, lang, job)


def history(
    source: Source = None,
    /,
    *,
    store: StoreName = None,
    since: Annotated[str | None, Parameter(show_default=False)] = None,
    days: int = 30,
    as_of: Day = None,
    pack: PackPath = None,
    form: Format = "text",
    lang: Lang = "en",
) -> int:
    """The score of each day, by the rules in force on it or of another pack. 历史得分。

    Parameters
    ----------
    source
        A folder of files. 数据文件夹。
    store
        The store. 店铺。
    since
        The first day; `days` before the last by default. 起始日期。
    days
        How many days. 天数。
    as_of
        The last day. 结束日期。
    pack
        Score by another revision of the rules. 使用其他版本的规则包。
    form
        text or json. 输出格式。
    lang
        Language of the answer. 语言。
    """
    from api.cli import score_text
    from api.scoring import documents

    first = _day(since, lang) if since is not None else None

    def job(desk: Desk) -> int:
        begin = first or desk.as_of - timedelta(days=days - 1)
        found = documents.history(desk, begin, desk.as_of + timedelta(days=1))
        return _show(found, form, lambda rows: score_text.history(rows, lang))

    length = (_today(as_of, lang) - first).days if first is not None else days
    return _with_desk(source, store, as_of, pack, lang, job, history=length + 1)


def evidence(
    indicator: str,
    source: Source = None,
    /,
    *,
    store: StoreName = None,
    as_of: Day = None,
    pack: PackPath = None,
    limit: int = 50,
    form: Format = "text",
    lang: Lang = "en",
) -> int:
    """The orders behind an indicator, newest first: counted as what, or left out by which name. 指标明细。

    Parameters
    ----------
    indicator
        Such as SVC101. 指标编号。
    source
        A folder of files. 数据文件夹。
    store
        The store. 店铺。
    as_of
        The day. 日期。
    pack
        Another revision of the rules. 其他版本的规则包。
    limit
        How many rows. 行数。
    form
        text or json. 输出格式。
    lang
        Language of the answer. 语言。
    """
    from api.cli import score_text
    from api.scoring import documents

    def job(desk: Desk) -> int:
        if indicator not in desk.judgements:
            raise _Refused(WORDS[lang]["indicator"].format(indicator, ", ".join(desk.judgements)))
        rows, _ = documents.evidence(desk, indicator, after=None, limit=limit)
        said = documents.indicator(desk, desk.judgements[indicator])
        return _show({"indicator": said, "rows": rows}, form, lambda found: score_text.evidence(found, lang))

    return _with_desk(source, store, as_of, pack, lang, job)


def listings(
    source: Source = None,
    /,
    *,
    store: StoreName = None,
    as_of: Day = None,
    pack: PackPath = None,
    limit: int = 20,
    form: Format = "text",
    lang: Lang = "en",
) -> int:
    """What each listing costs the score. 各商品造成的失分。

    Parameters
    ----------
    source
        A folder of files. 数据文件夹。
    store
        The store. 店铺。
    as_of
        The day. 日期。
    pack
        Another revision of the rules. 其他版本的规则包。
    limit
        How many listings. 商品数。
    form
        text or json. 输出格式。
    lang
        Language of the answer. 语言。
    """
    from api.cli import score_text
    from api.scoring import documents

    def job(desk: Desk) -> int:
        return _show(documents.listings(desk, limit=limit), form, lambda rows: score_text.listings(rows, lang))

    return _with_desk(source, store, as_of, pack, lang, job)


def what_if(
    source: Source = None,
    /,
    *,
    do: Do = None,
    on: Annotated[str | None, Parameter(show_default=False)] = None,
    store: StoreName = None,
    as_of: Day = None,
    pack: PackPath = None,
    form: Format = "text",
    lang: Lang = "en",
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
    store
        The store. 店铺。
    as_of
        The day. 日期。
    pack
        Another revision of the rules. 其他版本的规则包。
    form
        text or json. 输出格式。
    lang
        Language of the answer. 语言。
    """
    from api.cli import score_text
    from api.scoring import moves

    wanted = [_action(word, lang) for word in do or ()]
    later = _day(on, lang) if on is not None else None

    def job(desk: Desk) -> int:
        _needs_score(desk, lang)
        if not wanted:
            offers = moves.suggestions(desk, moves.open_actions(desk))
            return _show(offers, form, lambda rows: score_text.suggestions(rows, lang))
        found = moves.what_if(desk, moves.named(desk, wanted), later)
        return _show(found, form, lambda answer: score_text.what_if(answer, lang))

    return _with_desk(source, store, as_of, pack, lang, job)


def plan(
    source: Source = None,
    /,
    *,
    level: str | None = None,
    score: str | None = None,
    by: Annotated[str | None, Parameter(show_default=False)] = None,
    store: StoreName = None,
    as_of: Day = None,
    pack: PackPath = None,
    form: Format = "text",
    lang: Lang = "en",
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
    store
        The store. 店铺。
    as_of
        The day. 日期。
    pack
        Another revision of the rules. 其他版本的规则包。
    form
        text or json. 输出格式。
    lang
        Language of the answer. 语言。
    """
    from api.cli import score_text
    from api.scoring import moves
    from engine.scoring.plan import Aim

    if (level is None) == (score is None):
        return fail(WORDS[lang]["aim"])
    wanted = _number(score, lang) if score is not None else None
    last = _day(by, lang) if by is not None else None

    def job(desk: Desk) -> int:
        _needs_score(desk, lang)
        if level is not None:
            known = [one.id for one, _ in desk.force.formula(desk.level).levels] if desk.level is not None else []
            if level not in known:
                raise _Refused(WORDS[lang]["level"].format(level, ", ".join(known)))
        aim = Aim(last or desk.outlook.next_decision() or desk.as_of, level, wanted)
        found = moves.cheapest(desk, aim, moves.open_actions(desk))
        _show(found, form, lambda answer: score_text.plan(answer, lang))
        return CLEAN if found["reached"] else BLOCKED

    return _with_desk(source, store, as_of, pack, lang, job)


def trends(
    source: Source = None,
    /,
    *,
    days: int = 30,
    store: StoreName = None,
    as_of: Day = None,
    pack: PackPath = None,
    form: Format = "text",
    lang: Lang = "en",
) -> int:
    """Unusual days and why, bounds that will be crossed, and the last days beside those before. 趋势与预警。

    Parameters
    ----------
    source
        A folder of files. 数据文件夹。
    days
        The length of a period. 周期天数。
    store
        The store. 店铺。
    as_of
        The day. 日期。
    pack
        Another revision of the rules. 其他版本的规则包。
    form
        text or json. 输出格式。
    lang
        Language of the answer. 语言。
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
        return _show(found, form, lambda answer: score_text.trends(answer, lang))

    return _with_desk(source, store, as_of, pack, lang, job, history=2 * days)


def chart(
    kind: Literal["waterfall", "history", "listings", "indicator"],
    source: Source = None,
    /,
    *,
    indicator: Annotated[str | None, Parameter(show_default=False)] = None,
    svg: Annotated[Path | None, Parameter(show_default=False)] = None,
    days: int = 30,
    store: StoreName = None,
    as_of: Day = None,
    pack: PackPath = None,
    lang: Lang = "en",
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
    store
        The store. 店铺。
    as_of
        The day. 日期。
    pack
        Another revision of the rules. 其他版本的规则包。
    lang
        Language of the chart. 语言。
    """
    from api.scoring import pictures
    from engine.scoring import charts

    def job(desk: Desk) -> int:
        _needs_score(desk, lang)
        if kind == "indicator" and indicator not in desk.force.terms:
            raise _Refused(WORDS[lang]["indicator"].format(indicator, ", ".join(desk.force.terms)))
        spec = pictures.chart(desk, kind, lang, days=days, indicator=indicator)
        if svg is None:
            print(json.dumps(spec, ensure_ascii=False, indent=1))
            return CLEAN
        svg.write_text(charts.svg(spec), "utf-8")
        print(WORDS[lang]["wrote"].format(svg), file=sys.stderr)
        return CLEAN

    return _with_desk(source, store, as_of, pack, lang, job, history=2 * days)


def everyone(
    source: Path,
    /,
    *,
    as_of: Day = None,
    pack: PackPath = None,
    form: Annotated[Literal["text", "json", "csv"], Parameter(name="--format")] = "text",
    memory: str = "1GB",
    lang: Lang = "en",
) -> int:
    """The scores of all stores in files on one day, with the averages of their industries. 全部店铺评分。

    Parameters
    ----------
    source
        A folder of files. 数据文件夹。
    as_of
        The day. 日期。
    pack
        Another revision of the rules. 其他版本的规则包。
    form
        text, json (one line a store) or csv. 输出格式。
    memory
        What the counting may use, such as 1GB. 内存上限。
    lang
        Language of the answer. 语言。
    """
    from api.cli import score_text
    from api.scoring.everyone import Everyone

    def job() -> int:
        rules_of, day = _rules(pack), _today(as_of, lang)
        with _files(source, rules_of, day, memory=memory) as origin:
            score_text.everyone(Everyone(rules_of, origin, day), form, lang, sys.stdout)
        return CLEAN

    return _guarded(lang, job)


# Helpers ---------------------------------------------------------------------------------------------------------


def _with_desk(
    source: Path | None,
    store: str | None,
    as_of: str | None,
    pack: Path | None,
    lang: Lang,
    job: Callable[[Desk], int],
    *,
    history: int = 0,
) -> int:
    def run() -> int:
        from api.scoring.desk import Desk

        rules_of, day = _rules(pack), _today(as_of, lang)
        if source is not None:
            with _files(source, rules_of, day) as origin:
                return job(Desk(rules_of, origin, _one_store(origin, store, lang), day, history=history))
        if store is None:
            raise _Refused(WORDS[lang]["source"])
        return _in_database(rules_of, store, day, lang, job, history)

    return _guarded(lang, run)


def _guarded(lang: Lang, job: Callable[[], int]) -> int:
    try:
        return job()
    except IntakeError as error:
        return fail(f"{error.where}: {error.en if lang == 'en' else error.zh}")
    except StorewardenError as error:
        return fail(getattr(error, lang, None) or str(error))
    except _Refused as error:
        return fail(str(error))


def _rules(pack: Path | None) -> Any:
    import rules
    from api.cli.common import PACK, open_pack
    from api.scoring.rules import PerformanceRules
    from api.services.backoffice import load_backoffice

    loaded = open_pack(pack)
    backoffice = load_backoffice(loaded.path)
    if "performance" not in backoffice.sections:  # a pack of rules alone is looked at as the shipped one is
        backoffice = load_backoffice(rules.path(PACK))
    return PerformanceRules(loaded, backoffice)


class _files:  # noqa: N801  reads as a function
    """The rows of files, closed at the end."""

    def __init__(self, source: Path, rules_of: Any, day: date, *, memory: str = "1GB") -> None:
        from engine.scoring import days
        from store_model.performance import files

        now = days.seconds(datetime.now(UTC))
        self.store = files.Store(files.find(source), rules_of.limits(day), now=now, memory=memory)

    def __enter__(self) -> Any:
        return self.store

    def __exit__(self, *error: object) -> None:
        self.store.close()


def _one_store(origin: Any, wanted: str | None, lang: Lang) -> str:
    names = origin.stores()
    shown = ", ".join(names[:20])
    if wanted is not None:
        if wanted not in names:
            raise _Refused(WORDS[lang]["no_store"].format(wanted, shown or WORDS[lang]["none"]))
        return wanted
    if len(names) > 1:
        raise _Refused(WORDS[lang]["several"].format(len(names), shown))
    return names[0] if names else "1"


def _in_database(rules_of: Any, store: str, day: date, lang: Lang, job: Callable[[Desk], int], history: int) -> int:
    from api.cli.importing import find_store
    from api.scoring.desk import Desk
    from api.settings import read_settings
    from store_model.bulk import Place
    from store_model.db import open_database
    from store_model.performance.tables import Tables

    database = open_database(read_settings(os.environ).database_url)
    try:
        found, names = find_store(database, store, actor="cli:score")
        if found is None:
            raise _Refused(WORDS[lang]["no_store"].format(store, names or WORDS[lang]["none"]))
        scope, store_id = found
        with database.scoped(scope, read_only=True) as session:
            origin = Tables(session, Place(scope.entity_id, store_id), rules_of.limits(day), now=database.now())
            return job(Desk(rules_of, origin, str(store_id), day, history=history))
    finally:
        database.close()


def _needs_score(desk: Desk, lang: Lang) -> None:
    if desk.score is None or desk.score not in desk.force.formulas:
        raise _Refused(WORDS[lang]["no_score"].format(desk.as_of))


def _show(found: Any, form: str, text: Callable[[Any], str]) -> int:
    if form == "json":
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found), indent=1).decode() + "\n")
    else:
        print(text(found))
    return CLEAN


def _today(text: str | None, lang: Lang) -> date:
    return _day(text, lang) if text is not None else datetime.now(UTC).date()


def _day(text: str, lang: Lang) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        print(WORDS[lang]["day"].format(text[:40]), file=sys.stderr)
        sys.exit(2)


def _number(text: str, lang: Lang) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        print(WORDS[lang]["number"].format(text[:40]), file=sys.stderr)
        sys.exit(2)


def _action(word: str, lang: Lang) -> tuple[str, str]:
    kind, colon, name = word.partition(":")
    if not colon or not name:
        print(WORDS[lang]["do"].format(word[:60]), file=sys.stderr)
        sys.exit(2)
    return kind, name
