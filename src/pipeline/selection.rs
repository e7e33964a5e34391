//! Selects the tables of an extraction of many tables.

use super::divide::NAME_HINT;
use crate::database::Session;
use crate::database::catalog::{Found, Obstacle};
use crate::error::{Error, ErrorType, Result, Stage};
use crate::form;
use crate::job::{Extraction, TableSelector, matches};

/// The tables to export.
pub(crate) struct Selection {
    /// The tables, in the order of their schemas and names.
    pub(crate) tables: Vec<Found>,
    /// What the caller should know of tables that are left out.
    pub(crate) warnings: Vec<String>,
}

/// The highest number of tables.
const MOST: usize = 10_000;
/// The number of tables that a warning names.
const NAMED: usize = 5;

/// Returns the tables with these names, and those that match these patterns, as the session sees them now. `field` is that
/// of the event, for messages.
///
/// # Errors
/// `InvalidRequest` or `QueryDenied` if a table that is named cannot be exported, or no table that a pattern matches can
/// be; and the errors of asking the server.
pub(crate) async fn select_tables(
    session: &mut Session,
    field: &str,
    selectors: &[TableSelector],
    extraction: &Extraction,
) -> Result<Selection> {
    let (mut names, mut patterns) = (Vec::new(), Vec::new());
    for selector in selectors {
        match selector {
            TableSelector::Name(name) => names.push(name.clone()),
            TableSelector::Pattern(pattern) => patterns.push(pattern.clone()),
        }
    }
    let found = session.find_tables(&names, &patterns, extraction.allowed_tables.as_deref()).await?;
    select(field, selectors, found)
}

fn select(field: &str, selectors: &[TableSelector], found: Vec<Found>) -> Result<Selection> {
    let mut name = 0;
    for (index, selector) in selectors.iter().enumerate() {
        match selector {
            TableSelector::Name(_) => {
                let Some(named) = found.iter().find(|found| found.names.contains(&name)) else {
                    let text = selector.shown();
                    return Err(refused(field, index, &format!(": the database has no table {text}."))
                        .with_hint(NAME_HINT));
                };
                if let Some(obstacle) = named.obstacle {
                    return Err(of_named(field, index, named, obstacle));
                }
                name += 1;
            }
            TableSelector::Pattern(pattern) => {
                let mut matching =
                    found.iter().filter(|found| matches(pattern, &found.table.qualified())).peekable();
                let first = matching.peek().copied();
                if matching.all(|found| found.obstacle.is_some()) {
                    return Err(of_pattern(field, index, selector.shown(), first));
                }
            }
        }
    }
    let (mut tables, others): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|found| found.obstacle.is_none());
    if tables.len() > MOST {
        let message = format!("`{field}` selects more than {MOST} tables.");
        return Err(Error::new(ErrorType::InvalidRequest, Stage::Query, message)
            .with_hint("Select fewer, in several extractions, each of which has a snapshot of its own."));
    }
    tables.sort_by(|one, other| {
        let key = |found: &Found| (found.table.schema.clone(), found.table.name.clone());
        key(one).cmp(&key(other))
    });
    Ok(Selection { tables, warnings: warnings(&others) })
}

/// Returns why a table is left out, in words that follow its name.
fn reason(obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::NotAllowed => "is not allowed here: see ALLOWED_TABLES",
        Obstacle::System => "belongs to the server itself",
        Obstacle::View => "is a view",
        Obstacle::Foreign => "is a foreign table, whose rows lie in another server's snapshot",
        Obstacle::Other => "is no table",
        Obstacle::Denied => "is a table that the user may not read",
        Obstacle::NotPopulated => "is a materialized view without data",
        Obstacle::HasForeign => {
            "has a part that is a foreign table, whose rows lie in another server's snapshot"
        }
        Obstacle::Unlogged => "is unlogged, so that a replica does not have its rows",
    }
}

/// The error of a table that is named and cannot be exported.
fn of_named(field: &str, index: usize, found: &Found, obstacle: Obstacle) -> Error {
    let message = format!(": {} {}.", form::shown(&found.table.qualified()), reason(obstacle));
    match obstacle {
        Obstacle::Denied => {
            Error::new(ErrorType::QueryDenied, Stage::Query, format!("`{field}[{index}]`{message}"))
        }
        Obstacle::NotAllowed => refused(field, index, &message),
        Obstacle::NotPopulated => refused(field, index, &message)
            .with_hint("Fill it: REFRESH MATERIALIZED VIEW name. Or leave it out."),
        Obstacle::Unlogged => {
            refused(field, index, &message).with_hint("Read it from the writer, or leave it out.")
        }
        Obstacle::System | Obstacle::View | Obstacle::Foreign | Obstacle::Other | Obstacle::HasForeign => {
            refused(field, index, &message)
                .with_hint("Leave it out, and read it with `query` in an extraction of its own.")
        }
    }
}

/// The error of a pattern that matches no table that can be exported. `first` is one that it matches.
fn of_pattern(field: &str, index: usize, pattern: &str, first: Option<&Found>) -> Error {
    let Some(obstacle) = first.and_then(|found| found.obstacle) else {
        return refused(field, index, &format!(": no table matches {pattern}.")).with_hint(
            "A pattern is compared with schema.table as the catalog has them, without quotes and with capitals, and * \
             stands for any characters. Partitions belong to their table. System tables and views are not matched.",
        );
    };
    let name =
        first.map_or(form::NOT_SHOWN.to_owned(), |found| form::shown(&found.table.qualified()).to_owned());
    let message = match obstacle {
        Obstacle::NotAllowed => {
            format!(": no table that {pattern} matches is allowed here: see ALLOWED_TABLES.")
        }
        _ => format!(": no table that {pattern} matches can be exported: {name} {}.", reason(obstacle)),
    };
    refused(field, index, &message)
}

