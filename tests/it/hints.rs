//! Hints of failures from a shell.

use crate::command_line::{body, database, locally, output, without_aws};

/// Hints for a person at a terminal name the missing flag, not the function.
#[tokio::test]
async fn hints_fit_where_the_program_runs() {
    let (postgres, folder) = database().await;
    let procedures = "CREATE PROCEDURE commits(INOUT a int) LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$;
        CREATE PROCEDURE rolls_back(INOUT a int) LANGUAGE plpgsql AS $$ BEGIN ROLLBACK; END $$";
    postgres.execute("postgres", procedures).await.expect("procedures");
    let run = |query: &str, more: &[&str]| {
        let arguments = locally(&[&["--query", query, "--output", "-"], more].concat());
        let body = body(&output(without_aws(&postgres, folder.path(), &arguments)));
        let text = |field: &str| body[field].as_str().unwrap_or_default().to_owned();
        (text("errorType"), text("error"), text("hint"))
    };
    // A person at a shell has no event to correct.
    for (query, more) in [("slect 1", &[][..]), ("SELECT 1", &["--compression", "gzip", "--null", "\""])] {
        let (error_type, error, hint) = run(query, more);
        assert!(error_type.ends_with("Invalid") || error_type == "InvalidRequest", "{error}");
        assert!(!hint.contains("then in the event") && !hint.contains("Correct the event"), "{hint}");
    }
    let (error_type, _, hint) = run("SELECT pg_sleep(60)", &["--timeout", "2"]);
    assert_eq!(error_type, "DeadlineExceeded");
    assert!(
        hint.contains("--timeout") && !hint.contains("command line") && !hint.contains("function"),
        "{hint}"
    );
    for procedure in ["commits", "rolls_back"] {
        let (error_type, error, hint) = run(&format!("CALL {procedure}(1)"), &[]);
        assert_eq!(error_type, "QueryInvalid", "{error}");
        assert!(error.contains("invalid transaction termination (SQLSTATE 2D000)"), "{error}");
        assert!(hint.contains("call it with psql"), "{hint}");
    }
    postgres.set_tls(devstack::Tls::Off).await.expect("no TLS");
    let (error_type, error, hint) = run("SELECT 1", &[]);
    assert_eq!(error_type, "TlsFailed", "{error}");
    assert!(
        hint.contains("--sslmode disable") && hint.contains("ssl = on") && hint.contains("RDS"),
        "{hint}"
    );
    assert!(!hint.contains("(--sslmode") && !hint.contains("--sslmode require"), "{hint}");
    let (error_type, ..) = run("SELECT 1", &["--sslmode", "disable"]);
    assert_eq!(error_type, "", "the advice works");
}
