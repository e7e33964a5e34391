"""Compares files with what psycopg reads, value by value: JSON lines by Python's json and by DuckDB, Parquet by pyarrow and by DuckDB."""

import collections, datetime, decimal, json, re, struct, sys, uuid

import duckdb, psycopg, pyarrow
import pyarrow.parquet as parquet
from psycopg.types import TypeInfo
from psycopg.types.composite import CompositeInfo, register_composite
from psycopg.types.hstore import register_hstore
from psycopg.types.json import set_json_loads
from psycopg.types.string import TextLoader

task = json.load(open(sys.argv[1]))
Row = collections.namedtuple("Row", "names values")
Texts = collections.namedtuple("Texts", "value text")
Odd = collections.namedtuple("Odd", "text")

def load(text):
    # Every digit, the sign of -0, and all of several equal keys.
    pairs = lambda pairs: Row(tuple(name for name, _ in pairs), tuple(value for _, value in pairs))
    return json.loads(text, parse_float=decimal.Decimal, parse_int=lambda text: -0.0 if text == "-0" else int(text), object_pairs_hook=pairs)

def lenient(name):
    """A loader that keeps the texts of the dates that Python does not have."""
    known = connection.adapters.get_loader(psycopg.adapters.types[name].oid, psycopg.pq.Format.TEXT)
    class Loader(psycopg.adapt.Loader):
        def __init__(self, oid, context=None):
            super().__init__(oid, context)
            self.known = known(oid, context)
        def load(self, data):
            try:
                return self.known.load(data)
            except psycopg.DataError:
                return Odd(bytes(data).decode())
    return Loader

connection = psycopg.connect(task["connection"], autocommit=True)
for setting in task["settings"].split(";"):
    connection.execute(setting)
set_json_loads(load, connection)
for name in ("date", "timestamp", "timestamptz"):
    connection.adapters.register_loader(name, lenient(name))
hstore = TypeInfo.fetch(connection, "hstore")
register_hstore(hstore, connection)
for (name,) in connection.execute("SELECT t.oid::regtype::text FROM pg_type t JOIN pg_class c ON c.oid = typrelid WHERE relkind = 'c' ORDER BY t.oid").fetchall():
    info = CompositeInfo.fetch(connection, name)
    register_composite(info, connection, lambda *values, names=tuple(info.field_names): Row(names, values))
for oid, array in connection.execute("SELECT oid::int, typarray::int FROM pg_type WHERE typtype = 'e'").fetchall():
    TypeInfo(f"enum{oid}", oid, array).register(connection)

# The files have these as the server's texts, and so has psycopg, if it is asked for them.
for name in ("time", "timetz", "interval", "oid", "inet", "cidr", "int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange",
             "int4multirange", "money", "xid", "xid8", "cid"):
    info = connection.adapters.types.get(name)
    if info is not None: connection.adapters.register_loader(info.oid, TextLoader)

def bits(value):
    return "NaN" if value != value else struct.pack("d", value)

def same(value, read, exact=True):
    """Whether a program has read psycopg's value from JSON; without `exact` decimals as doubles, as DuckDB does unless a
    column is a DECIMAL, and without the sign of 0."""
    kind, text = type(value), isinstance(read, str)
    if value is None or read is None: return value is read
    if kind is bool: return read is value
    if kind is int: return type(read) is int and read == value
    if kind is decimal.Decimal and not exact:
        return text != value.is_finite() and (read == value or bits(float(read)) == bits(float(value)))
    if kind is decimal.Decimal:
        return type(read) in ((int, decimal.Decimal) if value.is_finite() else (str,)) and str(decimal.Decimal(read)) == str(value)
    if kind is float: return bits(float(read)) == bits(value) or not exact and read == value == 0
    if kind is bytes: return read == "\\x" + value.hex()
    if kind is uuid.UUID: return uuid.UUID(read) == value
    if kind is Odd: return text and re.sub("[+]00:00", "+00", read.replace("T", " ", 1)) == value.text
    if kind is datetime.datetime: return (datetime.datetime.fromisoformat(read) if text else read) == value
    if kind is datetime.date: return (datetime.date.fromisoformat(read) if text else read) == value
    if kind is list: return type(read) is list and len(read) == len(value) and all(same(*both, exact) for both in zip(value, read))
    if kind is dict: return type(read) is Row and same(Row(tuple(value), tuple(value.values())), read, exact)
    if kind is Row: return type(read) is Row and value.names == read.names and all(same(*both, exact) for both in zip(value.values, read.values))
    # int2vector and oidvector, which are arrays.
    if kind is str and type(read) is list: return value == " ".join(map(str, read))
    return kind is str and read == value

