//! Parses the arguments, and removes the given values from clap's errors: a password may have been given in
//! the place of any argument.

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Arguments;
use crate::form::{NOT_SHOWN, Shape, is_word};

impl Arguments {
    /// Parses the arguments of the process. Exits the process if they are wrong or ask for help.
    pub(crate) fn of_process() -> Self {
        Self::try_parse().unwrap_or_else(|error| without_values(error).exit())
    }
}

/// Removes values from the error, and arguments that do not consist of words as a flag does.
fn without_values(mut error: clap::Error) -> clap::Error {
    for kind in [ContextKind::InvalidValue, ContextKind::InvalidSubcommand, ContextKind::InvalidArg] {
        let Some(ContextValue::String(given)) = error.get(kind) else { continue };
        let given = &given.clone();
        let is_shown = match kind {
            // In every other error it is one of the defined flags.
            ContextKind::InvalidArg => error.kind() != ErrorKind::UnknownArgument || is_flag(given),
            ContextKind::InvalidSubcommand => is_word(given),
            _ => given.is_empty(),
        };
        if !is_shown {
            let words = match Shape::of(given) {
                Some(shape) => format!("({shape}, not shown)"),
                None => NOT_SHOWN.to_owned(),
            };
            error.insert(kind, ContextValue::String(words));
            // The suggestion repeats the argument and offers to pass it as a value.
            error.remove(ContextKind::Suggested);
            if kind == ContextKind::InvalidArg
                && matches!(Shape::of(given), Some(Shape::Url | Shape::ConnectionString))
            {
                let tip = "a connection string of PostgreSQL is the value of '--database'";
                error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
            }
        }
    }
    error
}

fn is_flag(argument: &str) -> bool {
    let letters = argument.trim_start_matches('-');
    argument.starts_with('-') && (letters.len() == 1 || is_word(letters))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use proptest::prelude::*;

    use super::*;
    use crate::cli::arguments::Command;
    use crate::cli::event_source::EventSource;
    use crate::environment::Environment;
    use crate::event;
    use crate::form::wrong_place;
    use crate::job::Action;

    fn said(arguments: &[&str]) -> String {
        let arguments = ["rds-data-extractor"].iter().chain(arguments);
        without_values(Arguments::try_parse_from(arguments).expect_err("it is wrong")).to_string()
    }

    #[test]
    fn no_argument_is_repeated_that_is_not_made_of_words() {
        for arguments in [
            &["extract", "--port", "hunter2"][..],
            &["extract", "--timeout=hunter2"],
            &["extract", "--compression-level", "hunter2"],
            &["extract", "--json=hunter2"],
            &["extract", "--output", "postgresql://u:hunter2@db/shop"],
            &["extract", "hunter2"],
            &["extract", "postgresql://u:hunter2@db/shop"],
            &["extract", "--hunter2"],
            &["extract", "--hunter2=x"],
            &["extract", "--x=hunter2"],
            &["extract", "--passwort=hunter2"],
            &["extract", "--", "hunter2"],
            &["extract", "-hunter2x"],
            &["hunter2"],
            &["completions", "hunter2"],
            &["config", "check", "a", "hunter2"],
            &["config", "hunter2"],
            &["discover", "--timeout", "hunter2"],
            &["diagnose", "--timeout", "hunter2"],
        ] {
            let said = said(arguments);
            assert!(!said.contains("hunter"), "{arguments:?}\n{said}");
        }
    }

    #[test]
    fn flags_and_commands_that_are_mistyped_are_named() {
        assert!(said(&["extract", "--databse", "x"]).contains("'--databse'"));
        assert!(said(&["extract", "--databse", "x"]).contains("'--database'"));
        assert!(said(&["extrct"]).contains("'extrct'"));
        assert!(
            said(&["extract", "--port", "0"]).contains("'--port <NUMBER>': must be a number from 1 to 65535")
        );
        assert!(said(&["extract", "postgresql://db"]).contains("'(a URL, not shown)'"));
        for given in ["postgresql://db/shop", "host=db user=reader"] {
            let said = said(&["extract", given]);
            assert!(
                said.contains("tip: a connection string of PostgreSQL is the value of '--database'"),
                "{said}"
            );
        }
        assert!(said(&["extract", "--host"]).contains("a value is required for '--host <NAME>'"));
    }

    /// Returns the error messages for the arguments before anything is read or called.
    fn said_of(arguments: &[&str], environment: &Environment) -> String {
        let arguments = ["rds-data-extractor"].iter().chain(arguments);
        let parsed = match Arguments::try_parse_from(arguments) {
            Ok(parsed) => parsed,
            Err(error) => return without_values(error).to_string(),
        };
        let Command::Extract(extract) = parsed.command else { return String::new() };
        let given = extract.event.source(environment).map(|source| match source {
            Some(EventSource::Text(text)) => Some(text),
            _ => None,
        });
        let event = given.and_then(|given| extract.event(given.as_deref()));
        let read = event.and_then(|event| match event::read(&event, environment).action {
            Action::Extract(read) | Action::Diagnose(read) => read.map(drop),
            Action::Discover(read) => read.map(drop),
            Action::Overview(read) => read.map(drop),
            Action::Plan(read) => read.map(drop),
        });
        let errors = [
            extract.aws.check(environment).err(),
            extract.database.login(environment, false).err(),
            extract.result(environment).err(),
            read.err(),
        ];
        errors.into_iter().flatten().map(|error| error.message + &error.hint).collect()
    }

    proptest! {
        // Each case tries every flag of every command.
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn no_value_of_a_flag_or_variable_is_repeated((password, value) in wrong_place::value()) {
            // Flags that take a file read it at once.
            let files = ["event", "query-file", "password-file", "ssl-root-cert", "file"];
            let none = Environment::default();
            for command in Arguments::command().get_subcommands() {
                let flags = command.get_arguments().filter_map(clap::Arg::get_long);
                for flag in flags.filter(|flag| !files.contains(flag)) {
                    for value in [&value, &password] {
                        let of_flag = said_of(&[command.get_name(), &format!("--{flag}={value}")], &none);
                        prop_assert!(!of_flag.contains(&password), "--{flag} {value}\n{of_flag}");
                    }
                }
                for arguments in [[command.get_name(), &value], [&value, command.get_name()]] {
                    let said = said_of(&arguments, &none);
                    prop_assert!(!said.contains(&password), "{arguments:?}\n{said}");
                }
            }
            for variable in &wrong_place::names().variables {
                // A file is read by its path, and a folder is looked into.
                if ["HOME", "PGSERVICEFILE", "PGPASSFILE", "PGSYSCONFDIR"].contains(&variable.as_str()) {
                    continue;
                }
                let environment = Environment::from_iter([("USER", "me"), (variable.as_str(), &value)]);
                let said = said_of(&["extract", "--sslmode", "require"], &environment);
                prop_assert!(!said.contains(&password), "{variable} {value}\n{said}");
            }
        }
    }
}
