//! Reads libpq's password file.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::environment::Environment;

/// Returns the password for these four values from `PGPASSFILE` or `~/.pgpass`. As in libpq, the file is
/// ignored if anyone but its owner has access to it.
pub(super) fn password(
    environment: &Environment,
    host: &str,
    port: u16,
    database: &str,
    user: &str,
) -> Option<String> {
    let path = match environment.get("PGPASSFILE") {
        Some(path) => PathBuf::from(path),
        None => PathBuf::from(environment.get("HOME")?).join(".pgpass"),
    };
    let found = std::fs::metadata(&path).ok()?;
    if !found.is_file() || found.permissions().mode() & 0o077 != 0 {
        return None;
    }
    find(&std::fs::read_to_string(path).ok()?, &[host, &port.to_string(), database, user])
}

/// Returns the password of the first line that matches.
fn find(text: &str, wanted: &[&str; 4]) -> Option<String> {
    text.lines().filter(|line| !line.starts_with('#')).map(fields).find_map(|mut fields| {
        let fits = |(field, wanted): (&String, &&str)| field == "*" || field == wanted;
        (fields.len() == 5 && fields.iter().zip(wanted).all(fits)).then(|| fields.pop()).flatten()
    })
}

/// Splits a line at its colons. A backslash escapes the next character, and the password may contain colons.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        let taken = match character {
            ':' if fields.len() < 5 => {
                fields.push(String::new());
                continue;
            }
            '\\' => characters.next(),
            other => Some(other),
        };
        if let Some(field) = fields.last_mut() {
            field.extend(taken);
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn the_first_matching_line_wins() {
        let text = "# a comment\n\
            db:5432:shop:reader:one\n\
            db:*:*:reader:with\\:colon\\\\\n\
            too:few\n\
            *:*:*:*:last";
        assert_eq!(find(text, &["db", "5432", "shop", "reader"]).as_deref(), Some("one"));
        assert_eq!(find(text, &["db", "5433", "shop", "reader"]).as_deref(), Some("with:colon\\"));
        assert_eq!(find(text, &["other", "1", "x", "y"]).as_deref(), Some("last"));
        assert_eq!(find("db:5432:shop:reader:one", &["db", "5432", "shop", "writer"]), None);
    }
}