DUCK = {"bool": "BOOLEAN", "int2": "BIGINT", "int4": "BIGINT", "int8": "BIGINT", "float4": "DOUBLE", "float8": "DOUBLE", "date": "DATE",
        "timestamp": "TIMESTAMP", "timestamptz": "TIMESTAMPTZ"}
quoted = lambda name: '"' + name.replace('"', '""') + '"'
compared = collections.Counter()
duck = duckdb.connect()
duck.execute("SET TimeZone = 'UTC'")

def check(reader, table, column, wanted, read, equal=same):
    assert len(wanted) == len(read), (reader, table, len(wanted), len(read))
    for row, (value, other) in enumerate(zip(wanted, read)):
        assert equal(value, other), (reader, table, column, row, value, other)
        compared[reader] += 1

def micros(value):
    if isinstance(value, datetime.datetime): return (value.replace(tzinfo=None) - datetime.datetime(1970, 1, 1)) // datetime.timedelta(microseconds=1)
    return (value - datetime.date(1970, 1, 1)).days if isinstance(value, datetime.date) else value

def by_pyarrow(column):
    """Dates and times as whole numbers, since Python does not have all of them."""
    kind = column.type
    listed = pyarrow.types.is_list(kind)
    element = kind.value_type if listed else kind
    if pyarrow.types.is_temporal(element):
        number = pyarrow.int32() if pyarrow.types.is_date(element) else pyarrow.int64()
        column = column.cast(pyarrow.list_(number) if listed else number)
    return column.to_pylist()

def by_duckdb(file, name, kind):
    shown = {"DATE": "date_diff('day', DATE '1970-01-01', {})", "TIME": "epoch_us({})"}.get(kind.removesuffix("[]"), "epoch_us({})" if kind.startswith("TIMESTAMP") else "{}")
    name = quoted(name)
    shown = f"list_transform({name}, lambda x: {shown.format('x')})" if kind.endswith("[]") and shown != "{}" else shown.format(name)
    return [row[0] for row in duck.execute(f"SELECT {shown} FROM read_parquet('{file}')").fetchall()]

def typed(value, read):
    """Whether a program has read psycopg's value from Parquet, where NULL stands for what the type cannot represent."""
    kind = type(value)
    if value is None: return read is None
    if kind is Texts:
        # An array, a composite or the like, and the server's text of it.
        if type(read) is str: return read == value.text
        if read is None: return value.text.startswith(("[", "{{"))
        return len(read) == len(value.value) and all(map(typed, value.value, read))
    # The numbers of these, which Python does not have, are compared with the server's in another test.
    if kind is Odd: return read is None or "infinity" not in value.text and type(read) is int
    # The shortest digits of a float4 are not those of a double.
    if kind is float: return bits(value) == bits(read) or bits(pyarrow.scalar(repr(value)).cast(pyarrow.float32()).as_py()) == bits(read)
    if kind is decimal.Decimal:
        digits = value.as_tuple() if value.is_finite() else None
        fits = digits and -digits.exponent <= 9 and len(digits.digits) + digits.exponent <= 29
        return read in (format(value, "f"), str(value)) if type(read) is str else not fits if read is None else read == value
    if isinstance(value, datetime.date): return read == micros(value)
    if kind is Row: return load(read) == value
    if kind is uuid.UUID: return str(value) == str(read)
    if kind is str and re.fullmatch(r"\d\d:\d\d:\d\d([.]\d+)?", value) and type(read) is not str:
        hours, minutes, seconds = value.split(":")
        return read is None if hours == "24" else read == (int(hours) * 60 + int(minutes)) * 60_000_000 + int(decimal.Decimal(seconds) * 1_000_000)
    return type(read) is kind and read == value or kind is str and type(read) is int and str(read) == value

