//! Reads libpq's password file.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::parameters::Parameters;
use crate::environment::Environment;
use crate::secret::Secret;

/// Returns the password for a host, port, database and user from the file that `PGPASSFILE` names, or from `~/.pgpass`.
///
/// # Errors
/// A sentence that says why the file is not used, or has no password.
pub(super) fn password(
    parameters: &Parameters,
    environment: &Environment,
    wanted: &[&str; 4],
) -> Result<Option<Secret>, String> {
    let (name, path) = match (parameters.get("passfile"), environment.get("HOME")) {
        (Some(given), _) => (format!("The file that {} names", given.source), PathBuf::from(&given.text)),
        (None, Some(home)) => ("~/.pgpass".to_owned(), PathBuf::from(home).join(".pgpass")),
        (None, None) => return Ok(None),
    };
    let Ok(found) = std::fs::metadata(&path) else {
        let is_named = parameters.get("passfile").is_some();
        return if is_named { Err(format!("{name} does not exist.")) } else { Ok(None) };
    };
    if !found.is_file() {
        return Err(format!("{name} is not used, since it is not a plain file."));
    }
    if found.permissions().mode() & 0o077 != 0 {
        return Err(format!(
            "{name} is not used, since others than its owner have access to it: chmod 600 it."
        ));
    }
    let text =
        std::fs::read_to_string(&path).map_err(|error| format!("{name} could not be read: {error}."))?;
    match find(text.trim_start_matches('\u{feff}'), wanted) {
        Some(password) => Ok(Some(Secret::new(password))),
        None => Err(format!("{name} has no line for this host, port, database and user.")),
    }
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