/// Returns a warning for each reason for which tables that only a pattern matches are left out.
fn warnings(left_out: &[Found]) -> Vec<String> {
    let mut obstacles: Vec<_> = left_out.iter().filter_map(|found| found.obstacle).collect();
    obstacles.sort_unstable();
    obstacles.dedup();
    let warning = |obstacle: Obstacle| {
        let of: Vec<_> = left_out.iter().filter(|found| found.obstacle == Some(obstacle)).collect();
        let why = match obstacle {
            // Their names are no concern of the event's sender.
            Obstacle::NotAllowed => {
                let noun = if of.len() == 1 { "table" } else { "tables" };
                return format!("Left out, since ALLOWED_TABLES does not allow it: {} {noun}.", of.len());
            }
            Obstacle::Denied => "the user may not read them",
            Obstacle::NotPopulated => "they are materialized views without data",
            Obstacle::Foreign => "they are foreign tables",
            Obstacle::HasForeign => "parts of them are foreign tables",
            Obstacle::Unlogged => "they are unlogged and this is a replica",
            Obstacle::System | Obstacle::View | Obstacle::Other => "they are no tables",
        };
        let names: Vec<_> = of.iter().take(NAMED).map(|found| found.table.qualified()).collect();
        let names: Vec<_> = names.iter().map(|name| form::shown(name)).collect();
        let more = match of.len().checked_sub(NAMED) {
            None | Some(0) => String::new(),
            Some(more) => format!(" and {more} more"),
        };
        format!("Left out, since {why}: {}{more}.", names.join(", "))
    };
    obstacles.into_iter().map(warning).collect()
}

fn refused(field: &str, index: usize, message: &str) -> Error {
    Error::new(ErrorType::InvalidRequest, Stage::Query, format!("`{field}[{index}]`{message}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::table::{Kind, Table};

    fn found(name: &str, names: &[usize], obstacle: Option<Obstacle>) -> Found {
        let table = Table {
            oid: 1,
            schema: "s".to_owned(),
            name: name.to_owned(),
            kind: Kind::Table,
            has_pages: true,
        };
        Found { table, names: names.to_vec(), obstacle, is_lockable: true }
    }

    fn name(text: &str) -> TableSelector {
        TableSelector::Name(text.to_owned())
    }

    fn pattern(text: &str) -> TableSelector {
        TableSelector::Pattern(text.to_owned())
    }

    fn refusal(selectors: &[TableSelector], found: Vec<Found>) -> String {
        select("tables", selectors, found).err().expect("a refusal").message
    }

    #[test]
    fn each_name_and_each_pattern_must_have_a_table() {
        let all = || vec![found("b", &[0], None), found("a", &[], None)];
        let selection = select("tables", &[name("b"), pattern("s.*")], all()).unwrap();
        let names: Vec<_> = selection.tables.iter().map(|found| found.table.name.clone()).collect();
        assert_eq!((names.join(" "), selection.warnings), ("a b".to_owned(), Vec::new()));
        assert_eq!(
            refusal(&[pattern("s.*"), name("b"), name("c")], all()),
            "`tables[2]`: the database has no table c."
        );
        assert_eq!(refusal(&[name("b"), pattern("t.*")], all()), "`tables[1]`: no table matches t.*.");
    }

    #[test]
    fn a_table_that_is_named_is_never_left_out() {
        let denied = || vec![found("a", &[0], Some(Obstacle::Denied)), found("b", &[], None)];
        let error = select("tables", &[name("a")], denied()).err().unwrap();
        assert_eq!(error.error_type, ErrorType::QueryDenied);
        assert_eq!(error.message, "`tables[0]`: s.a is a table that the user may not read.");
        let of = |obstacle| refusal(&[name("a")], vec![found("a", &[0], Some(obstacle))]);
        assert_eq!(of(Obstacle::NotAllowed), "`tables[0]`: s.a is not allowed here: see ALLOWED_TABLES.");
        assert_eq!(of(Obstacle::View), "`tables[0]`: s.a is a view.");
    }

    #[test]
    fn what_only_a_pattern_matches_is_left_out_with_a_warning() {
        let mut all: Vec<_> =
            ["c", "d", "e", "f", "g", "h"].map(|name| found(name, &[], Some(Obstacle::Denied))).to_vec();
        all.extend([found("x", &[], Some(Obstacle::NotAllowed)), found("a", &[], None)]);
        let selection = select("tables", &[pattern("s.*")], all).unwrap();
        assert_eq!(selection.tables.len(), 1);
        assert_eq!(
            selection.warnings,
            [
                "Left out, since ALLOWED_TABLES does not allow it: 1 table.",
                "Left out, since the user may not read them: s.c, s.d, s.e, s.f, s.g and 1 more."
            ]
        );
        let only = |obstacle| refusal(&[pattern("s.*")], vec![found("a", &[], Some(obstacle))]);
        assert_eq!(
            only(Obstacle::Foreign),
            "`tables[0]`: no table that s.* matches can be exported: s.a is a foreign table, whose rows lie in another \
             server's snapshot."
        );
        assert_eq!(
            only(Obstacle::NotAllowed),
            "`tables[0]`: no table that s.* matches is allowed here: see ALLOWED_TABLES."
        );
    }

    #[test]
    fn there_is_a_highest_number_of_tables() {
        let many = |count| vec![found("a", &[], None); count];
        assert!(select("tables", &[pattern("*")], many(MOST)).is_ok());
        assert_eq!(refusal(&[pattern("*")], many(MOST + 1)), "`tables` selects more than 10000 tables.");
    }
}