for table, files in task["tables"]:
    cursor = connection.execute(f"SELECT * FROM {table}")
    rows, names = cursor.fetchall(), [column.name for column in cursor.description]
    columns = [list(column) for column in zip(*rows)] or [[] for _ in names]
    kinds = [(info := connection.adapters.types.get(column.type_code)) and info.oid == column.type_code and info.name for column in cursor.description]
    # JSON lines.
    lines = [load(line) for line in open(files["jsonl"], newline="\n")]
    for line in lines: assert list(line.names) == names, (table, line.names, names)
    by_json = [list(column) for column in zip(*(line.values for line in lines))] or columns
    def duck_type(kind, values):
        if any(type(value) is Odd for value in values): return "VARCHAR"
        if any(type(value) in (list, dict, Row) for value in values) or kind in ("json", "jsonb", "int2vector", "oidvector"): return "JSON"
        if kind == "numeric":
            digits = [value.as_tuple() for value in values if value is not None]
            if not all(value.is_finite() for value in values if value is not None): return "JSON"
            scale = max([0, *(-one.exponent for one in digits)])
            whole = max([1, *(len(one.digits) + one.exponent for one in digits)])
            return f"DECIMAL(38, {scale})" if whole + scale <= 38 else "JSON"
        return DUCK.get(kind, "VARCHAR")
    types = [duck_type(kind, values) for kind, values in zip(kinds, columns)]
    described = ", ".join(f"{quoted(name)}: '{kind}'" for name, kind in zip(names, types))
    by_duck = duck.execute(f"SELECT * FROM read_json('{files['jsonl']}', format = 'newline_delimited', columns = {{{described}}})").fetchall()
    by_duck = [list(column) for column in zip(*by_duck)] or columns
    for name, kind, duck_kind, wanted, one, other in zip(names, kinds, types, columns, by_json, by_duck):
        check("JSON lines by Python", table, name, wanted, one)
        if duck_kind == "JSON": other = [value if value is None else load(value) for value in other]
        check("JSON lines by DuckDB", table, name, wanted, other, lambda value, read: same(value, read, exact=False))

    # Parquet, with the default types and with the others.
    for index, (name, kind) in enumerate(zip(names, kinds)):
        if kind in ("json", "jsonb"):
            columns[index] = [row[0] for row in connection.execute(f"SELECT {quoted(name)}::text FROM {table}")]
        elif any(type(value) in (list, dict, Row) for value in columns[index]):
            texts = connection.execute(f"SELECT CASE WHEN num_nonnulls({quoted(name)}) = 1 THEN format('%s', {quoted(name)}) END FROM {table}")
            columns[index] = [value if value is None else Texts(value, text) for value, (text,) in zip(columns[index], texts)]
    for mapping in ("text", "native"):
        file = files[f"{mapping}.parquet"]
        arrow = parquet.read_table(file)
        described = duck.execute(f"DESCRIBE SELECT * FROM read_parquet('{file}')").fetchall()
        assert [field.name for field in arrow.schema] == names == [name for name, *_ in described], table
        for index, (name, wanted) in enumerate(zip(names, columns)):
            for reader, read in ((f"Parquet by pyarrow, {mapping}", by_pyarrow(arrow.column(index))), (f"Parquet by DuckDB, {mapping}", by_duckdb(file, name, described[index][1]))):
                check(reader, table, name, wanted, read, typed)
print("equal:", *(f"{number} values of {reader}" for reader, number in compared.items()), sep="\n  ")
