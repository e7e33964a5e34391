//! Parses connection strings, in both forms of libpq: `postgresql://…` and `key=value …`.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::keyword::Keyword;
use crate::form;

/// The values by keyword. Errors continue a sentence that begins with where the string was given, and repeat no value.
type Parsed = Result<Vec<(&'static Keyword, String)>, String>;

/// Returns whether a text that is given as a database is a connection string, by libpq's rule.
pub(super) fn is_connection_string(text: &str) -> bool {
    without_scheme(text).is_some() || text.contains('=')
}

/// Parses a connection string of either form.
pub(super) fn parse(text: &str) -> Parsed {
    match without_scheme(text) {
        Some(rest) => of_uri(rest),
        None => of_pairs(text),
    }
}

fn without_scheme(text: &str) -> Option<&str> {
    text.strip_prefix("postgresql://").or_else(|| text.strip_prefix("postgres://"))
}

/// Returns the keyword with this name, which is repeated only if it looks like one.
pub(super) fn keyword(name: &str) -> Result<&'static Keyword, String> {
    Keyword::of_name(name).ok_or_else(|| {
        format!("has the connection parameter {}, which libpq does not know", form::word(name))
    })
}

/// Parses what follows the scheme: `[user[:password]@][host[:port][,…]][/database][?keyword=value[&…]]`.
fn of_uri(rest: &str) -> Parsed {
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
    // A part of the password would be taken for the name of the database, which is shown.
    if database.contains('@') {
        return Err(
            "has an @ after its first /: in a user or a password / is %2F, and in a database @ is %40"
                .to_owned(),
        );
    }
    let (login, servers) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    for server in servers.split(',') {
        let (host, port) = match server.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']').ok_or("has a [ without its ]")?;
                (host, port.strip_prefix(':').unwrap_or(port))
            }
            None => server.split_once(':').unwrap_or((server, "")),
        };
        hosts.push(decoded(host)?);
        ports.push(decoded(port)?);
    }
    let texts = [
        ("user", decoded(user)?),
        ("password", decoded(password)?),
        ("dbname", decoded(database)?),
        ("host", hosts.join(",")),
        ("port", if ports.iter().all(String::is_empty) { String::new() } else { ports.join(",") }),
    ];
    let mut parsed = Vec::new();
    for (name, text) in texts {
        if !text.is_empty() {
            parsed.push((keyword(name)?, text));
        }
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or("has a parameter without a value after ?")?;
        match (name, value) {
            // The JDBC driver's form.
            ("ssl", "true") => parsed.push((keyword("sslmode")?, "require".to_owned())),
            _ => parsed.push((keyword(&decoded(name)?)?, decoded(value)?)),
        }
    }
    Ok(parsed)
}

/// Decodes `%41` and the like.
fn decoded(text: &str) -> Result<String, String> {
    // The decoder leaves a % without two digits as it is, and no value of libpq's may contain a NUL.
    let is_escape = |digits: &[u8]| digits.iter().all(u8::is_ascii_hexdigit) && digits != b"00";
    if !text.split('%').skip(1).all(|rest| rest.as_bytes().get(..2).is_some_and(is_escape)) {
        return Err("has a % that two hexadecimal digits do not follow; a % itself is %25".to_owned());
    }
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(Cow::into_owned).map_err(|_| "is not UTF-8 once its %… are decoded".to_owned())
}

/// Parses `key=value` pairs. A value in `'…'` may contain blanks; a backslash escapes the next character.
fn of_pairs(text: &str) -> Parsed {
    let mut parsed = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').ok_or("has a connection parameter without =")?;
        let mut characters = after.trim_start().chars();
        let mut value = String::new();
        let is_quoted = characters.as_str().starts_with('\'');
        if is_quoted {
            characters.next();
        }
        loop {
            match characters.next() {
                Some('\'') if is_quoted => break,
                Some('\\') => value.extend(characters.next()),
                Some(blank) if blank.is_whitespace() && !is_quoted => break,
                Some(other) => value.push(other),
                None if is_quoted => return Err("has a quote that is not closed".to_owned()),
                None => break,
            }
        }
        parsed.push((keyword(name.trim_end())?, value));
        rest = characters.as_str().trim_start();
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Vec<(&'static str, String)> {
        parse(text).unwrap().into_iter().map(|(keyword, value)| (keyword.name, value)).collect()
    }

    #[track_caller]
    fn check(text: &str, expected: &[(&str, &str)]) {
        let mut found = parsed(text);
        found.sort();
        let mut expected: Vec<_> = expected.iter().map(|&(name, value)| (name, value.to_owned())).collect();
        expected.sort();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn uris_are_parsed_as_by_libpq() {
        check("postgresql://", &[]);
        check("postgres://db/shop", &[("host", "db"), ("dbname", "shop")]);
        check(
            "postgresql://o%27brien:p%40ss@db:5433/shop?sslmode=require&options=-c%20x%3D1",
            &[
                ("user", "o'brien"),
                ("password", "p@ss"),
                ("host", "db"),
                ("port", "5433"),
                ("dbname", "shop"),
                ("sslmode", "require"),
                ("options", "-c x=1"),
            ],
        );
        check("postgresql://[::1]:5433,b/", &[("host", "::1,b"), ("port", "5433,")]);
        check("postgresql://%2Frun%2Fpostgresql/shop", &[("host", "/run/postgresql"), ("dbname", "shop")]);
        check(
            "postgresql:///shop?host=/run&ssl=true",
            &[("dbname", "shop"), ("host", "/run"), ("sslmode", "require")],
        );
    }

    #[test]
    fn pairs_are_parsed_as_by_libpq() {
        check("host=db  dbname = shop", &[("host", "db"), ("dbname", "shop")]);
        check(r"password='a b\'c\\' user=x\ y", &[("password", r"a b'c\"), ("user", "x y")]);
        check("user='' host=a,b", &[("user", ""), ("host", "a,b")]);
    }

    #[test]
    fn mistakes_are_named_without_values() {
        for (text, what) in [
            ("postgresql://u:hunter2%zz@db", "hexadecimal"),
            ("postgresql://u:hunter2%+f@db", "hexadecimal"),
            ("postgresql://u:hunter2%4@db", "hexadecimal"),
            ("postgresql://u:hunter2%00@db", "hexadecimal"),
            ("postgresql://u:12/hunter2@db/shop", "/ is %2F"),
            ("postgresql://[::1", "without its ]"),
            ("postgresql://db/?hunter2=1", "(not shown)"),
            ("postgresql://db/?databse=1", "\"databse\""),
            ("host=db hunter2", "without ="),
            ("host=db password='hunter2", "not closed"),
            ("Server=db;Password=hunter2;", "\"Server\""),
        ] {
            let said = parse(text).unwrap_err();
            assert!(said.contains(what) && !said.contains("hunter2"), "{text}: {said}");
        }
    }
}
