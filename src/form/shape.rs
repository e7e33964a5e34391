//! What a misplaced value looks like.

use std::fmt;
use std::net::IpAddr;

use serde_json::Value;

/// Keywords of connection strings: libpq's, JDBC's and ADO's.
const KEYWORDS: &[&str] = &[
    "application_name",
    "connect_timeout",
    "data source",
    "database",
    "dbname",
    "host",
    "hostaddr",
    "initial catalog",
    "options",
    "passfile",
    "port",
    "server",
    "service",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "uid",
    "user",
    "user id",
    "username",
];

/// Keywords whose value is always a secret.
const SECRETS: &[&str] = &[
    "aws_secret_access_key",
    "aws_session_token",
    "passwd",
    "password",
    "pgpassword",
    "pwd",
    "secret",
    "sslpassword",
    "x-amz-security-token",
    "x-amz-signature",
];

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `scheme://…` and JDBC's `jdbc:…`.
    Url,
    /// A JSON object or array, even if it is truncated.
    Json,
    /// A certificate or a key.
    Pem,
    /// `host=… password=…`, or `Server=…;Pwd=…`.
    ConnectionString,
    /// `user:password@…`.
    Login,
    /// `user/password@host`, which is legal in paths and in some names.
    SlashLogin,
    /// More than one line.
    Lines,
    /// An access key, a JSON Web Token, a signed token.
    Token,
    /// `arn:…`.
    Arn,
    /// `user:password`, or any two parts with a colon between them.
    Pair,
    /// Text in quotes.
    Quoted,
    /// White space, or a byte-order mark, at the beginning or the end.
    Padded,
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Url => "a URL",
            Self::Json => "a JSON document",
            Self::Pem => "a PEM certificate or key",
            Self::ConnectionString => "a connection string (key=value)",
            Self::Login => "a user and a password (user:password@)",
            Self::SlashLogin => "a user and a password (user/password@)",
            Self::Lines => "several lines",
            Self::Token => "what looks like a token or a key",
            Self::Arn => "an ARN",
            Self::Pair => "two parts with a colon between (user:password)",
            Self::Quoted => "quotes around its text",
            Self::Padded => "white space at its beginning or end",
        })
    }
}

impl Shape {
    /// Returns what `text` looks like, or `None` if it looks ordinary.
    pub fn of(text: &str) -> Option<Self> {
        // Rust does not count a byte-order mark as white space.
        let trimmed = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let starts = |with: &str| {
            trimmed
                .as_bytes()
                .get(..with.len())
                .is_some_and(|begin| begin.eq_ignore_ascii_case(with.as_bytes()))
        };
        Some(if trimmed.contains("-----BEGIN") {
            Self::Pem
        } else if is_json(trimmed) {
            Self::Json
        } else if trimmed.contains("://") || starts("jdbc:") {
            Self::Url
        } else if is_connection_string(trimmed) {
            Self::ConnectionString
        } else if trimmed.contains(['\n', '\r']) {
            Self::Lines
        } else if is_token(trimmed) {
            Self::Token
        } else if starts("arn:") {
            Self::Arn
        } else if trimmed.split_once(':').is_some_and(|(_, rest)| rest.contains('@')) {
            Self::Login
        } else if is_slash_login(trimmed) {
            Self::SlashLogin
        } else if is_pair(trimmed) {
            Self::Pair
        } else if trimmed.len() >= 2 && trimmed.starts_with(['"', '\'']) && trimmed.ends_with(['"', '\'']) {
            Self::Quoted
        } else if trimmed.len() != text.len() {
            Self::Padded
        } else {
            return None;
        })
    }

    /// Whether the text cannot be meant as a name, although it would be a legal one.
    pub fn is_foreign(self) -> bool {
        match self {
            Self::Url | Self::Json | Self::Pem | Self::ConnectionString | Self::Login | Self::Lines => true,
            Self::SlashLogin | Self::Token | Self::Arn | Self::Pair | Self::Quoted | Self::Padded => false,
        }
    }
}

fn is_slash_login(text: &str) -> bool {
    let parts = text.split_once('/').and_then(|(user, rest)| Some((user, rest.rsplit_once('@')?)));
    parts.is_some_and(|(user, (password, host))| {
        !user.is_empty()
            && !user.contains('@')
            && !password.is_empty()
            && !host.is_empty()
            && !host.contains('/')
    })
}

fn is_json(text: &str) -> bool {
    let Some(inner) = text.strip_prefix(['{', '[']) else { return false };
    // Names with placeholders, such as {date}/{time}, are not JSON: in JSON a quote, a key with a colon or an
    // end follows.
    let inner = inner.trim_start();
    let after_word = inner.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_').trim_start();
    inner.starts_with('"')
        || text.starts_with('[') && inner.starts_with(['{', '['])
        || after_word.starts_with(':') && text.starts_with('{')
        || serde_json::from_str::<Value>(text).is_ok()
}

/// Whether the text has the keyword of a secret or two other keywords, or begins with one and is not a path.
fn is_connection_string(text: &str) -> bool {
    let mut pieces: Vec<&str> = text.split('=').collect();
    pieces.pop();
    let ends_with = |piece: &str, words: &[&str]| {
        let piece = piece.trim_end();
        words.iter().any(|word| {
            let at = piece.len().checked_sub(word.len());
            let Some((before, end)) = at.and_then(|at| piece.split_at_checked(at)) else { return false };
            end.eq_ignore_ascii_case(word)
                && before.chars().next_back().is_none_or(|c| c.is_whitespace() || ";&?,'\"".contains(c))
        })
    };
    let keywords = pieces.iter().filter(|piece| ends_with(piece, KEYWORDS)).count();
    pieces.iter().any(|piece| ends_with(piece, SECRETS))
        || keywords >= 2
        || keywords == 1 && !text.contains('/') && ends_with(pieces[0], KEYWORDS)
}

/// Whether the text has an AWS access key, a JSON Web Token, a token of GitHub or Slack, or a long run in
/// which letters of both cases alternate with digits.
fn is_token(text: &str) -> bool {
    const LONG: usize = 20;
    const TURNS: usize = 4;
    let is_access_key = |run: &str| {
        run.len() == 20
            && ["AKIA", "ASIA"].iter().any(|begin| run.starts_with(begin))
            && run.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    let is_random = |run: &str| {
        let bytes = run.as_bytes();
        let turns =
            bytes.windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count();
        bytes.len() >= LONG
            && turns >= TURNS
            && bytes.iter().any(u8::is_ascii_uppercase)
            && bytes.iter().any(u8::is_ascii_lowercase)
    };
    let known = ["ghp_", "gho_", "ghs_", "github_pat_", "xoxb-", "xoxp-", "sk-"];
    known.iter().any(|begin| text.starts_with(begin) && text.len() >= LONG)
        || text
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|run| is_access_key(run) || is_random(run) || (run.starts_with("eyJ") && run.len() >= 10))
}

/// Whether the text is two parts with a colon between them and not an IP address.
fn is_pair(text: &str) -> bool {
    let bare = text.split('%').next().unwrap_or(text);
    bare.parse::<IpAddr>().is_err()
        && text.split_once(':').is_some_and(|(before, after)| !before.is_empty() && !after.is_empty())
}
