//! Finds the parameter whose value is not a value of its type.

use postgres_protocol::message::frontend;

use super::server_error::ServerError;
use super::session::Session;
use super::statement::bind_texts;
use super::wire::WireError;
use crate::error::{Error, ErrorType, Stage};

/// Classes whose errors a parameter's value cannot cause: the session, resources, locks, the server.
const NOT_OF_VALUES: [&str; 9] = ["08", "25", "28", "40", "53", "55", "57", "58", "XX"];

impl Session {
    /// Returns the error to report if binding failed because a value does not fit its parameter.
    ///
    /// Bind also plans the statement and checks privileges, so its error alone is not conclusive, and servers
    /// before 14 do not name the parameter. Therefore each value is bound once more, to a statement that
    /// consists of the parameter alone.
    pub(super) async fn misfit(&mut self, error: &ServerError, values: &[Option<String>]) -> Option<Error> {
        if values.is_empty() || NOT_OF_VALUES.contains(&error.class()) || self.begin_again().await.is_err() {
            return None;
        }
        let types = std::mem::take(&mut self.parameter_types);
        for (i, (value, type_oid)) in values.iter().zip(types).enumerate() {
            match self.try_value(std::slice::from_ref(value), type_oid).await {
                Ok(()) => {}
                Err(WireError::Server(error)) => {
                    let type_name = self.type_name(type_oid).await.ok()?;
                    return Some(of_value(&error, i + 1, &type_name));
                }
                Err(_) => return None,
            }
        }
        None
    }

    async fn try_value(&mut self, value: &[Option<String>], type_oid: u32) -> Result<(), WireError> {
        let output = self.wire.output();
        frontend::parse("", "SELECT $1", [type_oid], output)?;
        bind_texts(value, &[], output)?;
        frontend::sync(output);
        self.wire.send().await?;
        self.until_ready().await
    }

    /// Returns a type's name in SQL, after an error that has aborted the transaction.
    async fn type_name(&mut self, type_oid: u32) -> Result<String, WireError> {
        let sql = format!("SELECT pg_catalog.format_type({type_oid}, NULL)");
        let answered = self.roll_back_and_run(&sql).await?;
        let name = answered.row.and_then(|row| row.into_iter().next().flatten());
        name.ok_or_else(|| WireError::Protocol("a type without a name".to_owned()))
    }
}

fn of_value(error: &ServerError, number: usize, type_name: &str) -> Error {
    let (what, hint) = if error.code == "22P05" {
        (
            "has a character that the database's encoding does not have".to_owned(),
            "Leave the character out, or read from a database in UTF8.".to_owned(),
        )
    } else {
        (
            format!("does not fit its type, {type_name}"),
            format!("Correct it. A string is the text that the server reads in '…'::{type_name}."),
        )
    };
    let message = format!("The value of ${number} in params {what}: {}.", error.condition());
    Error::new(ErrorType::QueryInvalid, Stage::Query, message).with_hint(hint).caused_by(error.cause())
}
