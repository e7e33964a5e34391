//! The examples at the end of `--help`.

/// The end of the help of the program itself.
pub(super) const ALL: &str = "\
Examples:
  An extraction as the function runs it:
    rds-data-extractor extract --event event.json

  A query of any PostgreSQL into a local file, without AWS:
    rds-data-extractor extract --host db.example.com --user reader \\
      --query 'SELECT * FROM orders' --output orders.csv

Exit status:
  0    done
  1    failed; the answer says why
  2    the event or a flag is wrong
  75   failed, but the same may succeed later
  128+N  ended by signal N: 130 by Ctrl-C, 143 by SIGTERM
  141  --output - and the reader has closed the pipe";

/// The end of the help of `extract`.
pub(super) const EXTRACT: &str = "\
Examples:
  An event as the function receives it:
    rds-data-extractor extract --event event.json

  The same from other commands:
    jq '.keyPrefix = \"tests\"' event.json | rds-data-extractor extract --event -

  Flags instead of an event, or over one:
    rds-data-extractor extract --profile account-a --region eu-central-1 \\
      --db-config-param /cross-account/db-config --bucket my-bucket \\
      --query 'SELECT * FROM users WHERE status = $1' --param active

  The database of the event, but into a local file:
    rds-data-extractor extract --event event.json --output users.csv

  A query of any PostgreSQL, without AWS, as the server's own COPY writes it:
    rds-data-extractor extract --host db.example.com --user reader \\
      --query-file orders.sql --dialect postgres --output - | gzip > o.csv.gz

  In a container, with the response for whoever waits for it:
    rds-data-extractor extract --event s3://my-bucket/events/1.json \\
      --result s3://my-bucket/runs/1.json

  What would run:
    rds-data-extractor extract --event event.json --dry-run

The environment's variables (S3_BUCKET_NAME, DB_QUERY, ...) count as for the
function, and EVENT and RESULT for --event and --result. The response goes to
stdout, all else to stderr; with --output - the rows have stdout and the
response goes to stderr. The exit status 75 says that the same may succeed
later.";

/// The end of the help of `config check`.
pub(super) const CONFIG_CHECK: &str = "\
Examples:
  The parameter of the function:
    rds-data-extractor config check /cross-account/db-config

  A draft, before it becomes a parameter:
    rds-data-extractor config check --file db-config.json

Exit status:
  0  an extraction with it can work, though something may be odd
  1  an extraction with it would fail, or it cannot be read
  2  a flag or the file's name is wrong";

/// The end of the help of `completions`.
pub(super) const COMPLETIONS: &str = "\
Examples:
  For bash, in a file that ~/.bashrc sources:
    rds-data-extractor completions bash > ~/.rds-data-extractor.bash

  For zsh, in a folder of $fpath:
    rds-data-extractor completions zsh > ~/.zfunc/_rds-data-extractor";

pub(super) const WATERMARK_SHOW: &str = "\
Examples:
  A stream in S3:
    rds-data-extractor watermark show s3://exports/orders

  A stream in a folder:
    rds-data-extractor watermark show exports/orders";

pub(super) const WATERMARK_SET: &str = "\
Examples:
  See what moving the lower bound would do, then do it:
    rds-data-extractor watermark set s3://exports/orders --lower 12345
    rds-data-extractor watermark set s3://exports/orders --lower 12345 --yes

  Go on after a standby was promoted that had received everything:
    rds-data-extractor watermark set s3://exports/orders --timeline 2 --yes";

pub(super) const WATERMARK_RESET: &str = "\
Examples:
  Have the next run begin anew:
    rds-data-extractor watermark reset s3://exports/orders --yes";

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use crate::cli::arguments::Arguments;

    /// Returns the example commands of a text, one line each, without what they are piped from and into.
    fn commands(text: &str) -> Vec<String> {
        let joined = text.replace("\\\n", " ");
        let lines = joined.lines().filter(|line| line.starts_with("    "));
        let ours = lines.filter_map(|line| Some(&line[line.find("rds-data-extractor ")?..]));
        ours.map(|line| {
            let end = [" | ", " > "].iter().filter_map(|mark| line.find(mark)).min();
            line[..end.unwrap_or(line.len())].trim().to_owned()
        })
        .collect()
    }

    fn check(text: &str) -> usize {
        let commands = commands(text);
        for command in &commands {
            let words = shlex::split(command).unwrap();
            Arguments::try_parse_from(words).unwrap_or_else(|error| panic!("{command}\n{error}"));
        }
        commands.len()
    }

    #[test]
    fn every_example_is_accepted() {
        fn check_help(command: &clap::Command) -> usize {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let name = command.get_name();
            assert!(command.has_subcommands() || !help.is_empty(), "{name} has no example");
            // clap would wrap longer lines, even those of commands.
            let long: Vec<_> = help.lines().filter(|line| line.len() >= 80).collect();
            assert!(long.is_empty(), "{name}: {long:?}");
            check(&help) + command.get_subcommands().map(check_help).sum::<usize>()
        }
        let count = check_help(&Arguments::command());
        assert!(count >= 10, "{count}");
    }

    #[test]
    fn the_flags_do_not_contradict_each_other() {
        Arguments::command().debug_assert();
    }
}
