"""Compares the values that Spark reads from Parquet with those of pyarrow, which another script compares with psycopg's."""

import collections, decimal, json, sys

import pyarrow, pyarrow.parquet as parquet
from pyspark.sql import SparkSession, functions as F

session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").config("spark.sql.session.timeZone", "UTC")
# Columns of type time need it.
session = session.config("spark.sql.timeType.enabled", "true").getOrCreate()
session.sparkContext.setLogLevel("OFF")
temporal = ("date", "timestamp", "timestamp_ntz", "time(6)")

def numbers(column):
    """Dates and times as whole numbers, since Python does not have all of them."""
    kind = column.type
    listed = pyarrow.types.is_list(kind)
    element = kind.value_type if listed else kind
    if pyarrow.types.is_temporal(element):
        number = pyarrow.int32() if pyarrow.types.is_date(element) else pyarrow.int64()
        column = column.cast(pyarrow.list_(number) if listed else number)
    return column.to_pylist()

def plain(value):
    """Distinguishes -0 and the types, but not the zeros at the end of a decimal."""
    if isinstance(value, list): return [plain(item) for item in value]
    return value.as_integer_ratio() if isinstance(value, decimal.Decimal) else repr(bytes(value) if isinstance(value, bytearray) else value)

def shown(column, kind):
    if kind == "date": return F.unix_date(column)
    if kind == "time(6)": return F.unix_micros(F.concat(F.lit("1970-01-01 "), column.cast("string")).cast("timestamp"))
    return F.unix_micros(column.cast("timestamp")) if kind in temporal else column

def of_kind(kind):
    return lambda item: shown(item, kind)

kinds, compared = collections.Counter(), 0
for table, files in json.load(open(sys.argv[1]))["tables"]:
    for file in (files["text.parquet"], files["spark.parquet"]):
        arrow, frame = parquet.read_table(file), session.read.parquet(file)
        assert frame.count() == arrow.num_rows, table
        columns = []
        for name, kind in frame.dtypes:
            column = F.col("`" + name.replace("`", "``") + "`")
            inner = kind.removeprefix("array<").removesuffix(">")
            columns.append(shown(column, kind) if inner == kind else F.transform(column, of_kind(inner)))
        rows = frame.select(*(column.alias(f"c{index}") for index, column in enumerate(columns))).collect()
        for index, (name, kind) in enumerate(frame.dtypes):
            kinds[kind.split("(")[0]] += 1
            for row, (value, wanted) in enumerate(zip((row[index] for row in rows), numbers(arrow.column(index)))):
                assert plain(value) == plain(wanted), (table, name, kind, row, value, wanted)
                compared += 1
for kind in ("decimal", "timestamp", "timestamp_ntz", "date", "time", "binary", "array<int>", "array<timestamp_ntz>"):
    assert kinds[kind], (kind, kinds)

# What is computed is right too, also by the statistics with which row groups are left out.
many = session.read.parquet(json.load(open(sys.argv[1]))["many"])
row = many.agg(F.count("*"), F.sum("id"), F.sum("amount"), F.min("at"), F.countDistinct("uid")).collect()[0]
late = many.filter("id > 249990").count()
print("equal:", compared, "values;", json.dumps([str(value) for value in [*row, late]]))
assert [str(value) for value in [*row, late]] == json.load(open(sys.argv[1]))["sums"]
