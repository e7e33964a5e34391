//! Which messages of the server are passed on, and that none of them contains a cell.

use serde_json::json;

use crate::fixture::{Fixture, PATIENCE, response};
use crate::outcome::fails;

/// A cell that a message may contain, and one that is in all other fields of an error.
const CELL: &str = "cell-in-the-message";
const ELSEWHERE: &str = "cell-elsewhere";

const TABLES: &str = "
    CREATE EXTENSION hstore;
    CREATE TYPE mood AS ENUM ('happy');
    CREATE DOMAIN short AS text CHECK (length(value) < 3);
    CREATE TABLE cells (cell text PRIMARY KEY, elsewhere text);
    INSERT INTO cells VALUES ('cell-in-the-message', 'cell-elsewhere');
    CREATE TABLE checked (cell text UNIQUE CHECK (cell <> 'cell-in-the-message'), other text NOT NULL,
        EXCLUDE (other WITH =));
    INSERT INTO checked VALUES ('cell-elsewhere', 'cell-in-the-message');
    CREATE TABLE referring (cell text REFERENCES checked (cell));
    CREATE TABLE parted (cell text) PARTITION BY LIST (cell);
    CREATE VIEW seen AS SELECT cell FROM cells WHERE cell < 'b' WITH CHECK OPTION;
    CREATE FUNCTION raise(state text, cell text, elsewhere text) RETURNS int LANGUAGE plpgsql AS $$
        BEGIN
            RAISE WARNING 'a warning about %', cell USING DETAIL = elsewhere;
            RAISE EXCEPTION USING ERRCODE = state, MESSAGE = 'it says ' || cell, DETAIL = 'detail ' || elsewhere,
                HINT = 'hint ' || elsewhere, COLUMN = elsewhere, CONSTRAINT = elsewhere, DATATYPE = elsewhere,
                TABLE = elsewhere, SCHEMA = elsewhere;
        END $$;
    CREATE FUNCTION execute(sql text) RETURNS int LANGUAGE plpgsql AS $$
        BEGIN EXECUTE sql; RETURN 1; END $$;
    CREATE FUNCTION nested(cell text) RETURNS int LANGUAGE plpgsql AS $$
        BEGIN RETURN execute(format('SELECT raise(%L, %L, %L)', '22023', cell, cell)); END $$;";

/// Every class of the manual's appendix of error codes, single codes that are treated separately, and codes
/// that a user defines.
const STATES: &[&str] = &[
    "01000", "02000", "03000", "08000", "08006", "08P01", "09000", "0A000", "0B000", "0F000", "0L000",
    "0P000", "0Z000", "10608", "20000", "21000", "22000", "22012", "22023", "22P02", "23000", "23505",
    "23P01", "24000", "25000", "25006", "25P02", "25P03", "25P04", "26000", "27000", "28000", "28P01",
    "2B000", "2D000", "2F000", "2F004", "34000", "38000", "39000", "3B000", "3D000", "3F000", "40001",
    "40P01", "42000", "42501", "42601", "42P01", "44000", "53000", "53100", "53200", "54000", "55000",
    "55P03", "57000", "57014", "57P01", "58000", "58P01", "72000", "F0000", "HV000", "P0000", "P0001",
    "XX000", "ZZ999",
];

/// Ordinary queries whose error repeats a value.
const ECHOES: &[&str] = &[
    "SELECT cell::int FROM cells",
    "SELECT cell::bigint FROM cells",
    "SELECT cell::smallint FROM cells",
    "SELECT cell::numeric FROM cells",
    "SELECT cell::real FROM cells",
    "SELECT cell::float8 FROM cells",
    "SELECT cell::bool FROM cells",
    "SELECT cell::date FROM cells",
    "SELECT cell::time FROM cells",
    "SELECT cell::timestamp FROM cells",
    "SELECT cell::timestamptz FROM cells",
    "SELECT cell::interval FROM cells",
    "SELECT cell::uuid FROM cells",
    "SELECT cell::json FROM cells",
    "SELECT cell::jsonb FROM cells",
    "SELECT cell::jsonpath FROM cells",
    "SELECT ('<' || cell)::xml FROM cells",
    "SELECT cell::inet FROM cells",
    "SELECT cell::macaddr FROM cells",
    "SELECT cell::point FROM cells",
    "SELECT cell::bit(3) FROM cells",
    "SELECT cell::varbit FROM cells",
    "SELECT ('\\x' || cell)::bytea FROM cells",
    "SELECT cell::money FROM cells",
    "SELECT cell::pg_lsn FROM cells",
    "SELECT cell::int4range FROM cells",
    "SELECT cell::int[] FROM cells",
    "SELECT ('{' || cell)::text[] FROM cells",
    "SELECT cell::mood FROM cells",
    "SELECT cell::short FROM cells",
    "SELECT cell::hstore FROM cells",
    "SELECT cell::cells FROM cells",
    "SELECT (cell || ' ' || elsewhere)::tsquery FROM cells",
    "SELECT (cell || ''' ''')::tsvector FROM cells",
    "SELECT cell::regclass FROM cells",
    "SELECT cell::regtype FROM cells",
    "SELECT cell::regrole FROM cells",
    "SELECT cell::regnamespace FROM cells",
    "SELECT cell::regproc FROM cells",
    "SELECT (cell || '()')::regprocedure FROM cells",
    "SELECT cell::regconfig FROM cells",
    "SELECT cell::regoper FROM cells",
    "SELECT (cell || '(int4,int4)')::regoperator FROM cells",
    "SELECT pg_get_object_address('operator', ARRAY[cell], ARRAY['int4', 'int4']) FROM cells",
    "SELECT query_to_xml('SELECT t.\"' || cell || '\" FROM pg_class t', true, true, '') FROM cells",
    "SELECT query_to_xml('SELECT \"' || cell || '\"()', true, true, '') FROM cells",
    "SELECT (cell || '.' || elsewhere || '.c')::regclass FROM cells",
    "SELECT nextval(cell) FROM cells",
    "SELECT has_table_privilege(cell, 'select') FROM cells",
    "SELECT has_table_privilege('cells', cell) FROM cells",
    "SELECT set_config('work_mem', cell, false) FROM cells",
    "SELECT set_config(cell, elsewhere, false) FROM cells",
    "SELECT current_setting(cell) FROM cells",
    "SELECT regexp_replace('a', cell || '(', '') FROM cells",
    "SELECT to_date(cell, 'YYYY-MM-DD') FROM cells",
    "SELECT date_trunc(cell, now()) FROM cells",
    "SELECT now() AT TIME ZONE cell FROM cells",
    "SELECT encode('x', cell) FROM cells",
    "SELECT convert_from('x', cell) FROM cells",
    "SELECT pg_read_file(cell) FROM cells",
    "SELECT execute(cell) FROM cells",
    "SELECT nested(cell) FROM cells",
];

