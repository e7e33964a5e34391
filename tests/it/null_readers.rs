//! Files as pandas, Python's own modules and DuckDB read them, by the advice of docs/csv.md and docs/json-lines.md. They are
//! 250 MB once installed, so this is one of `make drills`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command_line::{database, locally, output, status, without_aws};

/// What is installed.
const READERS: [&str; 2] = ["pandas==3.1.1", "duckdb==2.0.1"];

/// A column of a value, a NULL, an empty text and a value.
const QUERY: &str = "SELECT a FROM (VALUES (1, 'x'), (2, NULL), (3, ''), (4, 'y')) t(i, a) ORDER BY i";

/// Reads the files as the documentation advises, and the first and the last as nobody should.
const SCRIPT: &str = r#"
import csv, decimal, gzip, json, sys
import duckdb, pandas

bare, marked, minimal = sys.argv[1:]
as_list = lambda column: [None if pandas.isna(value) else value for value in column]

# The row of the NULL is an empty line.
assert len(pandas.read_csv(bare)) == 3, pandas.read_csv(bare)
assert [row["a"] for row in csv.DictReader(open(bare, newline=""))] == ["x", "", "y"]
# With a text for NULL the row of the empty text is an empty line, unless it is quoted.
assert len(pandas.read_csv(minimal)) == 3, pandas.read_csv(minimal)
assert [row["a"] for row in csv.DictReader(open(minimal, newline=""))] == ["x", "\\N", "y"]
assert len(duckdb.sql(f"SELECT a FROM read_csv('{minimal}', header = true, nullstr = '\\N')").fetchall()) == 3
# With both no row is lost, and NULL differs from the empty text.
read = as_list(pandas.read_csv(marked, keep_default_na=False, na_values=["\\N"])["a"])
assert read == ["x", None, "", "y"], read
rows = [row["a"] for row in csv.DictReader(open(marked, newline=""))]
assert rows == ["x", "\\N", "", "y"], rows
# DuckDB takes a quoted empty text for NULL, unless it is told otherwise.
duck = lambda more: [row[0] for row in duckdb.sql(f"SELECT a FROM read_csv('{marked}', header = true, nullstr = '\\N'{more})").fetchall()]
assert duck(", allow_quoted_nulls = false") == ["x", None, "", "y"], duck(", allow_quoted_nulls = false")
two = sys.argv[2].replace("marked", "two")
duck = lambda more: [row[0] for row in duckdb.sql(f"SELECT a FROM read_csv('{two}', header = true{more})").fetchall()]
assert duck("") == ["x", None, None, "y"], duck("")
assert duck(", allow_quoted_nulls = false") == ["x", None, "", "y"], duck(", allow_quoted_nulls = false")
# Objects have NULL, and every digit for those who ask for it.
objects = sys.argv[2].replace("marked.csv", "objects.jsonl.gz")
types = "{a: 'VARCHAR', n: 'DECIMAL(30, 10)', l: 'INTEGER[]'}"
rows = duckdb.sql(f"SELECT a, n, l FROM read_json('{objects}', format = 'newline_delimited', columns = {types})").fetchall()
exact = decimal.Decimal("12345678901234567.8901234567")
assert rows == [(a, exact, [1, None]) for a in ["x", None, "", "y"]], rows
assert as_list(pandas.read_json(objects, lines=True, dtype=False)["a"]) == ["x", None, "", "y"]
lines = [json.loads(line, parse_float=decimal.Decimal) for line in gzip.open(objects, "rt")]
assert lines == [{"a": a, "n": exact, "l": [1, None]} for a in ["x", None, "", "y"]], lines
print("read", pandas.__version__, duckdb.__version__)
"#;

/// Returns a Python that has these packages; it is kept for the next run.
pub fn python(packages: &[&str]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(packages.join("-").replace("==", "-"));
    let python = folder.join("bin/python");
    let run = |program: &Path, arguments: &[&str]| {
        let done = Command::new(program).args(arguments).status().expect("it starts");
        assert!(done.success(), "{} {arguments:?}", program.display());
    };
    let complete = folder.join("complete");
    if !complete.exists() {
        run(Path::new("python3"), &["-m", "venv", folder.to_str().expect("UTF-8")]);
        run(&python, &[&["-m", "pip", "install", "--quiet"], packages].concat());
        std::fs::write(complete, "").expect("a file");
    }
    python
}

#[tokio::test]
#[ignore = "installs pandas and DuckDB (250 MB): make drills"]
async fn pandas_and_duckdb_read_what_the_documentation_says() {
    let (postgres, folder) = database().await;
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let two = QUERY.replace("SELECT a", "SELECT a, i");
    let objects =
        QUERY.replace("SELECT a", "SELECT a, 12345678901234567.8901234567 AS n, '{1,NULL}'::int[] AS l");
    for (name, query, more) in [
        ("bare.csv", QUERY, &[][..]),
        ("marked.csv", QUERY, &["--null", "\\N", "--quote", "all"]),
        ("minimal.csv", QUERY, &["--null", "\\N"]),
        ("two.csv", &two, &[]),
        ("objects.jsonl.gz", &objects, &[]),
    ] {
        let file = path(name);
        let flags = [&["--query", query, "--output", &file], more].concat();
        let answer = output(without_aws(&postgres, folder.path(), &locally(&flags)));
        assert_eq!(status(&answer), 0, "{answer:?}");
    }
    let files = ["bare.csv", "marked.csv", "minimal.csv"].map(path);
    let read = Command::new(python(&READERS)).args(["-c", SCRIPT]).args(files).output();
    let read = read.expect("Python");
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    eprintln!("{}", String::from_utf8_lossy(&read.stdout).trim_end());
}
