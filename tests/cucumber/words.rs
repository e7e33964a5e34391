//! The words of the features for what differs from scenario to scenario: accounts, buckets, addresses, times.

use std::collections::BTreeSet;

use chrono::{DateTime, SubsecRound, Utc};

/// The accounts as the features call them.
pub const ACCOUNT_A: &str = "111111111111";
pub const ACCOUNT_B: &str = "222222222222";

/// Replaces the features' words by a scenario's own things, and back.
#[derive(Debug, Default)]
pub struct Words {
    pub number: u32,
    pub buckets: BTreeSet<String>,
    /// `{host}`, `{port}`, `{ca}` … and what they stand for.
    pub placeholders: Vec<(&'static str, String)>,
}

impl Words {
    pub fn account_a(&self) -> String {
        format!("1{:011}", self.number)
    }

    pub fn account_b(&self) -> String {
        format!("2{:011}", self.number)
    }

    /// The real name of a bucket: names of buckets are one namespace for all accounts.
    pub fn bucket(&self, name: &str) -> String {
        format!("{name}-scenario{:03}", self.number)
    }

    fn pairs(&self) -> impl Iterator<Item = (String, String)> {
        let accounts = [(ACCOUNT_A.to_owned(), self.account_a()), (ACCOUNT_B.to_owned(), self.account_b())];
        accounts.into_iter().chain(self.buckets.iter().map(|name| (name.clone(), self.bucket(name))))
    }

    /// What the features say, as this scenario's things.
    pub fn real(&self, text: &str) -> String {
        let text = self.pairs().fold(text.to_owned(), |text, (word, real)| text.replace(&word, &real));
        self.placeholders.iter().fold(text, |text, (word, real)| text.replace(word, real))
    }

    /// The same within the strings of a JSON text.
    pub fn real_json(&self, text: &str) -> String {
        let escaped = |text: &str| serde_json::Value::from(text).to_string().trim_matches('"').to_owned();
        let text = self.pairs().fold(text.to_owned(), |text, (word, real)| text.replace(&word, &real));
        self.placeholders.iter().fold(text, |text, (word, real)| text.replace(word, &escaped(real)))
    }

    /// What the function said, in the features' words.
    pub fn told(&self, text: &str) -> String {
        self.pairs().fold(text.to_owned(), |text, (word, real)| text.replace(&real, &word))
    }
}

/// Whether a text is the pattern, in which `YYYYMMDD`, `HHMMSS` stand for a time between the two given, and
/// `{requestId}` and its first eight characters `{requestId8}` for the request's id.
pub fn matches(pattern: &str, text: &str, request_id: &str, between: [DateTime<Utc>; 2]) -> bool {
    let short: String = request_id.chars().take(8).collect();
    let pattern = pattern.replace("{requestId8}", &short).replace("{requestId}", request_id);
    let [begin, end] = between;
    // Whole seconds, or the last one would be stepped over.
    let mut time = begin.trunc_subsecs(0);
    while time <= end {
        let date = time.format("%Y%m%d").to_string();
        if pattern.replace("YYYYMMDD", &date).replace("HHMMSS", &time.format("%H%M%S").to_string()) == text {
            return true;
        }
        time += chrono::TimeDelta::seconds(1);
    }
    pattern == text
}

/// `\n`, `\r`, `\t`, `\\` and `\u{feff}` as they are meant.
pub fn unescaped(text: &str) -> String {
    text.replace("\\r", "\r").replace("\\n", "\n").replace("\\t", "\t").replace("\\u{feff}", "\u{feff}")
}
