use proptest::prelude::*;

use super::*;

fn text(sql: &str) -> String {
    rewrite(sql).unwrap_or_else(|problem| panic!("{sql}: {problem}")).text().to_owned()
}

fn unchanged(sql: &str) {
    assert_eq!(text(sql), sql);
}

fn second_at(sql: &str, line: usize, column: usize) {
    assert_eq!(rewrite(sql), Err(Problem::SecondStatement(Place { line, column })), "{sql}");
}

#[test]
fn plain_statements_pass_unchanged() {
    for sql in [
        "SELECT 1 AS a",
        "WITH t AS (SELECT 1) SELECT * FROM t",
        "VALUES (1, 'a'), (2, NULL)",
        "TABLE parity.bools",
        "SHOW standard_conforming_strings",
        "EXPLAIN (COSTS OFF) SELECT 1",
        "SELECT $1 AS x, $2::int[] AS y, a[1:2] FROM t",
        "SELECT '{\"a\": 1}'::jsonb ? 'a' AS has_a",
        "SELECT '{d}' AS a, '{1,2}'::int[] AS b",
        "SELECT $tag$a $$ ; ?? b$tag$ AS x, 'it''s; ??' AS y",
        "SELECT 'why??' AS \"what??\"",
        "SELECT E'it\\'s; ??' AS a, U&'\\0041;??' AS b, e'\\\\' AS c",
        "SELECT {day '2024-01-01'}, {}, {1}",
        "SELECT 1 FROM t WHERE a @? '$.x' AND b ?| ARRAY['a'] AND c ?& ARRAY['b']",
        "CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2)",
    ] {
        unchanged(sql);
    }
}

#[test]
fn what_ends_a_statement_falls_away() {
    for sql in [
        "SELECT 1 AS a;",
        "SELECT 1 AS a ; ; \n ;",
        "SELECT 1 AS a -- the end",
        "SELECT 1 AS a; -- the end",
        "SELECT 1 AS a /* fifth; /* sixth */ */ ;;-- seventh\n/* eighth */",
        "SELECT 1 AS a  \n\n",
        "; ;SELECT 1 AS a",
    ] {
        assert_eq!(text(sql), "SELECT 1 AS a", "{sql}");
    }
    assert_eq!(
        text("-- first\n/* second */ SELECT 1 -- third ;\n, 2 /* fourth */"),
        "-- first\n/* second */ SELECT 1 -- third ;\n, 2"
    );
}

#[test]
fn one_statement_and_no_more() {
    second_at("BEGIN; SELECT 1 AS a; COMMIT", 1, 8);
    second_at("SELECT 1;\n /* x */ SELECT 2", 2, 10);
    second_at("SELECT 'a''; b'; DELETE FROM t", 1, 18);
    second_at("SELECT $a$;$a$; 1", 1, 17);
    second_at("SELECT 1 /* ; */; /* ; */ x", 1, 27);
    second_at("SELECT E'\\''; DROP TABLE t; --'", 1, 15);
    second_at("SELECT '\\'; DROP TABLE t; --'", 1, 13);
    second_at("SELECT 'é'; ?", 1, 13);
    second_at("SELECT 1); DELETE FROM t", 1, 12);
}

#[test]
fn an_empty_query_is_a_problem() {
    for sql in ["", " \n\t", ";", " ; ;", "-- nothing here", "/* nothing", "/* a */;-- b"] {
        assert_eq!(rewrite(sql), Err(Problem::Empty), "{sql}");
    }
}

#[test]
fn a_doubled_question_mark_is_the_operator() {
    assert_eq!(
        text("SELECT '{\"a\": 1}'::jsonb ?? 'a' AS has_a, x ??| ARRAY['a','b'], y ??& z, w @?? '$', a ??? b"),
        "SELECT '{\"a\": 1}'::jsonb ? 'a' AS has_a, x ?| ARRAY['a','b'], y ?& z, w @? '$', a ?? b"
    );
}

#[test]
fn a_backslash_in_a_plain_string_is_found() {
    for sql in ["SELECT 'it\\'s'", "SELECT 'a''b\\c'", "SELECT E'a', B'1', '\\'", "SELECT U&'\\0041'"] {
        assert!(has_backslash_in_plain_string(sql), "{sql}");
    }
    for sql in [
        "SELECT 'a'",
        "SELECT E'it\\'s'",
        "SELECT $$\\$$",
        "SELECT \"\\\"",
        "SELECT 1 -- '\\'",
        "SELECT a \\ b",
    ] {
        assert!(!has_backslash_in_plain_string(sql), "{sql}");
    }
}

