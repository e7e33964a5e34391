//! Reads which table is exported, by how many readers, and how the rows are divided among them.

use std::num::NonZeroU8;

use super::limits::Limits;
use super::{fields, values};
use crate::fields::{Field, Fields, Read, Source};
use crate::job::{Query, Readers};

/// Reads the table of the event, which replaces a query in the variables.
pub(super) fn table(fields: &mut Fields<'_>, limits: &Limits) -> Option<Query> {
    fields.in_object(fields::TABLE)?;
    for other in [fields::QUERY, fields::QUERY_PARAM] {
        if fields.in_object(other).is_some() {
            let other = other.name;
            fields.mistakes.add(format!("`table` and `{other}` exclude each other: give one of them."));
        }
    }
    limits.of_query(fields::TABLE.name, &mut fields.mistakes);
    let table = fields.text(fields::TABLE, values::table);
    Some(Query::Table(table.value().unwrap_or_default()))
}

/// Reads the number of readers and how the rows are divided among them. A variable that does not fit the
/// event is ignored.
pub(super) fn read(fields: &mut Fields<'_>, limits: &Limits, query: &Query) -> Readers {
    let has = |fields: &Fields<'_>, field: Field| fields.in_object(field).is_some();
    let column = split_by(fields, limits, query);
    let readers = match fields.integer::<i64>(fields::PARALLELISM) {
        Read::Given(readers, source) => {
            let few =
                u8::try_from(readers).ok().filter(|_| readers <= Readers::MOST).and_then(NonZeroU8::new);
            if few.is_none() {
                fields.wrong_at(&source, &format!("must be 1 to {}", Readers::MOST));
            }
            few.filter(|few| few.get() > 1).map(|few| (few, source))
        }
        Read::Missing | Read::Wrong => None,
    };
    let Some((readers, source)) = readers else { return Readers::One };
    match (query, column) {
        (Query::Table(_) | Query::Tables(_), _) => Readers::ByPages(readers),
        (_, Some(column)) => Readers::ByColumn(readers, column),
        // `split_by` has reported the mistake in it.
        (_, None) if has(fields, fields::SPLIT_BY) => Readers::One,
        (_, None) => {
            if matches!(source, Source::Field(_)) {
                let add = match query {
                    Query::DefaultTableList => "add `table` or `tables`, or a `query` and `splitBy`",
                    _ => "add `splitBy`, a column of the query, or give `table` instead of the query",
                };
                fields.wrong(
                    fields::PARALLELISM,
                    &format!("above 1 needs to know how to divide the rows: {add}"),
                );
            }
            Readers::One
        }
    }
}

fn split_by(fields: &mut Fields<'_>, limits: &Limits, query: &Query) -> Option<String> {
    fields.in_object(fields::SPLIT_BY)?;
    limits.of_query(fields::SPLIT_BY.name, &mut fields.mistakes);
    let column = fields.text(fields::SPLIT_BY, values::column);
    match query {
        Query::Table(_) => {
            fields.wrong(
                fields::SPLIT_BY,
                "goes with `query` alone: a table is divided by its pages, leave it out",
            );
            None
        }
        // The reader of `tables` has reported both.
        Query::Tables(_) => None,
        Query::DefaultTableList => {
            fields.wrong(fields::SPLIT_BY, "came without a query: add `query`");
            None
        }
        Query::Text(_) | Query::Parameter(_) => column.value(),
    }
}
