"""`storewarden findings judge | precision`, `ledger trace`: what officers decide, how right rules are, what we saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from cyclopts import Parameter

from api.cli.common import CLEAN, Lang, fail, open_pack
from api.cli.findings import Form, Stores, know_categories
from api.cli.ledger_store import StoreName, moment_of
from api.cli.lists import of_stores
from api.cli.stores import answered, in_store
from api.cli.waiving import caller_of

WORDS = {
    "en": {
        "judged": "Finding {}: {}. {} of {} findings of {} were upheld ({} to {}).",
        "upheld": "upheld", "false_positive": "a false positive",
        "accepted": "It is accepted until {}.",
        "no_finding": "There is no finding {}; storewarden findings list shows those there are.",
        "no_verdicts": "{}: nobody has judged a finding yet; see storewarden findings judge --help",
        "precision": "  {rule}  {upheld} of {n} upheld: {precision:.0%} ({low:.0%} to {high:.0%})",
        "no_violation": "There is no violation of the case {}.",
        "no_violations": "{}: no violations.",
        "trace": "  {case_no}  {offence}  {listing}: {outcome}{by}",
        "by": " ({})", "sum": "  {} violations: {}",
        "caught": "a finding said so", "waived": "a finding said so and was waived",
        "in_shadow": "a finding said so, in shadow mode",
        "not_fired": "none of the rules spoke up", "no_rule": "no rule reports it",
    },
    "zh": {
        "judged": "诊断结果 {0}：{1}。规则 {4} 的 {3} 条判定中 {2} 条属实（{5} 至 {6}）。",
        "upheld": "属实", "false_positive": "误报",
        "accepted": "豁免至 {}。",
        "no_finding": "没有诊断结果 {}；用 storewarden findings list 查看现有结果。",
        "no_verdicts": "{}：尚无人工判定；参见 storewarden findings judge --help",
        "precision": "  {rule}  {n} 条中 {upheld} 条属实：{precision:.0%}（{low:.0%} 至 {high:.0%}）",
        "no_violation": "没有案件编号为 {} 的违规。",
        "no_violations": "{}：没有违规。",
        "trace": "  {case_no}  {offence}  {listing}：{outcome}{by}",
        "by": "（{}）", "sum": "  共 {} 起违规：{}",
        "caught": "已有诊断结果提示", "waived": "提示已被豁免", "in_shadow": "仅有影子模式的提示",
        "not_fired": "有规则但未触发", "no_rule": "没有对应规则",
    },
}  # fmt: skip
COLUMNS = ("store_id", "violation_id", "case_no", "offence", "listing", "outcome", "findings", "rules", "waivers")


def judge(
    finding: int,
    verdict: Literal["upheld", "false_positive"],
    /,
    *,
    store: StoreName,
    reason: str,
    waive_until: Annotated[str | None, Parameter(show_default=False)] = None,
    waive_scope: Literal["finding", "listing", "rule"] = "finding",
    lang: Lang = "en",
) -> int:
    """Judge a finding; a false positive may be accepted in the same step. 判定诊断结果是否属实。

    Exit code: 0, or 2 for bad input. 退出码：0，输入有误时为 2。

    Parameters
    ----------
    finding
        Its id, as `storewarden findings list` shows it. 诊断结果编号。
    verdict
        upheld or false_positive; the last verdict on a finding counts. 判定，以最后一次为准。
    store
        The store's id or its exact name. 店铺编号或名称。
    reason
        Why. 理由。
    waive_until
        Accept it until this day or moment (UTC). 豁免截止日期或时间（UTC）。
    waive_scope
        This finding, its rule on this listing, or its rule in the whole store. 豁免范围。
    lang
        Language of the answer. 回复语言。
    """
    from api.resources.changing import Changes
    from api.routes.verdicts import FINDING_VERDICTS
    from store_model.findings import Finding
    from store_model.verdicts import precision_by_rule

    def job() -> int:
        words = WORDS[lang]
        body: dict[str, Any] = {"verdict": verdict, "reason": reason}
        if waive_until is not None:
            body |= {"waive_until": moment_of(waive_until, lang), "waive_scope": waive_scope}
        know_categories()
        for session, place, now in in_store(store, lang):
            row = session.get(Finding, finding) if finding < 2**63 else None
            if row is None:
                return fail(words["no_finding"].format(finding))
            Changes(session, FINDING_VERDICTS, caller_of(session, place, now), {"finding_id": row.id}).create(body)
            session.flush()
            found = precision_by_rule(session, [row.rule])[row.rule]
            print(
                words["judged"].format(
                    row.id, words[verdict], found.upheld, found.n, row.rule, _share(found.low), _share(found.high)
                )
            )
            if waive_until is not None:
                print(words["accepted"].format(waive_until))
        return CLEAN

    return answered(job, lang)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def precision(
    *,
    store: Stores = None,
    rule: Annotated[str | None, Parameter(show_default=False)] = None,
    format: Form = "text",  # noqa: A002
    lang: Lang = "en",
) -> int:
    """How right each rule has been, by the verdicts of officers, with the 95 % interval. 各规则判定准确率。

    Exit code: 0, or 2 for bad input. 退出码：0，输入有误时为 2。

    Parameters
    ----------
    rule
        This rule alone. 仅此规则。
    """
    from api.routes.verdicts import precisions

    def read(session: Any, place: Any, now: datetime) -> dict[str, Any]:
        return {"items": precisions(session, rule)}

    def text(place: Any, answer: dict[str, Any]) -> None:
        print(place.name if answer["items"] else WORDS[lang]["no_verdicts"].format(place.name))
        for one in answer["items"]:
            print(WORDS[lang]["precision"].format(**msgspec.structs.asdict(one)))

    columns = ("store_id", "rule", "n", "upheld", "precision", "low", "high")
    return answered(lambda: of_stores(store, lang, format, read, text, columns), lang)


def trace(
    case: Annotated[str | None, Parameter(show_default=False)] = None,
    /,
    *,
    store: Stores = None,
    format: Form = "text",  # noqa: A002
    lang: Lang = "en",
) -> int:
    """Whether a finding said so before each violation, and what became of it. 违规是否已被预先发现。

    Exit code: 0, or 2 for bad input. 退出码：0，输入有误时为 2。

    Parameters
    ----------
    case
        The platform's case number; every violation without one. 平台案件编号，默认全部。
    """
    from sqlalchemy import select

    from api.routes.verdicts import traced
    from store_model.violations import Violation

    pack, met = open_pack(None), []

    def read(session: Any, place: Any, now: datetime) -> dict[str, Any]:
        wanted = select(Violation).where(Violation.store_id == place.id).order_by(Violation.at, Violation.id)
        if case is not None:
            wanted = wanted.where(Violation.case_no == case)
        items = [traced(session, pack, row) for row in session.scalars(wanted)]
        met.extend(items)
        return {"items": items}

    def text(place: Any, answer: dict[str, Any]) -> None:
        if answer["items"] or case is None:
            _tell(place, answer["items"], lang)

    def job() -> int:
        done = of_stores(store, lang, format, read, text, COLUMNS)
        return done if met or case is None else fail(WORDS[lang]["no_violation"].format(case))

    return answered(job, lang)


def _tell(place: Any, items: Sequence[Any], lang: Lang) -> None:
    words = WORDS[lang]
    print(place.name if items else words["no_violations"].format(place.name))
    for one in items:
        by = words["by"].format(", ".join(one.rules)) if one.rules else ""
        shown = {**msgspec.structs.asdict(one), "listing": one.listing or "–", "outcome": words[one.outcome]}
        print(words["trace"].format(**shown, by=by))
    if len(items) > 1:
        counts = Counter(words[one.outcome] for one in items).most_common()
        told = ("; " if lang == "en" else "；").join(f"{name} {number}" for name, number in counts)
        print(words["sum"].format(len(items), told))