#[test]
fn escapes_of_literals() {
    assert_eq!(
        text("SELECT {d '2024-02-29'} AS d, {ts '2024-02-29 12:34:56.5'} AS ts, {T  '12:34:56'} t"),
        "SELECT DATE '2024-02-29' AS d, TIMESTAMP '2024-02-29 12:34:56.5' AS ts, TIME '12:34:56' t"
    );
    assert_eq!(
        text("SELECT * FROM {oj a LEFT JOIN b ON a.x = {d '2024-01-01'}} WHERE c LIKE '!_' {escape '!'}"),
        "SELECT * FROM a LEFT JOIN b ON a.x = DATE '2024-01-01' WHERE c LIKE '!_' ESCAPE '!'"
    );
    assert_eq!(text("SELECT {d '}'}"), "SELECT DATE '}'");
    // As in the Java driver, an escape that is never closed extends to the end.
    assert_eq!(text("SELECT {d '2024-01-01'"), "SELECT DATE '2024-01-01'");
}

#[test]
fn every_function_of_jdbc() {
    for (escape, sql) in [
        ("abs(-1)", "abs(-1)"),
        ("acos(a)", "acos(a)"),
        ("atan2(a, b)", "atan2(a, b)"),
        ("ceiling(1.5)", "ceil(1.5)"),
        ("degrees(a)", "degrees(a)"),
        ("log(a)", "ln(a)"),
        ("LOG10(a)", "log(a)"),
        ("mod(a,b)", "mod(a,b)"),
        ("pi()", "pi()"),
        ("power(a,b)", "pow(a,b)"),
        ("round(a,2)", "round(a,2)"),
        ("truncate(a,2)", "trunc(a,2)"),
        ("ascii(a)", "ascii(a)"),
        ("char(65)", "chr(65)"),
        ("concat('a', 'b')", "('a'|| 'b')"),
        ("concat(a,b,c)", "(a||b||c)"),
        ("insert('abc',2,1,'x')", "overlay('abc' placing 'x' from 2 for 1)"),
        ("lcase(a)", "lower(a)"),
        ("left('abc',2)", "substring('abc' for 2)"),
        ("length(a)", "length(trim(trailing from a))"),
        ("locate('b',a)", "position('b' in a)"),
        (
            "locate('b',a,3)",
            "(3*sign(position('b' in substring(a from 3)))+position('b' in substring(a from 3)))",
        ),
        ("ltrim(a)", "trim(leading from a)"),
        ("repeat(a,2)", "repeat(a,2)"),
        ("replace(a,'b','c')", "replace(a,'b','c')"),
        ("right('abc',2)", "substring('abc' from (length('abc')+1-2))"),
        ("rtrim(a)", "trim(trailing from a)"),
        ("space(3)", "repeat(' ',3)"),
        ("substring(a,1)", "substr(a,1)"),
        ("substring(a,1,2)", "substr(a,1,2)"),
        ("ucase(a)", "upper(a)"),
        ("curdate()", "current_date"),
        ("curtime( )", "current_time"),
        ("dayname(a)", "to_char(a,'Day')"),
        ("dayofmonth(a)", "extract(day from a)"),
        ("dayofweek(a)", "extract(dow from a)+1"),
        ("dayofyear(a)", "extract(doy from a)"),
        ("hour(a)", "extract(hour from a)"),
        ("minute(a)", "extract(minute from a)"),
        ("month(a)", "extract(month from a)"),
        ("monthname(a)", "to_char(a,'Month')"),
        ("now()", "now()"),
        ("quarter(a)", "extract(quarter from a)"),
        ("second(a)", "extract(second from a)"),
        ("week(a)", "extract(week from a)"),
        ("year(a)", "extract(year from a)"),
        ("timestampadd(SQL_TSI_DAY,3,now())", "(CAST(3||' day' as interval)+now())"),
        ("timestampadd( sql_tsi_minute ,3,a)", "(CAST(3||' minute' as interval)+a)"),
        ("timestampadd(SQL_TSI_QUARTER,2,a)", "(CAST((2::int * 3) || ' month' as interval)+a)"),
        ("timestampdiff(SQL_TSI_HOUR,a,b)", "extract( hour from (b-a))"),
        ("database()", "current_database()"),
        ("ifnull(a,b)", "coalesce(a,b)"),
        ("user()", "user"),
        ("user", "user"),
        ("my.\"Own\"(a, (b, c))", "my.\"Own\"(a, (b, c))"),
        ("ucase(array[a,b][1])", "upper(array[a,b][1])"),
        ("ucase({fn concat('(', {fn lcase(b)})})", "upper(('('|| lower(b)))"),
        ("year({d '2024-02-29'})", "extract(year from DATE '2024-02-29')"),
        ("ucase(a /* , ) */) ", "upper(a /* , ) */) "),
    ] {
        assert_eq!(text(&format!("SELECT {{fn {escape}}} AS x")), format!("SELECT {sql} AS x"), "{escape}");
    }
    assert_eq!(text("SELECT {FNucase(a)}"), "SELECT upper(a)");
    assert_eq!(text("SELECT {fn\n\tucase (a)}"), "SELECT upper(a)");
    assert_eq!(text("SELECT {fn concat('a', 'b'"), "SELECT ('a'|| 'b')");
    unchanged("SELECT {fn a + 1}");
}

