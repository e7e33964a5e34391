//! Reads which tables are exported together.

use super::fields;
use super::layout::strings;
use super::limits::Limits;
use crate::fields::{Field, Fields};
use crate::form;
use crate::job::{Query, TableSelector};

/// The highest number of names and patterns.
const MOST: usize = 1_000;
/// The longest name or pattern, in bytes: two quoted names, in which every character may be a doubled quote.
const LONGEST: usize = 2 * (2 * 63 + 2) + 1;
const MUST_BE: &str = "a table such as sales.orders, or a pattern with a schema such as public.*";

/// What goes not with `tables`.
const OTHERS: [Field; 5] =
    [fields::TABLE, fields::QUERY, fields::QUERY_PARAM, fields::SPLIT_BY, fields::PARTITION_BY];

/// Reads the tables of the event, which replace a query in the variables.
pub(super) fn read(fields: &mut Fields<'_>, limits: &Limits) -> Option<Query> {
    fields.in_object(fields::TABLES)?;
    for other in OTHERS {
        if fields.in_object(other).is_some() {
            let other = other.name;
            fields.mistakes.add(format!("`tables` and `{other}` exclude each other: give one of them."));
        }
    }
    limits.of_query(fields::TABLES.name, &mut fields.mistakes);
    Some(Query::Tables(selectors(fields, fields::TABLES).unwrap_or_default()))
}

/// Reads an array of names and patterns.
pub(super) fn selectors(fields: &mut Fields<'_>, field: Field) -> Option<Vec<TableSelector>> {
    let mut elements = fields.array(field)?;
    if elements.is_empty() {
        fields.wrong(field, "is empty: name at least one table, or leave it out");
    }
    if elements.len() > MOST {
        fields.wrong(field, &format!("has more than {MOST} names: use patterns such as public.*"));
    }
    elements.truncate(MOST);
    Some(strings(fields, field, elements, MUST_BE, selector))
}

/// Reads a name, or a pattern, which has `*` outside of quotes.
fn selector(text: &str) -> Result<TableSelector, String> {
    form::no_credentials(text, MUST_BE)?;
    if text.len() > LONGEST || text.chars().any(char::is_control) {
        return Err(form::refusal(text, MUST_BE));
    }
    let is_pattern = text.split('"').step_by(2).any(|unquoted| unquoted.contains('*'));
    if is_pattern && text.contains('"') {
        return Err("has quotes in a pattern, which is compared with the names as they are: leave them out"
            .to_owned());
    }
    if is_pattern && text != "*" && !text.contains('.') {
        return Err(
            "is a pattern without a schema: write public.orders_*, or *.orders_* for all schemas".to_owned()
        );
    }
    if is_pattern {
        return Ok(TableSelector::Pattern(text.to_owned()));
    }
    if is_name(text) { Ok(TableSelector::Name(text.to_owned())) } else { Err(form::refusal(text, MUST_BE)) }
}

/// Returns whether a text is the name of a table in SQL, with or without schema.
fn is_name(text: &str) -> bool {
    const MOST_PARTS: usize = 2;
    let mut rest = text;
    for _ in 0..MOST_PARTS {
        rest = rest.trim_start();
        let after = if let Some(quoted) = rest.strip_prefix('"') {
            after_quoted(quoted)
        } else {
            let end = rest.find(|c: char| c == '.' || c == '"' || c.is_whitespace()).unwrap_or(rest.len());
            (end > 0).then(|| &rest[end..])
        };
        let Some(after) = after else { return false };
        let after = after.trim_start();
        match after.strip_prefix('.') {
            Some(next) => rest = next,
            None => return after.is_empty(),
        }
    }
    false
}

/// Returns what follows a quoted name, which may not be empty. The text begins after its first quote.
fn after_quoted(text: &str) -> Option<&str> {
    let mut at = 0;
    loop {
        at += text[at..].find('"')?;
        if !text[at + 1..].starts_with('"') {
            return (at > 0).then(|| &text[at + 1..]);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_sql() {
        for name in ["orders", "sales.orders", "\"Odd \"\"name\"", "s . \"T.b*\"", "\"a\".b", "Größe", "a$1"]
        {
            assert!(is_name(name), "{name}");
        }
        for other in
            ["", " ", ".", "a.", ".a", "a..b", "a.b.c", "a b", "\"a", "\"\"", "a\"b\"", "\"a\"b", "\"a\"\""]
        {
            assert!(!is_name(other), "{other}");
        }
    }

    #[test]
    fn a_star_outside_of_quotes_makes_a_pattern() {
        for pattern in ["*", "public.*", "*.orders", "sales.Order_*_2024", "s.a b*"] {
            assert_eq!(selector(pattern), Ok(TableSelector::Pattern(pattern.to_owned())));
        }
        assert_eq!(selector("s.\"a*\""), Ok(TableSelector::Name("s.\"a*\"".to_owned())));
        assert!(selector("orders_*").is_err_and(|what| what.contains("without a schema")));
        assert!(selector("\"s\".*").is_err_and(|what| what.contains("quotes")));
    }
}
