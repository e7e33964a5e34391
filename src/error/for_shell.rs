//! Rewords hints for a person at a shell, where there is no function.

/// Phrases about the function in hints, and their replacements at a shell. The longer phrases come first.
const PHRASES: [(&str, &str); 22] = [
    (
        "Correct the event; README.md lists every field with its type and default.",
        "Correct the flag or the event: --help lists the flags, README.md the fields of an event.",
    ),
    (
        "Run the query in psql, correct it there, then in the event.",
        "Run the query in psql, and correct it there first.",
    ),
    (
        "Give the function more time or memory, split the query, or run it from the command line, which has no limit.",
        "Give --timeout more seconds, or split the query.",
    ),
    (
        "Give the function more time and memory (terraform: timeout, memory_size; 1769 MB is a whole core), split the \
         query, or run it with rds-data-extractor extract, which has no limit.",
        "Give --timeout more seconds, or split the query.",
    ),
    (
        "Give the function more time (terraform: timeout), or the command line a larger --timeout.",
        "Give --timeout more seconds.",
    ),
    ("Give the function more time, or send fewer messages in a batch.", "Give --timeout more seconds."),
    ("Give the function more memory (terraform: memory_size), or split the query.", "Split the query."),
    ("Give the function more memory (terraform: memory_size), or choose a smaller", "Choose a smaller"),
    (
        "give the function or the database's statement_timeout",
        "give --timeout or the database's statement_timeout",
    ),
    ("package the function with the RDS bundle", "name its bundle in RDS_CA_BUNDLE"),
    (
        "Package the function with RDS's bundle (make package), name a newer one in RDS_CA_BUNDLE,",
        "Name a newer bundle of RDS in RDS_CA_BUNDLE,",
    ),
    (
        "where make package has put them beside the function",
        "from a file amazon-roots.pem beside the program",
    ),
    ("Check the function's own credentials", "Check your credentials"),
    ("the function's own role has", "the identity of your credentials has"),
    ("since the function was deployed for this role", "since the external id was given for this role"),
    (
        "since the function's environment names another role or none",
        "since the environment names another role or none",
    ),
    ("the function's role", "the identity of your credentials"),
    ("the function's security group at the database", "this machine at the database"),
    ("the function's VPC or security group", "this machine's address"),
    ("the function's account", "your account"),
    ("the function's", "this machine's"),
    ("the function", "this machine"),
];

/// Returns a hint, or a text of a diagnosis, worded for a shell.
pub(crate) fn for_shell(text: &str) -> String {
    PHRASES.iter().fold(text.to_owned(), |text, (function, shell)| text.replace(function, shell))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::error::ErrorType;

    /// Texts that only a function returns, or that are worded for a shell where they are created.
    const OF_THE_FUNCTION: [&str; 3] =
        ["Invoke the function itself", "which in Lambda is the function", "memory, {otherwise}, or run it"];

    /// Returns the string literals of a source file, without its tests, that mention the function.
    fn literals(source: &str) -> Vec<String> {
        let program = source.split("#[cfg(test)]").next().unwrap_or_default();
        let code: Vec<_> = program.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let code = code.join("\n");
        let whole = code.split('"').skip(1).step_by(2);
        let whole =
            whole.map(|literal| literal.split("\\\n").map(str::trim_start).collect::<Vec<_>>().concat());
        whole.filter(|literal| literal.contains("the function")).collect()
    }

    fn walk(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("for_shell.rs") {
                found.extend(literals(&fs::read_to_string(path).unwrap()));
            }
        }
    }

    #[test]
    fn no_hint_at_a_shell_speaks_of_a_function() {
        let mut found = Vec::new();
        walk(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut found);
        assert!(found.len() > 40, "{found:#?}");
        found.extend(ErrorType::ALL.iter().map(|error_type| error_type.hint().to_owned()));
        for text in found.iter().filter(|text| !OF_THE_FUNCTION.iter().any(|only| text.contains(only))) {
            let shown = for_shell(text);
            let has = |words: &[&str]| words.iter().any(|word| shown.contains(word));
            assert!(!has(&["function", "the command line", "memory_size", "make package"]), "{shown}");
            // The text after the replaced words must still make sense.
            assert!(!has(&["machine more", "machine with", "machine was", "machine's own"]), "{shown}");
        }
    }
}
