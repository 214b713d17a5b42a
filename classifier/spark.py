"""Bounces on Spark: a DataFrame of raw mails to a DataFrame of records.

    from classifier.spark import read_mails, score

    records = score(read_mails(spark, "s3a://mail/bounces/"))
    records.groupBy("category").count().show()

The records are those of `whybounce score`, with the columns of its Parquet. whybounce has to be
installed where Spark's workers run; an operator's own rules and model are sent along. Both are
loaded once in each Python worker. Mails travel as Arrow batches (`DataFrame.mapInArrow`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from itertools import islice
from typing import TYPE_CHECKING, Final

from classifier.archive import Item, Unreadable, read_file
from classifier.batch.columns import Type, cells, columns_of
from classifier.batch.judging import add_classes, judge_items, name_unread
from classifier.batch.kit import pack, unpack
from classifier.batch.tables import arrow_batch, arrow_schema
from classifier.pipeline import Classifier
from classifier.rows import Row

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType

__all__ = ["read_mails", "read_mboxes", "schema_of", "score"]

_BATCH: Final = 256  # mails that the model is asked about at once


def read_mails(spark: SparkSession, *paths: str) -> DataFrame:
    """Files that hold a mail or an mbox each, packed or not, as `score` takes them.

    Each file is whole in memory (at most 2 GiB, as `binaryFile` has it); for larger mboxes see
    `read_mboxes`. Folders are read with all folders in them; what is no mail there is passed over.
    """
    reader = spark.read.format("binaryFile").option("recursiveFileLookup", "true")
    named = "lower(path) like '%.eml' as named"
    return reader.load([*paths]).selectExpr("path as origin", "content as raw", named)


def read_mboxes(spark: SparkSession, *paths: str, line_end: str = "\n") -> DataFrame:
    r"""The mails of mboxes of any size, which Spark divides among its workers, for `score`.

    Where a mail ends is told by a blank line and `From ` alone, which is less strict than
    `whybounce score` is: a text that goes on after a blank line with "From now on" becomes two
    mails. `line_end` is what ends lines, `\r\n` for some.
    """
    reader = spark.read.option("lineSep", f"{line_end}{line_end}From ")
    columns = ("_metadata.file_path as origin", "cast(value as binary) as raw")
    return reader.text([*paths]).selectExpr(*columns)


def score(
    mails: DataFrame,
    *,
    raw: str = "raw",
    origin: str | None = "origin",
    headers: Sequence[str] = (),
    taxonomies: Sequence[str] = (),
    rules: Sequence[str] = (),
    model: str | None = "default",
) -> DataFrame:
    """A record for each failed recipient, or each mail that names none.

    `raw` names a column of bytes: a mail, an mbox, a notification in JSON, packed or not; where
    it is null, nothing is. `origin` names a column of text that says where each came from; None:
    they are `-`. A column `named` may say which are mail for certain, as `read_mails` does; of the
    others what is none is passed over. The rest is as for `classifier.Classifier`; `rules` and
    `model` are folders on the driver, which are sent along. A fault of ours costs its mail an
    `error` record.

    Raises `OperatorError` for faults of the rules or the model, before anything runs.
    """
    Classifier(rules, model)  # faults show here, and not on some machine
    kit = pack(rules, model)
    columns = columns_of(headers, taxonomies)
    given = mails.selectExpr(
        f"{raw} as raw",
        f"{origin} as origin" if origin else "'-' as origin",
        "named" if "named" in mails.columns else "true as named",
    )

    def work(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        schema = arrow_schema(columns)
        rows = _judge(unpack(kit), batches, headers)
        while some := add_classes([*islice(rows, _BATCH)], taxonomies):
            yield arrow_batch([cells(row, headers, taxonomies) for row in some], schema)

    return given.mapInArrow(work, schema_of(headers, taxonomies))


def _judge(
    classifier: Classifier, batches: Iterable[pa.RecordBatch], headers: Sequence[str]
) -> Iterator[Row]:
    """The records of mails, and one `error` record for what cannot be read."""
    results = (result for batch in batches for result in _unroll(batch))
    while some := list(islice(results, _BATCH)):
        items = [each for each in some if isinstance(each, Item)]
        for judged in judge_items(classifier, items, headers):
            yield from judged.rows
        yield from name_unread(each for each in some if isinstance(each, Unreadable))


def _unroll(batch: pa.RecordBatch) -> Iterator[Item | Unreadable]:
    for raw, origin, named in zip(*batch.columns, strict=True):
        if raw.is_valid:
            file = BytesIO(raw.as_py())
            yield from read_file(file, origin.as_py() or "-", bool(named.as_py()))


def schema_of(headers: Sequence[str] = (), taxonomies: Sequence[str] = ()) -> StructType:
    """The columns of `score`; those with a dot in their names want backticks: `auth.spf`."""
    from pyspark.sql import types as spark

    made = {
        Type.TEXT: spark.StringType(),
        Type.TIME: spark.TimestampType(),
        Type.REAL: spark.DoubleType(),
        Type.FLAG: spark.BooleanType(),
        Type.LIST: spark.ArrayType(spark.StringType()),
    }
    fields = [
        spark.StructField(each.name, made[each.type]) for each in columns_of(headers, taxonomies)
    ]
    return spark.StructType(fields)
