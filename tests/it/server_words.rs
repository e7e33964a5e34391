//! What of the server's words is passed on, and that no cell is among it.

use serde_json::json;

use crate::bed::{Bed, PATIENCE, response};
use crate::outcome::said;

/// A cell that a message may hold, and one that stands in everything else of an error.
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

/// Every class of the manual's appendix of error codes, single codes that are treated apart, and codes of
/// somebody's own. `true`: the message may pass, for it is about the statement, the session or the server.
const STATES: &[(&str, bool)] = &[
    ("01000", false),
    ("02000", false),
    ("03000", false),
    ("08000", true),
    ("08006", true),
    ("08P01", true),
    ("09000", false),
    ("0A000", true),
    ("0B000", false),
    ("0F000", false),
    ("0L000", false),
    ("0P000", false),
    ("0Z000", false),
    ("10608", false),
    ("20000", false),
    ("21000", false),
    ("22000", false),
    ("22012", false),
    ("22023", false),
    ("22P02", false),
    ("23000", false),
    ("23505", false),
    ("23P01", false),
    ("24000", false),
    ("25000", true),
    ("25006", true),
    ("25P02", true),
    ("26000", false),
    ("27000", false),
    ("28000", true),
    ("28P01", true),
    ("2B000", false),
    ("2D000", false),
    ("2F000", false),
    ("2F004", false),
    ("34000", false),
    ("38000", false),
    ("39000", false),
    ("3B000", false),
    ("3D000", true),
    ("3F000", false),
    ("40001", true),
    ("40P01", true),
    ("42000", true),
    ("42501", true),
    ("42601", true),
    ("42P01", true),
    ("44000", false),
    ("53000", true),
    ("53100", true),
    ("53200", true),
    ("54000", false),
    ("55000", true),
    ("55P03", true),
    ("57000", true),
    ("57014", true),
    ("57P01", true),
    ("58000", true),
    ("58P01", true),
    ("72000", false),
    ("F0000", false),
    ("HV000", false),
    ("P0000", false),
    ("P0001", false),
    ("XX000", true),
    ("ZZ999", false),
];

/// Ordinary queries whose error echoes what they meet.
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

/// The same where the function may write.
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
    let bed = Bed::start().await;
    bed.stack.postgres.execute("postgres", TABLES).await.expect("tables");
    let function = bed.function(&[("LOG_LEVEL", "TRACE")]).await;

    for &(state, passes) in STATES {
        for raises in [false, true] {
            let query = format!("SELECT raise('{state}', cell, elsewhere) FROM cells");
            let event = json!({"query": query, "raiseOnError": raises});
            let invocation = function.invoke(&event, PATIENCE).await.expect("an answer");
            let said = said(&invocation);
            assert!(!said.contains(ELSEWHERE), "{state}: {said}");
            assert_eq!(said.contains(CELL), passes, "{state}: {said}");
            assert!(said.contains(state), "{state}: {said}");
            assert!(!said.contains("a warning about"), "{said}");
            if !raises {
                let body = &response(&invocation)["body"];
                assert_eq!(body["stage"], "rows", "{state}: {body}");
            }
        }
    }
    let writing = bed.function(&[("LOG_LEVEL", "TRACE"), ("ALLOW_WRITES", "true")]).await;
    let read = ECHOES.iter().map(|query| (query, &function));
    for (query, function) in read.chain(WRITING_ECHOES.iter().map(|query| (query, &writing))) {
        let invocation = function.invoke(&json!({"query": query}), PATIENCE).await.expect("an answer");
        let said = said(&invocation);
        let body = &response(&invocation)["body"];
        assert!(body["errorType"].is_string(), "{query} does not fail: {body}");
        assert!(body["error"].as_str().is_some_and(|error| error.contains("SQLSTATE")), "{query}: {body}");
        for marked in [CELL, ELSEWHERE] {
            assert!(!said.contains(marked), "{query}: {said}");
        }
    }
}
