"""Duplicates of a large catalogue by Apache Spark: its joins and windows find the pairs, `mapInArrow` compares them.

The same steps as `engine.duplicates.finder` and the same functions for each number in them, so the pairs and their
scores are the same. What words there are is counted by Spark and sent to every worker (only those of several titles:
the others weigh 1); a listing is filed under its rarest words, paired with its next neighbours in each file, held
against the likeness of the titles, and compared card by card. What comes back is what is told of: the matches.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from engine.duplicates.blocking import likeness
from engine.duplicates.cards import Card
from engine.duplicates.finder import MOST_RIVALS, Match, joined, judged
from engine.duplicates.measures import Rivals, compare
from engine.duplicates.model import PairModel
from engine.duplicates.words import MOST_WORDS, inverse_frequency, words_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Batches = Iterable[pa.RecordBatch]
Work = Callable[[Batches], Iterator[pa.RecordBatch]]
SOLE, THING = -1, -2
"""In place of the second word of a file: a rare word alone; another thing in common (a picture, a SKU code)."""
_CARDS = pa.schema([("number", pa.int64()), ("words", pa.list_(pa.string())), ("things", pa.list_(pa.string())),
                    ("card", pa.binary())])  # fmt: skip


class Word(NamedTuple):
    """A word that several titles have. `place`: where it stands first in the catalogue, which orders words."""

    place: int
    spread: int
    weight: float


class SparkCatalogue:
    """Listings by number, as `engine.duplicates.Catalogue`, whose pairs a Spark session finds."""

    def __init__(self, spark: SparkSession, cards: Sequence[Card], model: PairModel) -> None:
        self.spark, self.cards, self.model = spark, cards, model

    def matches(self) -> Iterator[Match]:
        """The pairs that are more than different, in order."""
        found = matches(self.spark, frame(self.spark, self.cards), self.model)
        yield from sorted(found, key=lambda match: (match.left, match.right))

    def clusters(self, found: Iterable[Match]) -> list[list[int]]:
        """Groups of listings that are one product."""
        return joined(found, self.model)


def frame(spark: SparkSession, cards: Iterable[Card]) -> DataFrame:
    """Cards as a DataFrame that `matches` takes; their numbers are their places."""
    rows = [_row(number, card) for number, card in enumerate(cards)]
    return spark.createDataFrame(pa.Table.from_pylist(rows, _CARDS))


def _row(number: int, card: Card) -> dict[str, Any]:
    things = [f"{kind} {one}" for kind, some in (("p", card.pictures), ("s", card.sku_codes)) for one in some]
    return {"number": number, "words": words_of(card.title)[:MOST_WORDS], "things": things, "card": pickle.dumps(card)}


def matches(spark: SparkSession, cards: DataFrame, model: PairModel) -> list[Match]:
    """The matches of cards (`number`, `words` of the title, `things` in common, the pickled `card`)."""
    how = model.blocking
    cards = cards.persist()
    words = spark.sparkContext.broadcast(_words(cards, cards.count()))
    titles = cards.mapInArrow(_titles(words), "number long, ids array<long>, weights array<float>").persist()
    filed = cards.mapInArrow(_filed(words, how.rarest, how.rare), "a long, b long, block int, number long")
    pairs = _alike(_paired(filed, how.neighbours), titles, how.likeness)
    pairs = _best(pairs, how.most).persist()
    told = _with_cards(pairs, cards).mapInArrow(_compared(words, model), "match binary")
    return [pickle.loads(row["match"]) for row in told.toLocalIterator()]


def _words(cards: DataFrame, amount: int) -> dict[str, Word]:
    """Every word that several titles have."""
    from pyspark.sql import functions as f

    placed = cards.select("number", f.posexplode("words").alias("at", "word"))
    place = f.min(f.col("number") * MOST_WORDS + f.col("at")).alias("place")
    counted = placed.groupBy("word").agg(f.countDistinct("number").alias("spread"), place)
    table = counted.where("spread > 1").toArrow()
    spread = table["spread"].to_numpy()
    weights = inverse_frequency(spread, amount).tolist()
    rows = zip(table["place"].to_pylist(), spread.tolist(), weights, strict=True)
    return dict(zip(table["word"].to_pylist(), map(Word._make, rows), strict=True))


def _titles(words: Any) -> Work:
    """Of each title its words in order, as their places, and their weights."""

    def work(batches: Batches) -> Iterator[pa.RecordBatch]:
        known = words.value
        for batch in batches:
            rows = []
            for row in batch.select(["number", "words"]).to_pylist():
                weighed = {}
                for at, word in enumerate(row["words"]):
                    its = known.get(word)
                    place, weight = (row["number"] * MOST_WORDS + at, 1.0) if its is None else (its.place, its.weight)
                    if its is not None or word not in row["words"][:at]:
                        weighed[place] = weight
                ids = sorted(weighed)
                rows.append({"number": row["number"], "ids": ids, "weights": [weighed[one] for one in ids]})
            yield pa.RecordBatch.from_pylist(rows, _TITLES)

    return work


_TITLES = pa.schema([("number", pa.int64()), ("ids", pa.list_(pa.int64())), ("weights", pa.list_(pa.float32()))])
_FILED = pa.schema([("a", pa.int64()), ("b", pa.int64()), ("block", pa.int32()), ("number", pa.int64())])


def _filed(words: Any, rarest: int, rare: int) -> Work:
    """The files that each listing lies in; `block` and `number` order a file."""

    def work(batches: Batches) -> Iterator[pa.RecordBatch]:
        known = words.value
        for batch in batches:
            rows: list[tuple[int, int, int, int]] = []
            for row in batch.select(["number", "words", "things"]).to_pylist():
                number = row["number"]
                shared = {its.place: its for word in row["words"] if (its := known.get(word)) is not None}
                first = sorted(shared.values(), key=lambda its: (its.spread, its.place))[:rarest]
                rows += [(its.place, SOLE, block, number) for block, its in enumerate(first) if its.spread <= rare]
                for block, (one, other) in enumerate(combinations(range(rarest), 2), rarest):
                    if other < len(first):
                        low, high = sorted((first[one].place, first[other].place))
                        rows.append((low, high, block, number))
                rows += [(_hashed(thing), THING, 0, number) for thing in row["things"]]
            columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
            yield pa.RecordBatch.from_arrays(
                [pa.array(column, field.type) for column, field in zip(columns, _FILED, strict=True)], schema=_FILED
            )

    return work


def _hashed(thing: str) -> int:
    """A number of 63 bits, the same in every process."""
    from hashlib import blake2b

    return int.from_bytes(blake2b(thing.encode(), digest_size=8).digest(), "big") >> 1


def _paired(filed: DataFrame, neighbours: int) -> DataFrame:
    """Every listing with its next neighbours of the same file, each pair once."""
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    beside = Window.partitionBy("a", "b").orderBy("block", "number")
    nexts = f.array(*(f.lead("number", step).over(beside) for step in range(1, neighbours + 1)))
    met = filed.select("number", nexts.alias("nexts")).select("number", f.explode("nexts").alias("other"))
    pairs = met.where("other is not null and other != number")
    return pairs.select(
        f.least("number", "other").alias("left"), f.greatest("number", "other").alias("right")
    ).distinct()


_LIKE = "left long, right long, likeness float"


def _alike(pairs: DataFrame, titles: DataFrame, least: float) -> DataFrame:
    """The pairs whose titles are alike enough, and how much."""
    both = pairs
    for side in ("left", "right"):
        named = titles.toDF(side, f"{side}_ids", f"{side}_weights")
        both = both.join(named, side)

    def work(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            alike = _likeness(batch)
            kept = pa.array(alike >= least)
            found = batch.select(["left", "right"]).append_column("likeness", pa.array(alike, pa.float32()))
            yield found.filter(kept)

    return both.select("left", "right", "left_ids", "left_weights", "right_ids", "right_weights").mapInArrow(
        work, _LIKE
    )


class _Table(NamedTuple):
    ids: Any
    starts: Any
    spread: Any
    weights: Any


def _likeness(batch: pa.RecordBatch) -> Any:
    """The likeness of the pairs of a batch, by a word table of their titles alone."""
    sides = [batch.column(f"{side}_ids") for side in ("left", "right")]
    places = np.concatenate([side.flatten().to_numpy(zero_copy_only=False) for side in sides])
    weights = [batch.column(f"{side}_weights").flatten().to_numpy(zero_copy_only=False) for side in ("left", "right")]
    different, ids = np.unique(places, return_inverse=True)
    weighed = np.zeros(len(different), dtype=np.float32)
    weighed[ids] = np.concatenate(weights)
    counts = np.concatenate([side.value_lengths().to_numpy(zero_copy_only=False) for side in sides])
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    table = _Table(ids.astype(np.int32), starts, np.empty(len(different), dtype=np.int8), weighed)
    rows = np.arange(len(batch), dtype=np.int32)
    return likeness(table, rows, rows + np.int32(len(batch)))


def _best(pairs: DataFrame, most: int) -> DataFrame:
    """A pair stays when it is among the `most` best of either of its listings."""
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    ranks = {
        side: f.row_number().over(Window.partitionBy(side).orderBy(f.desc("likeness"), "left", "right"))
        for side in ("left", "right")
    }
    ranked = pairs.withColumns({f"{side}_rank": rank for side, rank in ranks.items()})
    return ranked.where(f"left_rank <= {most} or right_rank <= {most}").select("left", "right", "likeness")


def _with_cards(pairs: DataFrame, cards: DataFrame) -> DataFrame:
    """Each pair with both cards, and how alike the other candidates of both are."""
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    sides = [pairs.select(f.col(side).alias("number"), "likeness") for side in ("left", "right")]
    owned = sides[0].unionAll(sides[1])
    rank = f.row_number().over(Window.partitionBy("number").orderBy(f.desc("likeness")))
    first = owned.withColumn("rank", rank).where(f"rank <= {MOST_RIVALS}")
    rivals = first.groupBy("number").agg(f.sort_array(f.collect_list("likeness"), asc=False).alias("rivals"))
    told = cards.select("number", "card").join(rivals, "number")
    both = pairs.select("left", "right")
    for side in ("left", "right"):
        both = both.join(told.toDF(side, f"{side}_card", f"{side}_rivals"), side)
    return both


def _compared(words: Any, model: PairModel) -> Work:
    """The matches among pairs, pickled."""

    def work(batches: Batches) -> Iterator[pa.RecordBatch]:
        known = words.value

        def weight(word: str) -> float:
            its = known.get(word)
            return 1.0 if its is None else float(its.weight)

        for batch in batches:
            found = []
            for row in batch.to_pylist():
                one, other = pickle.loads(row["left_card"]), pickle.loads(row["right_card"])
                rivals = (Rivals(row["left_rivals"]), Rivals(row["right_rivals"]))
                match = judged(row["left"], row["right"], compare(one, other, weight, rivals=rivals), model)
                if match is not None:
                    found.append(pickle.dumps(match))
            yield pa.RecordBatch.from_arrays([pa.array(found, pa.binary())], ["match"])

    return work
