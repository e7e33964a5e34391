//! JSON lines against the server's own `row_to_json`, byte for byte.

use std::path::Path;
use std::process::Command;

use devstack::Postgres;
use serde_json::json;
use tokio_postgres::Client;

use crate::command_line::{body, database, locally, output, status, without_aws};
use crate::copy::SESSION;
use crate::documents::read;
use crate::fixture::{Fixture, PATIENCE, response};
use crate::golden::{queries, schema};

/// The lines that the server writes itself, or why it cannot. A line break between the tokens of a json value, and no
/// other is ever in one, is a blank in the file.
pub async fn row_to_json(client: &Client, query: &str) -> Result<Vec<u8>, tokio_postgres::Error> {
    let query = query.trim_end().trim_end_matches(';');
    let sql = format!("SELECT row_to_json(the_row)::text FROM ({query}\n) AS the_row");
    let rows = client.query(&sql, &[]).await?;
    let lines = rows.iter().map(|row| row.get::<_, String>(0).replace(['\n', '\r'], " ") + "\n");
    Ok(lines.collect::<String>().into_bytes())
}

/// A connection with the extraction's session settings.
async fn connect(postgres: &Postgres) -> Client {
    let client = postgres.connect().await.expect("a connection");
    client.batch_execute(SESSION).await.expect("the session");
    client
}

/// What an extraction of a query writes to standard output, or its answer.
fn extract(postgres: &Postgres, folder: &Path, flags: &[&str]) -> Result<Vec<u8>, String> {
    let flags = locally(&[&["--format", "jsonl", "--output", "-"], flags].concat());
    let answer = output(without_aws(postgres, folder, &flags));
    if status(&answer) == 0 { Ok(answer.stdout) } else { Err(body(&answer).to_string()) }
}

/// Compares the two, and returns what is wrong.
async fn compare(
    postgres: &Postgres,
    folder: &Path,
    client: &Client,
    name: &str,
    query: &str,
) -> Option<String> {
    let expected = row_to_json(client, query).await.ok()?;
    let written = extract(postgres, folder, &["--query", query]);
    if written.as_ref() == Ok(&expected) {
        return None;
    }
    let written = written.map_or_else(|error| error, |bytes| String::from_utf8_lossy(&bytes).into_owned());
    let expected = String::from_utf8_lossy(&expected);
    let (one, other) = written
        .lines()
        .zip(expected.lines())
        .find(|(one, other)| one != other)
        .unwrap_or((&written[..], &expected[..]));
    Some(format!("{name}:\n{one}\ninstead of\n{other}"))
}

