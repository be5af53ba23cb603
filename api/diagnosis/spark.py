"""Parts → results by Apache Spark: each part is a task, checked inside `mapInArrow` by the evaluator of any other run.

Spark places, retries and balances the tasks. A task is given a row that names a part and gives back what became of it;
the findings it lays down in the directory of the diagnosis, so that a run that was cut off is taken up again. The files
and that directory must be where every worker sees them. For listings that Spark itself holds (a table, a query, object
storage) there is `findings`: a DataFrame in, a DataFrame out.

Needs the extra `spark` (PySpark 4, pandas) and Java 17 or later; each worker needs Storewarden too.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa

from api.diagnosis.parts import Fault, Part
from api.diagnosis.pool import Plan, do_part, failed, pack_of
from api.diagnosis.state import Outcome, State
from engine import Store, Waiver
from engine.errors import StorewardenError
from engine.evaluate.catalogue import ROWS, Kernel, schema
from engine.findings import Mode

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

LOCAL = "local[*]"
ROW = "storewarden_row"
"""A column of whole numbers that a DataFrame may bring: it becomes `row` in the findings."""
_DONE = pa.schema([("number", pa.int64()), ("outcome", pa.binary())])
_EVERY = 0.3
"""Seconds between two looks at what is done."""


class SparkMissing(StorewardenError):
    """Spark cannot be used here."""

    code = "spark_missing"


@contextmanager
def session(master: str) -> Iterator[SparkSession]:
    """A Spark session on a master: local[2], spark://host:7077, yarn, k8s://…. Raises SparkMissing with the way out."""
    try:
        import pandas  # noqa: F401 - mapInArrow asks for it
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError:
        raise SparkMissing("Spark is not installed: pip install 'storewarden[spark]'") from None
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.sql.execution.arrow.maxRecordsPerBatch": str(ROWS),
        "spark.driver.extraJavaOptions": "-Dlog4j2.level=ERROR -Dlog4j2.StatusLogger.level=OFF",
    }
    if master.startswith("local"):
        settings |= {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
        settings |= {"spark.sql.shuffle.partitions": "32", "spark.driver.memory": "2g"}  # of one machine
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    builder = SparkSession.builder.master(master).appName("storewarden")
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        started = builder.getOrCreate()
    except PySparkException as error:
        reason = " ".join(str(error).split())[:300]
        raise SparkMissing(f"Spark cannot be started on {master}: {reason}; it needs Java 17 or later") from None
    try:
        yield started
    finally:
        started.stop()


def run(
    plan: Plan, parts: Sequence[Part], master: str, *, stop: Callable[[], bool] = lambda: False
) -> Iterator[tuple[Part, Outcome]]:
    """Do parts, in any order; yields each when its result is kept. `stop` is asked between. Raises SparkMissing."""
    if not parts:
        return
    with session(master) as spark:
        left = {part.number: part for part in parts}
        for number in _together(spark, plan, left, stop):
            yield left.pop(number), _kept(plan, number)
        for part in list(left.values()):  # a part that kills its worker ends the job; each of these has its own
            if stop():
                return
            yield part, _alone(spark, plan, part)


def _together(spark: SparkSession, plan: Plan, parts: dict[int, Part], stop: Callable[[], bool]) -> Iterator[int]:
    """All parts as one job, each a task; yields the number of each when its result is there."""
    told: set[int] = set()
    with ThreadPoolExecutor(1) as beside:
        job = beside.submit(_job, spark, plan, list(parts.values()))
        while True:
            with suppress(TimeoutError):
                job.exception(_EVERY)
            is_over = job.done()
            for number in sorted(parts.keys() - told):
                if State(plan.folder).outcome(number) is not None:
                    told.add(number)
                    yield number
            if is_over:
                break
            if stop():
                spark.sparkContext.cancelAllJobs()
                return
    error = job.exception()
    if error is not None and not isinstance(error, _spark_errors()):
        raise error


def _alone(spark: SparkSession, plan: Plan, part: Part) -> Outcome:
    try:
        _job(spark, plan, [part])
        return _kept(plan, part.number)
    except _spark_errors() as error:
        kind = type(error).__name__
        en, zh = (
            f"checking it ended Spark's worker ({kind}; its log says why)",
            f"Spark 工作进程终止（{kind}，详见其日志）",
        )
        outcome = failed(part.name, Fault("killed", en, zh))
        State(plan.folder).write(part.number, [], outcome)
        return outcome


def _spark_errors() -> tuple[type[Exception], ...]:
    """What a job that failed raises, by what its cause was."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    return PySparkException, Py4JError


def _kept(plan: Plan, number: int) -> Outcome:
    outcome = State(plan.folder).outcome(number)
    if outcome is None:
        raise StorewardenError(
            f"Spark's workers left nothing in {plan.folder}: name a --state directory that every worker sees"
        )
    return outcome


def _job(spark: SparkSession, plan: Plan, parts: Sequence[Part]) -> None:
    """One job over parts, a task each."""
    rows = [(part.number, msgspec.json.encode(part)) for part in parts]
    named = spark.createDataFrame(rows, "number long, part binary")
    tasks = named.repartitionByRange(len(parts), "number")
    tasks.mapInArrow(doing(plan), "number long, outcome binary").collect()


def doing(plan: Plan) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """What a worker does with rows that name parts (`number`, `part`): their numbers and outcomes."""

    def do(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for part in batch.column("part").to_pylist():
                known = msgspec.json.decode(part, type=Part)
                outcome = msgspec.json.encode(do_part(plan, known))
                yield pa.RecordBatch.from_pylist([{"number": known.number, "outcome": outcome}], _DONE)

    return do


def findings(
    listings: DataFrame,
    pack: Path,
    *,
    as_of: date,
    store: Store | None = None,
    waivers: Sequence[Waiver] = (),
    shadow: bool = False,
) -> DataFrame:
    """The findings of a DataFrame of listings, in columns as `engine.evaluate.catalogue.schema` has them.

    The columns of `listings` are those of a draft (docs/catalogues.md). `row` is what its column `storewarden_row`
    says, null without one: Spark has no order of its own. `pack`: the folder of the rules, the same on each worker;
    `shadow`: the findings of rules in shadow mode too.
    """
    from pyspark.sql.pandas.types import from_arrow_schema

    hidden = frozenset() if shadow else frozenset({str(Mode.SHADOW)})
    plan = Plan(pack=pack, as_of=as_of, folder=Path(), store=store, waivers=tuple(waivers), hidden=hidden)
    return listings.mapInArrow(checking(plan), from_arrow_schema(schema()))


def checking(plan: Plan) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """What a worker does with batches of listings: a batch of findings for each."""

    def check(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            kernel = Kernel(pack_of(plan), as_of=plan.as_of, store=plan.store, waivers=plan.waivers, hidden=plan.hidden)
            has_rows = ROW in batch.schema.names
            numbers = batch.column(ROW) if has_rows else pa.nulls(len(batch), pa.int64())
            own = batch.drop_columns([ROW]) if has_rows else batch
            for found in kernel.run([own]):
                at = found.schema.get_field_index("row")
                yield found.set_column(at, schema().field(at), numbers.take(found.column(at)).cast(pa.int64()))

    return check


def frame_of(spark: SparkSession, *paths: Any) -> DataFrame:
    """Parquet files as a DataFrame of listings, each with its row in its file."""
    from pyspark.sql.functions import col

    found = spark.read.parquet(*map(str, paths))
    return found.select("*", col("_metadata.row_index").alias(ROW))
