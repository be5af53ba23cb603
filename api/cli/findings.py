"""`storewarden findings`: what stands against a store's products, filtered, counted, and how each came to be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from cyclopts import Parameter, validators

from api.cli.common import CLEAN, Lang, fail
from api.cli.ledger_store import show
from api.cli.lists import filters_of, first_rows, of_stores, query_of, write_table
from api.cli.stores import answered, in_store

if TYPE_CHECKING:
    from api.resources.listing import Query

Stores = Annotated[
    str | None,
    Parameter(name="--store", help="Its id or exact name; every store by default. 店铺，默认全部。"),
]
Form = Annotated[
    Literal["text", "json", "csv"], Parameter(name=["--format", "-f"], help="Form of the answer. 输出格式。")
]
Limit = Annotated[int, Parameter(validator=validators.Number(gte=1, lte=1000), help="At most so many. 最多条数。")]
Many = Parameter(negative="", show_default=False)
AtLeast0 = validators.Number(gte=0, lte=100_000)
WORDS = {
    "en": {
        "empty": "{}: no findings.",
        "how": "Findings come from checking products: storewarden serve, then POST /v1/stores/{}/diagnoses",
        "store": "{}: {} findings shown",
        "more": "  There are more; ask for them with --limit, or for fewer with a filter.",
        "line": "  {id}  {severity}  {state}, {life}  {rule} {code}  {about}; since {since}{points}{waived}",
        "points": "; {} points at risk", "waived": "; waived ({})", "the_store": "the store itself",
        "count": "{}: {} findings, {} points at risk",
        "severity": "severity", "mode": "mode", "state": "state", "life": "life", "rule": "rule", "code": "code",
        "category_id": "category", "group_id": "group",
        "no_finding": "There is no finding {}; storewarden findings list shows those there are.",
        "turn": "  {at}  {turn}  ({severity}, {mode}, {places} places)  {cause}",
        "turns": {"new": "new", "unchanged": "unchanged", "worsened": "worsened", "reopened": "came back",
                  "fixed": "fixed", "waived": "waived", "unwaived": "counts again", "open": "open"},
    },
    "zh": {
        "empty": "{}：没有诊断结果。",
        "how": "诊断结果来自商品检查：storewarden serve，然后 POST /v1/stores/{}/diagnoses",
        "store": "{}：显示 {} 条诊断结果",
        "more": "  还有更多；用 --limit 增加条数，或用筛选条件缩小范围。",
        "line": "  {id}  {severity}  {state}，{life}  {rule} {code}  {about}；自 {since}{points}{waived}",
        "points": "；涉及 {} 分", "waived": "；已豁免（{}）", "the_store": "店铺本身",
        "count": "{}：{} 条诊断结果，涉及 {} 分",
        "severity": "级别", "mode": "模式", "state": "状态", "life": "变化", "rule": "规则", "code": "代码",
        "category_id": "类目", "group_id": "分组",
        "no_finding": "没有诊断结果 {}；用 storewarden findings list 查看现有结果。",
        "turn": "  {at}  {turn}（{severity}，{mode}，{places} 处）  {cause}",
        "turns": {"new": "新增", "unchanged": "未变", "worsened": "加重", "reopened": "再次出现",
                  "fixed": "已修复", "waived": "已豁免", "unwaived": "恢复计入", "open": "未修复"},
    },
}  # fmt: skip


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which findings are asked for."""

    severity: Annotated[tuple[Literal["error", "warning", "info"], ...], Many] = ()
    rule: Annotated[tuple[str, ...], Many] = ()
    code: Annotated[tuple[str, ...], Many] = ()
    state: Annotated[tuple[Literal["open", "fixed"], ...], Many] = ()
    life: Annotated[tuple[Literal["new", "unchanged", "worsened", "reopened", "fixed"], ...], Many] = ()
    listing: Annotated[str | None, Parameter(help="Of this listing. 商品编号。")] = None
    category: Annotated[str | None, Parameter(help="Of products in it or below it. 类目及其下级。")] = None
    group: Annotated[int | None, Parameter(help="Of products in it or below it. 分组及其下级。")] = None
    older_than: Annotated[
        int | None, Parameter(validator=AtLeast0, help="Open for more than so many days. 超过多少天未修复。")
    ] = None
    points: Annotated[int | None, Parameter(validator=AtLeast0, help="At least so many at risk. 最低分值。")] = None
    sold: Annotated[
        int | None, Parameter(validator=AtLeast0, help="Of products of which so many pieces were ordered. 销量下限。")
    ] = None
    waived: Annotated[bool | None, Parameter(show_default=False, help="Covered by a waiver, or not. 是否豁免。")] = None
    where: Annotated[
        tuple[str, ...], Parameter(negative="", help="Any other filter of GET /findings: name=value. 其他筛选条件。")
    ] = ()

    def filters(self, now: datetime, lang: Lang) -> list[tuple[str, str]]:
        """As the query of the service has them."""
        since = None if self.older_than is None else now - timedelta(days=self.older_than)
        one = {
            "listing_id": self.listing, "category_id": self.category, "group_id": self.group,
            "opened_before": None if since is None else since.isoformat(), "points_from": self.points,
            "sold_from": self.sold, "waived": None if self.waived is None else str(self.waived).lower(),
        }  # fmt: skip
        return [
            *((name, value) for name in ("severity", "rule", "code", "state", "life") for value in getattr(self, name)),
            *((name, str(value)) for name, value in one.items() if value is not None),
            *filters_of(self.where, lang),
        ]


EVERYTHING = Wanted()