#[tokio::test]
async fn every_parity_query_and_table_gives_the_server_s_objects() {
    let (postgres, folder) = database().await;
    let database = postgres.connect().await.expect("a connection");
    database.batch_execute(&schema()).await.expect("the schema loads");
    let client = connect(&postgres).await;
    let tables = "SELECT format('SELECT * FROM %I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = 'parity' ORDER BY 1";
    let tables = client.query(tables, &[]).await.expect("tables");
    let tables = tables.iter().map(|row| (row.get::<_, String>(0), row.get::<_, String>(0)));
    let queries = ["golden", "junk"].into_iter().flat_map(|folder| queries(folder, ".sql"));
    let (mut compared, mut wrong) = (0, Vec::new());
    for (name, query) in tables.chain(queries) {
        if row_to_json(&client, &query).await.is_ok() {
            compared += 1;
            wrong.extend(compare(&postgres, folder.path(), &client, &name, &query).await);
        }
    }
    assert!(wrong.is_empty(), "{} of {compared} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared >= 130, "the server converted {compared} only");
}

/// Types whose JSON is not that of their text, and one whose own cast to json the server applies.
const TYPES: &str = r#"
    CREATE EXTENSION hstore; CREATE EXTENSION citext; CREATE EXTENSION ltree; CREATE EXTENSION cube;
    CREATE TYPE mood AS ENUM ('glad', E'a"b\\c\n');
    CREATE TYPE pair AS (n int4, "t ""x" text, f float8, at timestamptz, doc json, many int4[]);
    CREATE TYPE span AS RANGE (subtype = int4);
    CREATE TYPE colour AS ENUM ('red');
    CREATE FUNCTION as_json(colour) RETURNS json LANGUAGE sql IMMUTABLE AS $$ SELECT json_build_object('colour', $1::text) $$;
    CREATE CAST (colour AS json) WITH FUNCTION as_json(colour);
    CREATE DOMAIN word AS text; CREATE DOMAIN words AS text[]; CREATE DOMAIN document AS json; CREATE DOMAIN couple AS pair;
    CREATE DOMAIN hue AS colour; CREATE DOMAIN amount AS numeric(20, 8);
    CREATE TABLE t (a int, "B c" text[]); INSERT INTO t VALUES (1, '{x,NULL}'), (NULL, NULL);
"#;

const ODD: &[&str] = &[
    "SELECT 1e300::float8 AS a, '-0'::float8 AS b, 'NaN'::float8 AS c, 'Infinity'::float4 AS d, '-Infinity'::numeric AS e, 'NaN'::numeric AS f, \
     1e15::float8 AS g, 1e6::float4 AS h, 5e-324::float8 AS i, 0.000000100 AS j, '-32768'::int2 AS k, 4294967295::oid AS l, 12.5::money AS m",
    "SELECT d, d::timestamp AS ts, d::timestamptz AS tz FROM unnest('{infinity,-infinity,0044-03-15 BC,0001-01-01,9999-12-31,12345-06-07,2024-02-29,\
     4714-11-24 BC,NULL}'::date[]) AS d",
    "SELECT ts, ts AT TIME ZONE 'UTC' AS tz FROM unnest('{0001-12-31 23:59:59.999999 BC,294276-12-31 23:59:59.999999,2000-01-01 00:00:00.5}'::timestamp[]) AS ts",
    "SELECT '24:00'::time AS a, '00:00:00.000001'::time AS b, '12:00+05:30'::timetz AS c, '24:00-15:59:59'::timetz AS d, '-1 day -02:00'::interval AS e, \
     '1 year 2 mons 3.456 secs'::interval AS f, '0'::interval AS g",
    "SELECT string_agg(chr(n), '') AS controls FROM generate_series(1, 160) AS n",
    r#"SELECT U&'\2028\2029' AS a, '"\/' AS b, '' AS c, repeat('"', 40) AS d, 'a'::char(5) AS e, 'x'::"char" AS f, 'n'::name AS g, 'é😀' AS h, NULL AS i, E'\\.' AS j"#,
    r"SELECT '\x00ff'::bytea AS a, B'1' AS b, B'101'::varbit AS c, '<?xml version=''1.0''?><a/>'::xml AS d, '8f14e45f-ceea-467f-9575-0d1fa1e3b7a2'::uuid AS e, '10.0.0.0/8'::cidr AS f, '::1'::inet AS g, '08:00:2b:01:02:03'::macaddr AS h, '08:00:2b:01:02:03:04:05'::macaddr8 AS i, '(1,2.5)'::point AS j, '((0,0),1e20)'::circle AS k, '[(1,2),(3,4)]'::path AS l, '{1,2,3}'::line AS m, '((1,2),(3,4))'::box AS n, '[(1,2),(3,4)]'::lseg AS o, '((0,0),(1,1))'::polygon AS p",
    "SELECT '0/16B3748'::pg_lsn AS a, 'pg_class'::regclass AS b, '7'::xid AS c, '(0,1)'::tid AS d, $$'it''s' cat:3$$::tsvector AS e, 'a & b'::tsquery AS f, '$.a'::jsonpath AS g, \
     '[1,5)'::int4range AS h, '{[1,2),[5,6)}'::int4multirange AS i, '10:20:10'::txid_snapshot AS j, '[1,3]'::span AS k, 'a'::refcursor AS l",
    "SELECT E'{\"a\" : 1,\\n\\r\\n \"a\": \"\\\\n\"}\\n'::json AS a, '{\"b\": [1, null], \"a\": 1e2}'::jsonb AS b, 'null'::json AS c, ' true'::json::document AS d, NULL::json AS e",
    r#"SELECT '{}'::int[] AS a, '{1,NULL,-3}'::int[] AS b, '{{1,2},{3,4}}'::int8[] AS c, '[0:1]={7,8}'::int2[] AS d, '{NULL,"NULL","",a\"b,"x,y",é}'::text[] AS e, '{NaN,1e300,-0}'::float8[] AS f, '{2024-02-29 12:00Z,infinity}'::timestamptz[] AS g, ARRAY[E'{"a":\n1}'::json] AS h, '{t,f,NULL}'::bool[] AS i, '{1.50,NaN}'::numeric[] AS j, '1 2 3'::int2vector AS k, '4 5'::oidvector AS l, '{\\x00}'::bytea[] AS m, '{a,bc}'::char(3)[] AS n, '{a,NULL}'::words AS o"#,
    "SELECT row(1, 'a \"b\"', 'NaN', '2024-02-29 12:00Z', E'{\"a\":\\n1}', '{1,2}')::pair AS a, row(1, 'x', NULL, array['y']) AS b, NULL::pair AS c, \
     row(NULL, NULL, NULL, NULL, NULL, NULL)::pair::couple AS d, array[row(1, 2), row(3, 4)] AS e, t AS f FROM t",
    "SELECT 'a=>1, b=>NULL'::hstore AS a, 'It''s'::citext AS b, 'a.b.c'::ltree AS c, '(1,2),(3,4)'::cube AS d, 'glad'::mood AS e, enum_last(NULL::mood) AS f, 'red'::colour AS g, \
     'red'::colour::hue AS h, array['red'::colour] AS i, array['a=>1'::hstore] AS j, 'w'::word AS k, 1.5::amount AS l, array['glad'::mood] AS m",
    "SELECT 1 AS \"a\"\"b\\c\", 2 AS a, '{3}'::int[] AS a, 4 AS \"é😀\", 5 AS \"tab\tand\nline\", 6, 'x'",
    "SELECT most_common_vals FROM pg_stats WHERE tablename = 'pg_class' ORDER BY attname",
    "SELECT FROM generate_series(1, 3)",
    "SELECT * FROM t WHERE false",
    "TABLE t -- the end",
    "VALUES (1, '{2}'::int[]), (3, NULL)",
    "WITH q AS (SELECT a, \"B c\" FROM t) SELECT * FROM q UNION ALL SELECT 1, '{}' ORDER BY 1 NULLS FIRST LIMIT 2",
    "SELECT pg_notify('a', 'b') AS nothing, '{1}'::int[] AS a",
];

#[tokio::test]
async fn odd_values_of_every_type_and_shape() {
    let (postgres, folder) = database().await;
    postgres.execute("postgres", TYPES).await.expect("the types");
    let client = connect(&postgres).await;
    let widest: Vec<_> =
        (1..=1_664)
            .map(|n| {
                if n % 400 == 0 {
                    format!("ARRAY[g] AS c{n}")
                } else {
                    format!("nullif(g, {}) AS c{n}", n % 4)
                }
            })
            .collect();
    let widest = format!("SELECT {} FROM generate_series(1, 3) AS g", widest.join(", "));
    let mut wrong = Vec::new();
    for query in ODD.iter().copied().chain([widest.as_str()]) {
        row_to_json(&client, query).await.unwrap_or_else(|error| panic!("{query}: {error}"));
        wrong.extend(compare(&postgres, folder.path(), &client, query, query).await);
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn statements_that_cannot_stand_in_from() {
    let (postgres, folder) = database().await;
    postgres.execute("postgres", TYPES).await.expect("the types");
    let write = |query: &str| {
        let flags = locally(&["--format", "jsonl", "--output", "-", "--query", query]);
        let mut command = without_aws(&postgres, folder.path(), &flags);
        command.env("ALLOW_WRITES", "true");
        let answer = output(command);
        if status(&answer) == 0 {
            Ok(String::from_utf8(answer.stdout).expect("UTF-8"))
        } else {
            Err(body(&answer))
        }
    };
    assert_eq!(write("SHOW TimeZone").expect("lines"), "{\"TimeZone\":\"UTC\"}\n");
    let plan = write("EXPLAIN (FORMAT json, COSTS off) SELECT 1").expect("lines");
    assert!(
        plan.starts_with("{\"QUERY PLAN\":[   {") && plan.ends_with("]}\n") && plan.lines().count() == 1,
        "{plan}"
    );
    // Strings of the database need no cast.
    let returned = write(
        "INSERT INTO t VALUES (7) RETURNING a, 'glad'::mood AS m, 'x'::citext AS c, now() IS NULL AS b",
    )
    .expect("lines");
    assert_eq!(returned, "{\"a\":7,\"m\":\"glad\",\"c\":\"x\",\"b\":false}\n");
    for query in [
        "INSERT INTO t VALUES (8) RETURNING *",
        "WITH i AS (INSERT INTO t VALUES (8) RETURNING *) SELECT * FROM i",
    ] {
        let refused = write(query).expect_err("a refusal");
        let error = refused["error"].as_str().expect("a text");
        assert!(error.starts_with("Only the server can convert column B c to JSON"), "{refused}");
        assert_eq!(refused["errorType"], "QueryInvalid");
        assert!(refused["hint"].as_str().is_some_and(|hint| hint.contains("to_json(")), "{refused}");
    }
    let converted =
        write("INSERT INTO t VALUES (9, '{a}') RETURNING a, to_json(\"B c\") AS b").expect("lines");
    assert_eq!(converted, "{\"a\":9,\"b\":[\"a\"]}\n");
    let client = connect(&postgres).await;
    let rows = client.query_one("SELECT array_agg(a ORDER BY a) FROM t", &[]).await.expect("rows");
    assert_eq!(rows.get::<_, Vec<Option<i32>>>(0), [Some(1), Some(7), Some(9), None]);
}

/// A hop of `diagnose` finds what an extraction would be refused for, and estimates the file.
#[tokio::test]
async fn diagnose_looks_at_the_format() {
    let fixture = Fixture::start().await;
    fixture.stack.postgres.execute("postgres", TYPES).await.expect("the types");
    let function = fixture.function(&[]).await;
    let hop = async |query: &str| {
        let mut event = fixture.event("d.jsonl", query);
        event["action"] = json!("diagnose");
        let invocation = function.invoke(event, PATIENCE).await.expect("an answer");
        let hops = response(&invocation)["body"]["hops"].as_array().expect("hops").clone();
        hops.into_iter().find(|hop| hop["hop"] == "query").expect("a hop").to_string()
    };
    let good = hop("SELECT * FROM t").await;
    assert!(good.contains("2 columns") && good.contains("of JSON lines"), "{good}");
    let bad = hop("WITH i AS (INSERT INTO t VALUES (8) RETURNING *) SELECT * FROM i").await;
    assert!(bad.contains("QueryInvalid") && bad.contains("Only the server can convert"), "{bad}");
}

/// The statements of docs/json-lines.md restore the rows.
#[tokio::test]
async fn postgresql_reads_the_objects_back() {
    let (postgres, folder) = database().await;
    let source = r#"
        CREATE TYPE pair AS (n int4, t text);
        CREATE TABLE orders (i int8, n numeric, f float8, t text, b bool, d date, ts timestamp, tz timestamptz, c char(5), y bytea, u uuid,
            v interval, l text[], p pair, j jsonb, doc json, r int4range, m money);
        INSERT INTO orders VALUES (9223372036854775807, 12345678901234567890.1234567890, 1e-300, E'a"b\\c\n\u2028', true, '0044-03-15 BC',
            'infinity', '2024-02-29 12:00Z', 'a', '\x00ff', '8f14e45f-ceea-467f-9575-0d1fa1e3b7a2', '-1 day -02:00', '{{a,NULL},{"",d}}', (1, 'x'),
            '{"a": [1]}', '{"a" :  1}', '[1,5)', 12.5);
        INSERT INTO orders VALUES (NULL, 'NaN', '-Infinity', '', false); INSERT INTO orders VALUES (1, 0.10, '-0');
    "#;
    postgres.execute("postgres", source).await.expect("a table");
    let file = folder.path().join("orders.jsonl");
    let flags = locally(&["--table", "orders", "--output", file.to_str().expect("UTF-8")]);
    let answer = output(without_aws(&postgres, folder.path(), &flags));
    assert_eq!(status(&answer), 0, "{answer:?}");

    let text = read("docs/json-lines.md");
    let lines = text
        .lines()
        .skip_while(|line| !line.contains("CREATE TABLE lines"))
        .take_while(|line| !line.is_empty());
    let script: String = lines.map(|line| line.trim_start().to_owned() + "\n").collect();
    let check = "SELECT t::text FROM before t EXCEPT ALL SELECT t::text FROM orders t";
    let script = format!("CREATE TABLE before AS TABLE orders; TRUNCATE orders;\n{script}\n{check};\n");
    std::fs::write(folder.path().join("script.sql"), script).expect("a file");
    let psql = Command::new("psql")
        .current_dir(folder.path())
        .envs([
            ("PGHOST", postgres.host()),
            ("PGPASSWORD", postgres.password()),
            ("PGUSER", "postgres"),
            ("PGDATABASE", "postgres"),
        ])
        .env("PGPORT", postgres.port().to_string())
        .args(["-X", "-v", "ON_ERROR_STOP=1", "-At", "-q", "-f", "script.sql"])
        .output()
        .expect("psql");
    let told = String::from_utf8_lossy(&psql.stdout);
    assert!(psql.status.success() && told.is_empty(), "{told}{}", String::from_utf8_lossy(&psql.stderr));
    let client = connect(&postgres).await;
    let rows = client.query_one("SELECT count(*) FROM orders", &[]).await.expect("a number");
    assert_eq!(rows.get::<_, i64>(0), 3);
}