/// The same if the function may write.
const WRITING_ECHOES: &[&str] = &[
    "INSERT INTO cells SELECT * FROM cells RETURNING cell",
    "INSERT INTO checked SELECT cell, elsewhere FROM cells RETURNING cell",
    "INSERT INTO checked SELECT elsewhere, elsewhere FROM cells RETURNING cell",
    "INSERT INTO checked SELECT 'new', cell FROM cells RETURNING cell",
    "INSERT INTO checked SELECT 'new', NULL RETURNING cell",
    "INSERT INTO referring SELECT cell FROM cells RETURNING cell",
    "INSERT INTO parted SELECT cell FROM cells RETURNING cell",
    "INSERT INTO seen SELECT cell || 'x' FROM cells RETURNING cell",
];

#[tokio::test]
async fn no_cell_is_among_what_is_said() {
    let fixture = Fixture::start().await;
    fixture.stack.postgres.execute("postgres", TABLES).await.expect("tables");
    let function = fixture.function(&[("LOG_LEVEL", "TRACE")]).await;

    for state in STATES {
        for raises in [false, true] {
            let query = format!("SELECT raise('{state}', cell, elsewhere) FROM cells");
            let event = json!({"query": query, "raiseOnError": raises});
            let invocation = function.invoke(&event, PATIENCE).await.expect("an answer");
            let said = invocation.shown();
            assert!(!said.contains(ELSEWHERE) && !said.contains(CELL), "{state}: {said}");
            assert!(said.contains(state), "{state}: {said}");
            assert!(!said.contains("a warning about"), "{said}");
            if !raises {
                let body = &response(&invocation)["body"];
                assert_eq!(body["stage"], "rows", "{state}: {body}");
            }
        }
    }
    // The same for a parameter, whose value the server may reject as soon as it is bound.
    let event = json!({"query": "SELECT $1::regoperator", "params": [format!("{CELL}(int4,int4)")]});
    let invocation = function.invoke(&event, PATIENCE).await.expect("an answer");
    let said_of_it = invocation.shown();
    assert!(said_of_it.contains("SQLSTATE") && !said_of_it.contains(CELL), "{said_of_it}");

    let writing = fixture.function(&[("LOG_LEVEL", "TRACE"), ("ALLOW_WRITES", "true")]).await;
    let read = ECHOES.iter().map(|query| (query, &function));
    for (query, function) in read.chain(WRITING_ECHOES.iter().map(|query| (query, &writing))) {
        let invocation = function.invoke(&json!({"query": query}), PATIENCE).await.expect("an answer");
        let said = invocation.shown();
        let body = &response(&invocation)["body"];
        assert!(body["errorType"].is_string(), "{query} does not fail: {body}");
        assert!(body["error"].as_str().is_some_and(|error| error.contains("SQLSTATE")), "{query}: {body}");
        for marked in [CELL, ELSEWHERE] {
            assert!(!said.contains(marked), "{query}: {said}");
        }
    }
}

#[tokio::test]
async fn positions_count_in_the_query_as_it_was_written() {
    let fixture = Fixture::start().await;
    let function = fixture.function(&[]).await;
    // The escape becomes DATE '…', one character longer and shifted by the brace.
    for query in
        ["/* é */ SELECT {d '2024-02-29'}, nope", "SELECT {fn concat('a', 'b')}, nope", "SELECT nope"]
    {
        let body = fails(&fixture, &function, &json!({"query": query}), "QueryInvalid", "query").await;
        let byte = query.find("nope").expect("it is there");
        let position = format!("at character {})", query[..byte].chars().count() + 1);
        assert!(body["error"].as_str().is_some_and(|error| error.contains(&position)), "{query}: {body}");
    }
}
