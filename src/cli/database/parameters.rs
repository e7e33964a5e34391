//! Gathers the connection parameters from flags, a connection string, a service and variables.

use super::keyword::{KEYWORDS, Keyword, Support};
use super::{connection_string, service};
use crate::cli::input::wrong;
use crate::environment::Environment;
use crate::error::{Error, Result};

/// A parameter that is given.
#[derive(Debug)]
pub(super) struct Given {
    keyword: &'static Keyword,
    pub(super) text: String,
    /// Where it was given, for errors: `--host`, `host in --database`, `PGHOST`.
    pub(super) source: String,
}

/// The parameters, each from the first of these that gives it: the flags, the connection string, the service, the
/// variables.
#[derive(Debug, Default)]
pub(super) struct Parameters(Vec<Given>);

impl Parameters {
    /// Gathers the parameters. `flags` has the names of the parameters, their flags and their values.
    pub(super) fn gather(
        flags: &[(&str, &'static str, Option<String>)],
        database: Option<&str>,
        environment: &Environment,
    ) -> Result<Self> {
        let mut all = Self::default();
        for (name, flag, text) in flags {
            if let (Some(keyword), Some(text)) = (Keyword::of_name(name), text) {
                all.add(keyword, text.clone(), (*flag).to_owned());
            }
        }
        if let Some(text) = database {
            all.add_database(text)?;
        }
        let given = |name: &str, variable: &str| {
            all.get(name)
                .map(|given| given.text.clone())
                .or_else(|| environment.get(variable).map(str::to_owned))
        };
        if let Some(name) = given("service", "PGSERVICE") {
            let file = given("servicefile", "PGSERVICEFILE");
            for (keyword, text) in service::read(&name, file.as_deref(), environment)? {
                all.add(keyword, text, format!("{} in the service", keyword.name));
            }
        }
        for keyword in KEYWORDS {
            if let Some(text) = environment.get(keyword.variable) {
                all.add(keyword, text.to_owned(), keyword.variable.to_owned());
            }
        }
        all.check()?;
        Ok(all)
    }

    /// Adds what --database gives: a connection string, or the name of the database.
    fn add_database(&mut self, text: &str) -> Result<()> {
        let flag = "--database";
        if !connection_string::is_connection_string(text) {
            if let Some(keyword) = Keyword::of_name("dbname") {
                self.add(keyword, text.to_owned(), flag.to_owned());
            }
            return Ok(());
        }
        let parsed = connection_string::parse(text).map_err(|what| wrong(format!("{flag} {what}.")))?;
        let flags: Vec<_> = self.0.iter().map(|given| (given.keyword.name, given.source.clone())).collect();
        for (keyword, text) in parsed {
            if let Some((name, other)) = flags.iter().find(|(name, _)| *name == keyword.name) {
                return Err(wrong(format!("{other} and the connection string of {flag} both give {name}."))
                    .with_hint("Give it in one of them."));
            }
            self.add(keyword, text, format!("{} in {flag}", keyword.name));
        }
        Ok(())
    }

    /// Adds a parameter, unless it is given already. As in libpq, an empty one counts as not given.
    fn add(&mut self, keyword: &'static Keyword, text: String, source: String) {
        let is_same = |given: &Given| std::ptr::eq(given.keyword, keyword);
        if !text.is_empty() && !self.0.iter().any(is_same) {
            self.0.push(Given { keyword, text, source });
        }
    }

    /// Refuses the parameters that cannot be honoured.
    fn check(&self) -> Result<()> {
        for Given { keyword, text, source } in &self.0 {
            let Support::Refused(why, unless) = keyword.support else { continue };
            if unless.iter().any(|value| value.eq_ignore_ascii_case(text.trim())) {
                continue;
            }
            let hint = match unless {
                [] => "Leave it out.".to_owned(),
                values => format!("Leave it out, or give what is done in any case: {}.", values.join("; ")),
            };
            return Err(wrong(format!("{source} cannot be honoured: {why}.")).with_hint(hint));
        }
        Ok(())
    }

    /// Returns the parameter with this name in connection strings.
    pub(super) fn get(&self, name: &str) -> Option<&Given> {
        self.0.iter().find(|given| given.keyword.name == name)
    }

    /// Returns the parameter as parsed by `check`, whose error continues a sentence that begins with the parameter.
    pub(super) fn parsed<T>(
        &self,
        name: &str,
        check: impl Fn(&str) -> std::result::Result<T, String>,
    ) -> Result<Option<T>> {
        self.get(name).map(|given| given.parsed(check)).transpose()
    }
}

impl Given {
    pub(super) fn parsed<T>(&self, check: impl Fn(&str) -> std::result::Result<T, String>) -> Result<T> {
        check(&self.text).map_err(|what| refused(&self.source, &what))
    }
}

/// Returns the error of a parameter that has another form than it should have.
pub(super) fn refused(source: &str, what: &str) -> Error {
    wrong(format!("{source} {what}.")).with_hint(
        "Give the server as --host, its port as --port, the others as --database and --user, or all of them as a connection \
         string in --database; the password comes from PGPASSWORD, ~/.pgpass or --password-file.",
    )
}
