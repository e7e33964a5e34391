//! Replaces the words of the features for what differs between scenarios: accounts, buckets, addresses, times.

use std::collections::BTreeSet;

use chrono::{DateTime, SubsecRound, Utc};

/// The accounts as the features call them.
pub const ACCOUNT_A: &str = "111111111111";
pub const ACCOUNT_B: &str = "222222222222";

/// The words of the features, and the values of one scenario that replace them.
#[derive(Debug, Default)]
pub struct Words {
    pub number: u32,
    pub buckets: BTreeSet<String>,
    /// `{host}`, `{port}`, `{ca}` …, and the values that replace them.
    pub placeholders: Vec<(&'static str, String)>,
}

impl Words {
    pub fn account_a(&self) -> String {
        format!("1{:011}", self.number)
    }

    pub fn account_b(&self) -> String {
        format!("2{:011}", self.number)
    }

    /// Returns the real name of a bucket. It differs between scenarios, since all accounts share one namespace.
    pub fn bucket(&self, name: &str) -> String {
        format!("{name}-scenario{:03}", self.number)
    }

    fn pairs(&self) -> impl Iterator<Item = (String, String)> {
        let accounts = [(ACCOUNT_A.to_owned(), self.account_a()), (ACCOUNT_B.to_owned(), self.account_b())];
        accounts.into_iter().chain(self.buckets.iter().map(|name| (name.clone(), self.bucket(name))))
    }

    /// Replaces the features' words by this scenario's values.
    pub fn real(&self, text: &str) -> String {
        let text = self.pairs().fold(text.to_owned(), |text, (word, real)| text.replace(&word, &real));
        self.placeholders.iter().fold(text, |text, (word, real)| text.replace(word, real))
    }

    /// Replaces the features' words within the strings of a JSON text by this scenario's values.
    pub fn real_json(&self, text: &str) -> String {
        let escaped = |text: &str| serde_json::Value::from(text).to_string().trim_matches('"').to_owned();
        let text = self.pairs().fold(text.to_owned(), |text, (word, real)| text.replace(&word, &real));
        self.placeholders.iter().fold(text, |text, (word, real)| text.replace(word, &escaped(real)))
    }

    /// Replaces this scenario's values in the function's output by the features' words.
    pub fn told(&self, text: &str) -> String {
        self.pairs().fold(text.to_owned(), |text, (word, real)| text.replace(&real, &word))
    }
}

/// Returns whether a text matches a pattern, in which `YYYYMMDD` and `HHMMSS` stand for a time between the two given,
/// `{requestId}` for the request's id and `{requestId8}` for its first eight characters.
pub fn matches(pattern: &str, text: &str, request_id: &str, between: [DateTime<Utc>; 2]) -> bool {
    let short: String = request_id.chars().take(8).collect();
    let pattern = pattern.replace("{requestId8}", &short).replace("{requestId}", request_id);
    let [begin, end] = between;
    // Whole seconds, so that the loop does not miss the last one.
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

/// Replaces the escapes `\n`, `\r`, `\t` and `\u{feff}` by the characters that they represent.
pub fn unescaped(text: &str) -> String {
    text.replace("\\r", "\r").replace("\\n", "\n").replace("\\t", "\t").replace("\\u{feff}", "\u{feff}")
}