def rows(
    *,
    store: Stores = None,
    wanted: Wanted = EVERYTHING,
    sort: str = "-id",
    limit: Limit = 50,
    format: Form = "text",  # noqa: A002
    lang: Lang = "en",
) -> int:
    """List findings, the newest first. 列出诊断结果。

    Exit code: 0, or 2 for bad input. 退出码：0，输入有误时为 2。

    Parameters
    ----------
    sort
        id, last_seen, opened_at or points; with - before it downward. 排序列，加 - 表示降序。
    """
    from api.routes.findings import FINDINGS, StoredFindingOut
    from api.wire import show as shown

    def read(session: Any, place: Any, now: datetime) -> dict[str, Any]:
        query = _query(wanted, now, lang, sort=sort, page_size=limit)
        found, has_more = first_rows(session, FINDINGS, place.id, query, limit)
        return {"items": [shown(row, StoredFindingOut) for row in found], "has_more": has_more}

    def text(place: Any, answer: dict[str, Any]) -> None:
        _tell(place, answer["items"], answer["has_more"], lang, anything=wanted == EVERYTHING)

    def cells(one: Any) -> dict[str, Any]:
        return {**msgspec.to_builtins(one), "message": one.message.get(lang, "")}

    return answered(lambda: of_stores(store, lang, format, read, text, COLUMNS, cells), lang)


COLUMNS = (
    "store_id", "id", "severity", "mode", "state", "life", "rule", "code", "listing_id", "message", "points", "places",
    "waiver_id", "opened_at", "last_seen", "fixed_at", "fingerprint",
)  # fmt: skip


def _tell(place: Any, items: list[Any], has_more: bool, lang: Lang, *, anything: bool) -> None:
    words: Any = WORDS[lang]
    if not items:
        print(words["empty"].format(place.name))
        if anything:
            print("  " + words["how"].format(place.id))
        return
    print(words["store"].format(place.name, len(items)))
    for one in items:
        told = words["turns"]
        print(
            words["line"].format(
                id=one.id, severity=one.severity, state=told[one.state], life=told[one.life], rule=one.rule,
                code=one.code, about=one.listing_id or one.product_id or words["the_store"], since=one.opened_at.date(),
                points=words["points"].format(one.points) if one.points else "",
                waived=words["waived"].format(one.waiver_id) if one.waiver_id else "",
            )
        )  # fmt: skip
        print("      " + one.message.get(lang, ""))
    if has_more:
        print(words["more"])


def facets(
    *,
    store: Stores = None,
    wanted: Wanted = EVERYTHING,
    format: Form = "text",  # noqa: A002
    lang: Lang = "en",
) -> int:
    """Count findings by severity, rule, code, category, group and state. 按级别、规则、类目等统计诊断结果。

    Exit code: 0, or 2 for bad input. 退出码：0，输入有误时为 2。
    """
    from api.routes.findings import facets as count

    def job() -> int:
        words: Any = WORDS[lang]
        answers = []
        for session, place, now in in_store(store, lang):
            found = count(session, place.id, _query(wanted, now, lang))
            counts = {name: value for name, value in msgspec.structs.asdict(found).items() if isinstance(value, dict)}
            answers.append((place, found, counts))
            if format == "text":
                print(words["count"].format(place.name, found.count, found.points))
                for name, values in counts.items():
                    if values:
                        print(f"  {words[name]}: " + ", ".join(f"{value} {count}" for value, count in values.items()))
        if format == "json":
            return show([{"store_id": str(place.id), "facets": found} for place, found, _ in answers])
        if format == "csv":
            write_table(
                ("store_id", "facet", "value", "count"),
                (
                    {"store_id": str(place.id), "facet": name, "value": value, "count": count}
                    for place, _, counts in answers
                    for name, values in counts.items()
                    for value, count in values.items()
                ),
            )
        return CLEAN

    return answered(job, lang)


def history(
    number: int,
    /,
    *,
    store: Stores = None,
    format: Form = "text",  # noqa: A002
    lang: Lang = "en",
) -> int:
    """Show every turn in the life of a finding, and what brought each. 显示诊断结果的变化记录。

    Exit code: 0, or 2 for bad input. 退出码：0，输入有误时为 2。

    Parameters
    ----------
    number
        Its id, as the list shows it. 诊断结果编号。
    """
    from api.routes.findings import FindingChangeOut, StoredFindingOut
    from api.wire import show as shown
    from store_model.findings import Finding, changes_of

    def job() -> int:
        words: Any = WORDS[lang]
        for session, place, _ in in_store(store, lang):
            row = session.get(Finding, number) if number < 2**63 else None
            if row is None:
                continue
            one = shown(row, StoredFindingOut)
            turns = [shown(change, FindingChangeOut) for change in changes_of(session, row)]
            if format == "json":
                return show({"store_id": str(place.id), "finding": one, "changes": turns})
            if format == "csv":
                write_table(FindingChangeOut.__struct_fields__, map(msgspec.to_builtins, turns))
                return CLEAN
            _tell(place, [one], False, lang, anything=False)
            for turn in turns:
                at, said = turn.at.strftime("%Y-%m-%d %H:%M"), words["turns"][turn.turn]
                print(words["turn"].format(**{**msgspec.structs.asdict(turn), "at": at, "turn": said}))
            return CLEAN
        return fail(words["no_finding"].format(number))

    return answered(job, lang)


def _query(wanted: Wanted, now: datetime, lang: Lang, **more: object) -> Query:
    from api.routes.findings import FINDINGS

    filters = wanted.filters(now, lang)
    if any(name == "category_id" for name, _ in filters):
        know_categories()
    return query_of(FINDINGS, filters, **more)


def know_categories() -> None:
    """Let a filter or a waiver by category mean what is below it, too, as in the service."""
    from api.cli.common import open_pack
    from store_model import waivers

    waivers.below = open_pack(None).resources.taxonomy.ids_below
