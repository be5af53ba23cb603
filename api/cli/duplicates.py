"""`storewarden duplicates FILE…` and `storewarden train duplicates`: which listings are the same goods, and why."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TextIO

import msgspec
from cyclopts import Parameter

from api.cli.catalogues import Catalogues, from_files, from_stores
from api.cli.common import BAD_INPUT, BLOCKED, CLEAN, Lang, fail, open_pack
from engine import IntakeError, StorewardenError

WORDS = {
    "en": {
        "none": "{} listings: no two are the same goods.",
        "cluster": "{} listings are the same goods; keep {}:",
        "keep": "keep",
        "pair": "  {} and {}: {:.0%} alike",
        "variant": "Variants of one product, not duplicates:",
        "review": "Perhaps the same; somebody should look:",
        "total": "{} listings: {} groups of duplicates ({} listings to take off), {} pairs of variants, {} to look at.",
        "across": "{} of the groups run across catalogues: {}.",
        "of": "{} ({})",
        "differ": "differ in: {}",
        "more": "… and {} more pairs; --format json shows all",
    },
    "zh": {
        "none": "{} 个商品：未发现重复铺货。",
        "cluster": "{} 个商品为同一商品，建议保留 {}：",
        "keep": "保留",
        "pair": "  {} 与 {}：相似度 {:.0%}",
        "variant": "同一商品的不同规格，不属于重复铺货：",
        "review": "可能重复，请人工确认：",
        "total": "{} 个商品：{} 组重复（建议下架 {} 个），{} 对不同规格，{} 对待确认。",
        "across": "其中 {} 组跨目录：{}。",
        "of": "{}（{}）",
        "differ": "差异：{}",
        "more": "……另有 {} 对；--format json 可查看全部",
    },
}
SHOWN = 20
"""Pairs of variants and of doubtful ones that the text shows."""


def duplicates(
    *files: Path,
    store: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    format: Annotated[Literal["text", "json", "csv"], Parameter(alias="-f")] = "text",  # noqa: A002
    lang: Lang = "en",
    model: Path | None = None,
    explain: bool = False,
    images: Path | None = None,
    engine: Literal["local", "spark"] = "local",
    master: str | None = None,
    pack: Path | None = None,
    output: Annotated[Path | None, Parameter(alias="-o")] = None,
) -> int:
    """Find listings that are the same goods (重复铺货), within and across catalogues. 查找重复铺货。

    Each file, each directory and each store is a catalogue; with several, every listing is told with its own.

    Exit code: 0 none, 1 duplicates found, 2 bad input. 退出码：0 无重复，1 有重复，2 输入有误。

    Parameters
    ----------
    files
        Files of listings in any accepted form, Parquet too, or directories of such. 商品文件或目录。
    store
        Products of this store of the database, by id or exact name, instead of files; may be repeated for stores of
        one legal entity. 数据库中的店铺，可重复（须同一主体）。
    format
        text for people; json (one object a line) or csv for programs. 输出格式。
    lang
        Language of the answer. 回复语言。
    model
        A pair model of your own, from `storewarden train duplicates`. 自行训练的相似度模型。
    explain
        Show what each pair's score is made of. 显示相似度的逐项构成。
    images
        A folder with the pictures, to tell those that look the same; needs the extra `images`. 图片文件夹。
    engine
        local: this process; spark: joins of Apache Spark (extra `spark`). 计算引擎。
    master
        Where Spark runs: local[2], spark://host:7077, yarn …; all cores of this machine by default. Spark 主节点。
    pack
        The folder of a rule pack. 规则包目录。
    output
        Write the answer to this file. 输出文件。
    """
    from engine.duplicates import Catalogue, PairModel, Wording, card_of

    if bool(files) == bool(store):
        return fail("storewarden duplicates: name at least one file, or stores with --store (see --help)")
    if engine == "local" and master is not None:
        return fail("storewarden duplicates: --master is Spark's; say --engine spark too")
    loaded = open_pack(pack)
    try:
        pairs = PairModel.load(model) if model is not None else loaded.pair_model
    except StorewardenError as error:
        return fail(f"storewarden duplicates: {error}")
    if pairs is None:
        return fail(f"storewarden duplicates: the pack {loaded.id} has no pair_model.yaml; name a model with --model")
    try:
        read = from_files(files, lang) if files else from_stores(store, lang)
    except LookupError as error:
        return fail(str(error))
    if not read.listings and files:
        return BAD_INPUT
    if images is not None:
        if not images.is_dir():
            return fail(f"storewarden duplicates: there is no folder {images}")
        try:
            read.look(images)
        except StorewardenError as error:
            return fail(f"storewarden duplicates: {error}")
    wording = Wording(loaded.variant_wording.colours, frozenset(pairs.size_words))
    cards = [card_of(listing, wording) for listing in read.listings]
    try:
        if engine == "spark":
            from api.diagnosis import spark, spark_duplicates

            with spark.session(master or spark.LOCAL) as session:
                found = Found(spark_duplicates.SparkCatalogue(session, cards, pairs), read)
        else:
            found = Found(Catalogue.of(cards, pairs), read)
    except StorewardenError as error:
        return fail(f"storewarden duplicates: {error}")
    with output.open("w", encoding="utf-8", newline="") if output else nullcontext(sys.stdout) as stream:
        if format == "text":
            _text(found, lang, explain, stream)
        elif format == "json":
            for row in found.rows(lang, explain=explain):
                stream.write(msgspec.json.encode(row).decode() + "\n")
        else:
            _table(found, lang, stream)
    if read.refused:
        return BAD_INPUT
    return BLOCKED if found.clusters else CLEAN


class Found:
    """What was found in a catalogue, by the ids that people know the listings by."""

    def __init__(self, catalogue: Any, read: Catalogues) -> None:
        from engine.duplicates import Standing, survivor

        self.read = read
        self.listings = listings = read.listings
        self.matches = list(catalogue.matches())
        self.clusters = catalogue.clusters(self.matches)

        def standing(number: int) -> Standing:
            listing = listings[number]
            created = None if listing.created is None else listing.created.isoformat()
            return Standing(listing.orders_30d, None, created)

        self.kept = [survivor(group, standing) for group in self.clusters]

    def name(self, number: int) -> str:
        """The id of a listing; its place and title without one."""
        listing = self.listings[number]
        return listing.id or f"#{number + 1} {listing.title or ''}".strip()

    def told(self, number: int, lang: Lang) -> str:
        """The name of a listing, with its catalogue where there are several."""
        name = self.name(number)
        return name if len(self.read.names) == 1 else WORDS[lang]["of"].format(name, self.read.name(number))

    def across(self) -> list[tuple[str, ...]]:
        """The catalogues of each cluster that runs across some."""
        of = [tuple(sorted({self.read.name(number) for number in group})) for group in self.clusters]
        return [names for names in of if len(names) > 1]

    def rows(self, lang: Lang, *, explain: bool = True) -> Iterator[dict[str, Any]]:
        """Clusters first, then every pair."""
        for group, kept in zip(self.clusters, self.kept, strict=True):
            yield {
                "kind": "cluster",
                "listings": [self.name(number) for number in group],
                "catalogues": [self.read.name(number) for number in group],
                "keep": self.name(kept),
                "keep_catalogue": self.read.name(kept),
                "take_off": [self.name(number) for number in group if number != kept],
            }
        for match in self.matches:
            row = {
                "kind": match.relation,
                "left": self.name(match.left),
                "right": self.name(match.right),
                "left_catalogue": self.read.name(match.left),
                "right_catalogue": self.read.name(match.right),
                "probability": round(match.score.probability, 4),
                "differences": [_title(name, lang) for name in match.differences],
            }
            if explain:
                row["waterfall"] = [
                    {"measure": part.measure, "title": _title(part.measure, lang), "value": round(part.value, 4),
                     "points": round(part.points, 3)}
                    for part in match.score.waterfall()
                ]  # fmt: skip
            yield row


def _title(measure: str, lang: Lang) -> str:
    from engine.duplicates import MEASURES

    known = MEASURES.get(measure)
    if known is None:
        return {"en": "the words themselves", "zh": "词语本身"}[lang]
    return known.zh if lang == "zh" else known.en


def _text(found: Found, lang: Lang, explain: bool, stream: TextIO) -> None:
    words = WORDS[lang]
    for group, kept in zip(found.clusters, found.kept, strict=True):
        print(words["cluster"].format(len(group), found.told(kept, lang)), file=stream)
        for number in group:
            mark = words["keep"] if number == kept else ""
            print(f"  {found.told(number, lang)}  {found.listings[number].title or ''}  {mark}".rstrip(), file=stream)
    by_kind = {kind: [m for m in found.matches if m.relation == kind] for kind in ("duplicate", "variant", "review")}
    for kind in ("duplicate", "variant", "review"):
        if kind == "duplicate" and not explain:
            continue
        if kind != "duplicate" and by_kind[kind]:
            print(words[kind], file=stream)
        for match in by_kind[kind][: None if explain else SHOWN]:
            print(_pair(found, match, lang, explain), file=stream)
        if not explain and len(by_kind[kind]) > SHOWN:
            print("  " + words["more"].format(len(by_kind[kind]) - SHOWN), file=stream)
    if not found.matches:
        print(words["none"].format(len(found.listings)), file=stream)
        return
    off = sum(len(group) - 1 for group in found.clusters)
    counts = (len(found.listings), len(found.clusters), off, len(by_kind["variant"]), len(by_kind["review"]))
    print(words["total"].format(*counts), file=stream)
    if across := found.across():
        ties = Counter(" + ".join(names) for names in across)
        told = ", ".join(f"{names} {count}" for names, count in ties.most_common())
        print(words["across"].format(len(across), told), file=stream)


def _pair(found: Found, match: Any, lang: Lang, explain: bool) -> str:
    words = WORDS[lang]
    left, right = found.told(match.left, lang), found.told(match.right, lang)
    lines = [words["pair"].format(left, right, match.score.probability)]
    if match.differences:
        lines[0] += "; " + words["differ"].format(", ".join(_title(name, lang) for name in match.differences))
    if explain:
        lines += [
            f"    {part.points:+6.2f}  {_title(part.measure, lang)} ({part.value:.2f})"
            for part in match.score.waterfall()
        ]
    return "\n".join(lines)


def _table(found: Found, lang: Lang, stream: TextIO) -> None:
    columns = [
        "kind", "left", "left_catalogue", "right", "right_catalogue", "probability", "differences", "keep",
        "keep_catalogue",
    ]  # fmt: skip
    writer = csv.DictWriter(stream, columns)
    writer.writeheader()
    keep = {number: kept for group, kept in zip(found.clusters, found.kept, strict=True) for number in group}
    for match in found.matches:
        kept = keep.get(match.left) if keep.get(match.left) == keep.get(match.right) else None
        writer.writerow(
            {
                "kind": match.relation,
                "left": found.name(match.left),
                "right": found.name(match.right),
                "left_catalogue": found.read.name(match.left),
                "right_catalogue": found.read.name(match.right),
                "probability": f"{match.score.probability:.4f}",
                "differences": "; ".join(_title(name, lang) for name in match.differences),
                "keep": "" if kept is None else found.name(kept),
                "keep_catalogue": "" if kept is None else found.read.name(kept),
            }
        )


# Training --------------------------------------------------------------------------------------------------------


class LabelledPair(msgspec.Struct, forbid_unknown_fields=True):
    """One line of the file of pairs."""

    left: dict[str, Any]
    right: dict[str, Any]
    same: bool


def train(*, source: Annotated[Path, Parameter(name="--from")], out: Path = Path("pair-model.json")) -> int:
    """Fit the pair model to pairs that somebody judged, and say how good it is on held-out ones. 训练商品相似度模型。

    Parameters
    ----------
    source
        A file of JSON lines: {"left": LISTING, "right": LISTING, "same": true}. 每行一对商品的 JSON 文件。
    out
        Where to write the model; use it with `storewarden duplicates --model FILE`. 模型输出文件。
    """
    from engine.duplicates import Card, Wording, card_of
    from engine.intake import one_listing
    from engine.training.duplicates import Labelled, fit_pairs

    pack = open_pack(None)
    sizes = frozenset(pack.pair_model.size_words) if pack.pair_model else frozenset()
    wording = Wording(pack.variant_wording.colours, sizes)
    numbers: dict[bytes, int] = {}
    cards: list[Card] = []
    pairs: list[Labelled] = []

    def number_of(draft: dict[str, Any]) -> int:
        key = msgspec.json.encode(draft, order="sorted")
        if key not in numbers:
            numbers[key] = len(cards)
            cards.append(card_of(one_listing(draft), wording))
        return numbers[key]

    try:
        with source.open("rb") as lines:
            for place, line in enumerate(lines, 1):
                if line.strip():
                    try:
                        read = msgspec.json.decode(line, type=LabelledPair)
                        pairs.append(Labelled(number_of(read.left), number_of(read.right), read.same))
                    except (msgspec.MsgspecError, UnicodeDecodeError, IntakeError) as error:
                        return fail(f"storewarden train duplicates: {source}, line {place}: {error}")
        model, report = fit_pairs(cards, pairs)
        model.save(out)
    except (StorewardenError, OSError) as error:
        return fail(f"storewarden train duplicates: {error}")
    print(f"{report.pairs:,} pairs, {report.same:,} of them the same; judged on pairs the model had not seen:")
    print(f"  precision {report.precision:.3f}  recall {report.recall:.3f}  F1 {report.f1:.3f}")
    print(f"  as clusters: F1 {report.cluster_f1:.3f}")
    made = datetime.now(UTC).date()
    print(f"wrote {out} ({made}); use it with: storewarden duplicates FILE --model {out}")
    return CLEAN
