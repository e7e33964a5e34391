//! The result of a diagnosis: a list of hops and a verdict.

use std::time::Duration;

use serde_json::{Value, json};

use crate::error::{Error, for_shell};

macro_rules! hops {
    ($($name:ident, $text:literal, $doc:literal;)*) => {
        /// The hops of a diagnosis, in their order.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum HopName { $(#[doc = $doc] $name,)* }

        impl HopName {
            /// All hops.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Returns the name of the hop in the answer.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

hops! {
    Event, "event", "The event and the environment, credentials included.";
    Parameter, "parameter", "Parameter Store: by which address, the parameter, its decryption, its values, a secret of account B.";
    Role, "role", "STS and the role of account B.";
    Endpoint, "endpoint", "RDS's description of the database.";
    Dns, "dns", "The addresses of the database's host, private or public.";
    Tcp, "tcp", "A connection to the port.";
    Tls, "tls", "The server's certificate: chain, name, days left.";
    Login, "login", "User, password or token, and database.";
    ReadOnly, "read-only", "The READ ONLY transaction, and what the user is.";
    Query, "query", "The plan of the query, its rows, size and time as estimated.";
    Bucket, "bucket", "The bucket: region, owner, encryption, and an upload of the key, opened and aborted.";
    Clock, "clock", "This machine's clock against AWS's and the server's.";
}

/// The state of a hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The hop works.
    Ok,
    /// The hop works, but something should be looked at.
    Warning,
    /// An extraction would fail here.
    Failed,
    /// The hop was not tried; the detail says why.
    Skipped,
}

impl State {
    /// Returns the name of the state in the answer.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// The result of a hop. Its texts contain no secret and no value of a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HopResult {
    /// The state of the hop.
    pub state: State,
    /// What was observed.
    pub detail: String,
    /// The cause, if something must be fixed.
    pub cause: Option<String>,
    /// How to fix it: a setting, a Terraform variable or a command.
    pub fix: Option<String>,
}

impl HopResult {
    /// Creates the result of a hop that works.
    pub fn ok(detail: impl Into<String>) -> Self {
        Self { state: State::Ok, detail: detail.into(), cause: None, fix: None }
    }

    /// Creates the result of a hop that was not tried.
    pub fn skipped(why: impl Into<String>) -> Self {
        Self { state: State::Skipped, ..Self::ok(why) }
    }

    /// Creates the result of a hop at which an extraction would fail.
    pub fn failed(detail: impl Into<String>, cause: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { state: State::Failed, ..Self::ok(detail) }.because(cause, fix)
    }

    /// Creates the result of a hop at which an extraction would fail with this error, whose message and hint
    /// are the cause and the fix.
    pub fn of(error: &Error) -> Self {
        Self::failed(error.error_type.as_str(), &error.message, &error.hint)
    }

    /// Adds a warning. The causes and fixes of several warnings are joined.
    #[must_use]
    pub fn warn(mut self, cause: impl Into<String>, fix: impl Into<String>) -> Self {
        if self.state == State::Ok {
            self.state = State::Warning;
        }
        self.because(cause, fix)
    }

    /// Returns the result worded for a shell.
    pub fn for_shell(&self) -> Self {
        let words = |text: &Option<String>| text.as_deref().map(for_shell);
        Self {
            state: self.state,
            detail: for_shell(&self.detail),
            cause: words(&self.cause),
            fix: words(&self.fix),
        }
    }

    fn because(mut self, cause: impl Into<String>, fix: impl Into<String>) -> Self {
        let add = |old: Option<String>, new: String| {
            Some(match old {
                Some(old) => format!("{old} {new}"),
                None => new,
            })
        };
        self.cause = add(self.cause, cause.into());
        self.fix = add(self.fix, fix.into());
        self
    }
}

/// A hop and its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// The name of the hop.
    pub name: HopName,
    /// The result of the hop.
    pub result: HopResult,
    /// How long the hop took.
    pub took: Duration,
}

/// All hops, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis(pub Vec<Hop>);

impl Diagnosis {
    /// Returns whether an extraction would succeed, as far as can be told without one.
    pub fn ok(&self) -> bool {
        self.with(State::Failed).next().is_none()
    }

    /// Summarizes the diagnosis in one or two sentences.
    pub fn verdict(&self) -> String {
        // A wrong clock invalidates every signature, so it is the cause of failures at earlier hops.
        let clock = self.with(State::Failed).find(|hop| hop.name == HopName::Clock);
        let Some(first) = clock.or_else(|| self.with(State::Failed).next()) else {
            let warnings = self.names(State::Warning);
            return if warnings.is_empty() {
                "Every hop works.".to_owned()
            } else {
                format!("Every hop works; look at {warnings}.")
            };
        };
        let cause = first.result.cause.as_deref().unwrap_or(&first.result.detail);
        let mut verdict = format!("It fails at {}: {cause}", first.name.as_str());
        let others: Vec<_> = self
            .with(State::Failed)
            .filter(|hop| hop.name != first.name)
            .map(|hop| hop.name.as_str())
            .collect();
        if !others.is_empty() {
            verdict += " Also fails: ";
            verdict += &others.join(", ");
            verdict.push('.');
        }
        verdict
    }

    fn with(&self, state: State) -> impl Iterator<Item = &Hop> {
        self.0.iter().filter(move |hop| hop.result.state == state)
    }

    fn names(&self, state: State) -> String {
        self.with(state).map(|hop| hop.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// Returns the body of the answer.
    pub fn body(&self) -> Value {
        let hops: Vec<Value> = self.0.iter().map(json).collect();
        json!({ "ok": self.ok(), "verdict": self.verdict(), "hops": hops })
    }
}

fn json(hop: &Hop) -> Value {
    let HopResult { state, detail, cause, fix } = &hop.result;
    let mut json = json!({
        "hop": hop.name.as_str(), "state": state.as_str(), "milliseconds": hop.took.as_millis() as u64,
        "detail": detail,
    });
    for (name, text) in [("cause", cause), ("fix", fix)] {
        if let Some(text) = text {
            json[name] = text.as_str().into();
        }
    }
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnosis(results: &[(HopName, HopResult)]) -> Diagnosis {
        let hop = |(name, result): &(HopName, HopResult)| Hop {
            name: *name,
            result: result.clone(),
            took: Duration::from_millis(7),
        };
        Diagnosis(results.iter().map(hop).collect())
    }

    #[test]
    fn the_verdict_names_the_first_that_fails_and_the_others() {
        let all = [
            (HopName::Event, HopResult::ok("")),
            (HopName::Tcp, HopResult::failed("", "Nothing listens.", "Start it.")),
            (HopName::Login, HopResult::skipped("tcp fails")),
            (HopName::Bucket, HopResult::failed("", "There is none.", "Make it.")),
        ];
        assert_eq!(diagnosis(&all).verdict(), "It fails at tcp: Nothing listens. Also fails: bucket.");
        assert!(!diagnosis(&all).ok());
    }

    #[test]
    fn a_wrong_clock_comes_before_what_it_breaks() {
        let all = [
            (HopName::Role, HopResult::failed("", "The signature is refused.", "")),
            (HopName::Clock, HopResult::failed("", "It is late.", "")),
        ];
        assert_eq!(diagnosis(&all).verdict(), "It fails at clock: It is late. Also fails: role.");
    }

    #[test]
    fn warnings_fail_nothing() {
        let all = [(HopName::Dns, HopResult::ok("a").warn("b.", "c.").warn("d.", "e."))];
        assert_eq!(diagnosis(&all).verdict(), "Every hop works; look at dns.");
        assert!(diagnosis(&all).ok());
        let hop = &diagnosis(&all).body()["hops"][0];
        assert_eq!(
            *hop,
            json!({"hop": "dns", "state": "warning", "milliseconds": 7, "detail": "a", "cause": "b. d.", "fix": "c. e."})
        );
    }
}