#[test]
fn functions_with_the_wrong_arguments_are_named() {
    for (escape, words) in [
        ("ceiling()", "ceiling(…)} at line 1, column 8 takes 1 argument."),
        ("ifnull(a)", "ifnull(…)} at line 1, column 8 takes 2 arguments."),
        ("substring(a)", "takes 2 or 3 arguments."),
        ("user(a)", "takes no argument."),
        ("insert(a)", "takes 4 arguments."),
        ("locate(a)", "takes 2 or 3 arguments."),
        ("right(a)", "takes 2 arguments."),
        ("timestampadd(a)", "takes 3 arguments."),
        ("timestampdiff(a)", "takes 3 arguments."),
        ("timestampadd(SQL_TSI_FRAC_SECOND,1,a)", "must be one of SQL_TSI_SECOND"),
        ("timestampadd(day,1,a)", "The first argument of the JDBC escape {fn timestampadd(…)}"),
        ("timestampdiff(SQL_TSI_MONTH,a,b)", "SQL_TSI_SECOND, _MINUTE, _HOUR, _DAY."),
    ] {
        let problem = rewrite(&format!("SELECT {{fn {escape}}}")).unwrap_err();
        assert!(problem.to_string().contains(words), "{escape}: {problem}");
    }
    let problem = rewrite("SELECT {fn left('secret')}").unwrap_err();
    assert!(!problem.to_string().contains("secret"));
}

#[test]
fn nesting_and_growth_have_limits() {
    let deep = format!("SELECT {}1", "{fn abs(".repeat(100_000));
    assert!(matches!(rewrite(&deep), Err(Problem::TooDeep(_))));
    let fine = format!("SELECT {}1{}", "{fn abs(".repeat(32), ")}".repeat(32));
    assert_eq!(text(&fine), format!("SELECT {}1{}", "abs(".repeat(32), ")".repeat(32)));
    // Each level repeats its last argument three times.
    let wide = (0..30).fold("x".to_owned(), |inner, _| format!("{{fn locate(a,b,{inner})}}"));
    assert!(matches!(rewrite(&format!("SELECT {wide}")), Err(Problem::TooLong(_))));
}

#[test]
fn a_position_of_the_server_leads_back_to_the_source() {
    let sql = "SELECT 'é' ?? {d '2024-02-29'}, {fn ucase(a)} FROM nowhere -- x";
    let query = rewrite(sql).unwrap();
    for word in ["SELECT", "'2024", "FROM", "nowhere"] {
        let position = |text: &str| text[..text.find(word).unwrap()].chars().count() + 1;
        assert_eq!(query.source_position(position(query.text())), position(sql), "{word}");
    }
    let escape = query.text().find("pper").unwrap();
    assert_eq!(query.source_position(query.text()[..escape].chars().count() + 1), 33);
    assert_eq!(query.source_position(0), 1);
    assert!(query.source_position(10_000) <= sql.chars().count() + 1);
}

#[test]
fn debug_does_not_show_the_text() {
    assert!(!format!("{:?}", rewrite("SELECT 'secret'").unwrap()).contains("secret"));
}

/// Generates the tokens that matter for rewriting, in any order.
fn hostile_sql() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "'",
        "''",
        "\"",
        "\\",
        "E'",
        "e'",
        "U&'",
        "$",
        "$$",
        "$a$",
        "$1",
        "--",
        "\n",
        "/*",
        "*/",
        ";",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "{d ",
        "{t '",
        "{ts '",
        "{fn ",
        "{fn ucase(",
        "{fn right(",
        "{oj ",
        "{escape '",
        "?",
        "??",
        ",",
        ".",
        " ",
        "a",
        "é",
        "\u{1F600}",
        "\0",
        "1",
        "SELECT ",
        "SQL_TSI_DAY",
        "{fn timestampadd(",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_is_a_statement_or_a_problem(sql in prop_oneof![".*", hostile_sql()]) {
        match rewrite(&sql) {
            Ok(query) => {
                let text = query.text();
                prop_assert!(!text.is_empty());
                for position in 0..text.chars().count() + 2 {
                    let source = query.source_position(position);
                    prop_assert!((1..=sql.chars().count() + 1).contains(&source));
                }
            }
            Err(problem) => prop_assert!(!problem.to_string().is_empty()),
        }
    }

    #[test]
    fn what_was_rewritten_once_has_no_escape_left(sql in "(\\{d '2024-01-01'\\}|\\{fn ucase\\(a\\)\\}|b|, |'\\{d'){1,20}") {
        let once = text(&sql);
        prop_assert_eq!(text(&once), once);
    }
}

#[test]
fn a_megabyte_of_anything_is_read_in_one_go() {
    for piece in [
        "'", "$a", "{d", "{fn a", "{fn ", "/*", "/* */", "E'a' ", "a", "(", "{oj ", "{fn \"", "$$", "- ",
        "??", "E'\n",
    ] {
        let sql = piece.repeat(1024 * 1024 / piece.len());
        // The result does not matter here. Quadratic time would take hours.
        let _ = rewrite(&sql);
    }
}
