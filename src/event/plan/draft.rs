//! An event of a plan while it is made: the fields of the template with those of an item.

use crate::fields::Object;
use crate::job::PlanText;

/// The fields of names of objects, in which braces have a meaning.
const NAMES: [&str; 3] = ["keyPrefix", "fileName", "fileNamePrefix"];

/// The fields of an event as JSON, in their order.
pub(super) struct Draft(Vec<(String, String)>);

impl Draft {
    /// Merges the fields of a template and of an item, and fills in the item's texts. Of a field that both have, that of
    /// the item counts.
    pub(super) fn new(template: &Object<'_>, own: &[(String, String)], texts: &[PlanText]) -> Self {
        let is_own = |name: &str| own.iter().any(|(field, _)| field == name);
        let common = template.0.iter().filter(|(name, _)| !is_own(name));
        let common = common.map(|(name, value)| (name.clone(), value.get().to_owned()));
        let all = common.chain(own.iter().cloned()).filter(|(_, value)| value != "null");
        Self(
            all.map(|(name, value)| {
                let value = fill(&value, &name, texts);
                (name, value)
            })
            .collect(),
        )
    }

    /// Returns the JSON of a field.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Returns a field that is a string.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.get(name).and_then(|value| serde_json::from_str(value).ok())
    }

    /// Sets a field.
    pub(super) fn set(&mut self, name: &str, value: &serde_json::Value) {
        self.0.retain(|(field, _)| field != name);
        self.0.push((name.to_owned(), value.to_string()));
    }

    /// Removes a field and returns its JSON.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let value = self.get(name).map(str::to_owned);
        self.0.retain(|(field, _)| field != name);
        value
    }

    /// Returns the JSON of the event.
    pub(super) fn json(&self) -> String {
        let field =
            |(name, value): &(String, String)| format!("{}: {value}", serde_json::Value::from(&**name));
        format!("{{{}}}", self.0.iter().map(field).collect::<Vec<_>>().join(", "))
    }
}

/// Replaces the placeholders in all strings of a field's JSON. Other braces stay, as arrays and escapes of SQL have them;
/// so does what stands in doubled braces.
fn fill(json: &str, field: &str, texts: &[PlanText]) -> String {
    let mut filled = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('{') {
        filled.push_str(&rest[..at]);
        rest = &rest[at..];
        let found = texts.iter().find_map(|text| {
            let after = rest[1..].strip_prefix(text.placeholder)?.strip_prefix('}')?;
            Some((text, after))
        });
        if let Some((text, after)) = found {
            filled.push_str(&escaped(in_field(text, field)));
            rest = after;
        } else {
            let braces = if rest.starts_with("{{") { 2 } else { 1 };
            filled.push_str(&rest[..braces]);
            rest = &rest[braces..];
        }
    }
    filled.push_str(rest);
    filled
}

fn in_field<'a>(text: &'a PlanText, field: &str) -> &'a str {
    match field {
        "table" | "tables" => &text.in_table,
        "query" => &text.in_query,
        name if NAMES.contains(&name) => &text.in_names,
        _ => &text.elsewhere,
    }
}

/// Returns a text as it stands within a string of JSON.
fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(field: &str, json: &str) -> String {
        let text = PlanText {
            placeholder: "table",
            in_names: "s.a%22b".to_owned(),
            in_table: "s.\"a\"\"b\"".to_owned(),
            in_query: "\"s\".\"a\"\"b\"".to_owned(),
            elsewhere: "s.{from}".to_owned(),
        };
        fill(json, field, &[text])
    }

    #[test]
    fn a_placeholder_is_filled_in_as_its_field_needs_it() {
        assert_eq!(filled("fileName", r#""x/{table}.csv""#), r#""x/s.a%22b.csv""#);
        assert_eq!(filled("tables", r#"["{table}", "t"]"#), r#"["s.\"a\"\"b\"", "t"]"#);
        assert_eq!(filled("query", r#""TABLE {table}""#), r#""TABLE \"s\".\"a\"\"b\"""#);
        assert_eq!(filled("incremental", r#"{"stream":"{table}"}"#), r#"{"stream":"s.{from}"}"#);
    }

    #[test]
    fn other_braces_stay() {
        for json in [
            r#""SELECT {d '2026-01-01'}, '{1,2}', '{{1},{2}}', '{table'""#,
            r#""{{table}} {date} {Table}""#,
            r#"{"csv": {"null": ""}}"#,
        ] {
            assert_eq!(filled("query", json), json);
        }
    }
}
