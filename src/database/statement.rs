//! A statement of the extended query protocol: parses, describes, binds and runs it, and reads its rows.

use bytes::BytesMut;
use extractor_encode::Cast;
use fallible_iterator::FallibleIterator;
use postgres_protocol::IsNull;
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend::{self, BindError};

use super::session::{Session, lost, lost_parsing, lost_under_way};
use super::wire::{Front, WireError};
use crate::error::{Error, ErrorType, Result, Stage};
use crate::form;

/// A column of the result, as the server describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultColumn {
    /// The name of the column.
    pub name: String,
    /// The OID of the type; for a domain, of its base type.
    pub type_oid: u32,
    /// The modifier of the type, or -1 if there is none.
    pub type_modifier: i32,
}

/// A parsed statement that returns a result.
#[derive(Debug)]
pub struct Statement {
    /// The types of `$1`, `$2` …, as the server inferred them.
    pub parameter_types: Vec<u32>,
    /// The columns of the result; there may be none.
    pub columns: Vec<ResultColumn>,
}

/// The code of the text format in Bind.
pub const TEXT: i16 = extractor_encode::WireFormat::Text.code();
/// The number of statements that are described with one round trip: their text fits into the buffers of a
/// socket, so that neither side waits for the other to read.
const AT_ONCE: usize = 100;

impl Session {
    /// Has the server parse and describe a statement, without running it.
    ///
    /// # Errors
    /// `QueryInvalid` if the server does not accept the statement or it returns no result, `QueryDenied`,
    /// `QueryFailed` or `ConnectionLost`; stage `query`.
    pub async fn parse(&mut self, sql: &str) -> Result<Statement> {
        if !self.conforming_strings && extractor_sql::has_backslash_in_plain_string(sql) {
            return Err(Error::new(
                ErrorType::QueryInvalid,
                Stage::Query,
                "The user or the database sets standard_conforming_strings to off, and the query has a backslash in \
                 a string in '…', which then has another meaning.",
            )
            .with_hint(
                "Write such strings as E'…', which means the same everywhere, or have the user set it on: ALTER ROLE \
                 … SET standard_conforming_strings = on.",
            ));
        }
        let described = self.describe(sql).await.map_err(lost_parsing)?;
        described.ok_or_else(|| {
            Error::new(
                ErrorType::QueryInvalid,
                Stage::Query,
                "The statement returns no result, so nothing was run.",
            )
            .with_hint(
                "Give a statement that returns rows: SELECT, WITH, VALUES, TABLE, SHOW, EXPLAIN, or with \
                     ALLOW_WRITES=true one with RETURNING.",
            )
        })
    }

    /// Parses the statement again, with casts of some columns by the server. A statement that cannot be a
    /// subquery is parsed unchanged, unless a cast is required.
    ///
    /// # Errors
    /// `QueryInvalid` if a cast is required and the statement cannot be a subquery; `ConnectionLost` and the like, stage
    /// `query`.
    pub async fn parse_with_casts(
        &mut self,
        sql: &str,
        columns: &[ResultColumn],
        casts: &[Cast],
    ) -> Result<()> {
        match self.describe(&with_casts(sql, columns.len(), casts)).await {
            Ok(_) => Ok(()),
            Err(WireError::Server(server)) if casts.iter().any(|cast| cast.to.is_required()) => {
                let is_refused = ["42", "0A"].contains(&server.class());
                Err(if is_refused {
                    not_castable(&server.words(), columns, casts)
                } else {
                    server.of_statement(Stage::Query)
                })
            }
            Err(WireError::Server(_)) => {
                self.begin_again().await?;
                self.parse(sql).await.map(|_| ())
            }
            Err(error) => Err(lost(error, Stage::Query)),
        }
    }

    pub(super) async fn describe(&mut self, sql: &str) -> Result<Option<Statement>, WireError> {
        self.wire.positions.sent(sql);
        let output = self.wire.output();
        frontend::parse("", sql, [], output)?;
        frontend::describe(b'S', "", output)?;
        frontend::sync(output);
        self.wire.send().await?;
        let (parameter_types, columns) = self.description().await?;
        self.until_ready().await?;
        self.parameter_types.clone_from(&parameter_types);
        Ok(columns.map(|columns| Statement { parameter_types, columns }))
    }

    /// Has the server parse and describe statements without parameters, many with one round trip; returns the
    /// columns of each result.
    ///
    /// # Errors
    /// See [`Session::parse`].
    pub async fn describe_all(&mut self, statements: &[String]) -> Result<Vec<Vec<ResultColumn>>> {
        let mut all = Vec::with_capacity(statements.len());
        for statements in statements.chunks(AT_ONCE) {
            let described = async {
                let output = self.wire.output();
                for sql in statements {
                    frontend::parse("", sql, [], output)?;
                    frontend::describe(b'S', "", output)?;
                }
                frontend::sync(output);
                self.wire.send().await?;
                for _ in statements {
                    all.push(self.description().await?.1.unwrap_or_default());
                }
                self.until_ready().await
            };
            described.await.map_err(lost_parsing)?;
        }
        Ok(all)
    }

    /// Receives the description of a statement: the types of its parameters and, if it has a result, the
    /// columns of that.
    async fn description(&mut self) -> Result<(Vec<u32>, Option<Vec<ResultColumn>>), WireError> {
        let mut parameter_types = Vec::new();
        loop {
            match self.wire.receive().await? {
                Message::ParseComplete => {}
                Message::ParameterDescription(body) => parameter_types = body.parameters().collect()?,
                Message::RowDescription(body) => {
                    let column = |field: postgres_protocol::message::backend::Field<'_>| ResultColumn {
                        name: field.name().to_owned(),
                        type_oid: field.type_oid(),
                        type_modifier: field.type_modifier(),
                    };
                    let columns = body.fields().map(|field| Ok(column(field))).collect()?;
                    return Ok((parameter_types, Some(columns)));
                }
                Message::NoData => return Ok((parameter_types, None)),
                _ => return Err(unexpected()),
            }
        }
    }

    /// Binds the parameters of the parsed statement in text format, requests each column in its format, and
    /// runs it.
    ///
    /// # Errors
    /// The errors of binding the values, stage `query`; `QueryInvalid` if a value does not fit its parameter.
    /// Errors of the run itself are returned by `Rows::advance`.
    pub async fn execute(&mut self, parameters: &[Option<String>], formats: &[i16]) -> Result<Rows<'_>> {
        match self.bind(parameters, formats).await {
            Ok(()) => Ok(Rows { session: self, command_complete: false }),
            Err(WireError::Server(server)) => {
                let misfit = self.misfit(&server, parameters).await;
                Err(misfit.unwrap_or_else(|| server.under_way().of_statement(Stage::Query)))
            }
            Err(error) => Err(lost_under_way(error, Stage::Query)),
        }
    }

    async fn bind(&mut self, parameters: &[Option<String>], formats: &[i16]) -> Result<(), WireError> {
        let output = self.wire.output();
        bind_texts(parameters, formats, output)?;
        frontend::execute("", 0, output)?;
        frontend::sync(output);
        self.wire.send().await?;
        match self.wire.receive().await? {
            Message::BindComplete => Ok(()),
            _ => Err(unexpected()),
        }
    }
}

/// Appends a Bind message with values in text format.
pub(super) fn bind_texts(
    values: &[Option<String>],
    formats: &[i16],
    output: &mut BytesMut,
) -> Result<(), WireError> {
    frontend::bind(
        "",
        "",
        [TEXT],
        values,
        |value, buffer| {
            Ok(value.as_ref().map_or(IsNull::Yes, |text| {
                buffer.extend_from_slice(text.as_bytes());
                IsNull::No
            }))
        },
        formats.iter().copied(),
        output,
    )
    .map_err(|error| match error {
        BindError::Conversion(error) => WireError::Protocol(error.to_string()),
        BindError::Serialization(error) => WireError::Lost(error),
    })
}

/// The rows of the running statement.
pub struct Rows<'a> {
    session: &'a mut Session,
    command_complete: bool,
}

impl Rows<'_> {
    /// Returns the body of the next `DataRow` message if it has arrived completely.
    pub fn next_arrived(&mut self) -> Option<&[u8]> {
        self.session.wire.arrived_row()
    }

    /// Waits for more rows. Returns false once the server has sent the whole result.
    ///
    /// # Errors
    /// `QueryFailed`, `QueryTimeout`, `QueryDenied`, `ConnectionLost` …, stage `rows`; `QueryInvalid` if the
    /// query has changed settings that affect the text of its own result.
    pub async fn advance(&mut self) -> Result<bool> {
        if self.advance_on_the_wire().await.map_err(|error| lost_under_way(error, Stage::Rows))? {
            return Ok(true);
        }
        // Checked at the end, since the server also reports a setting that a function changes only for
        // itself.
        match self.session.changed_setting() {
            Some(setting) => Err(Error::new(
                ErrorType::QueryInvalid,
                Stage::Rows,
                format!("The query set {setting} in its own session, so that its rows are in two formats."),
            )
            .with_hint(format!(
                "Leave set_config('{setting}', …) out of the query and of the functions that it calls."
            ))),
            None => Ok(false),
        }
    }

    async fn advance_on_the_wire(&mut self) -> Result<bool, WireError> {
        let wire = &mut self.session.wire;
        match wire.front()? {
            // Rows may have arrived with the answer to Bind; waiting for more could then last forever.
            Front::Row => return Ok(true),
            Front::Nothing => {
                wire.fill().await?;
                return Ok(true);
            }
            Front::Other => {}
        }
        match wire.receive_any().await? {
            None => Ok(true),
            Some(Message::CommandComplete(_)) => {
                self.command_complete = true;
                Ok(true)
            }
            // Only both messages together mean that every row was received.
            Some(Message::ReadyForQuery(_)) if self.command_complete => Ok(false),
            Some(_) => Err(unexpected()),
        }
    }
}

/// Wraps `sql` as a subquery with named columns, some of which are cast. The order and the number of columns
/// do not change.
pub fn with_casts(sql: &str, columns: usize, casts: &[Cast]) -> String {
    let names: Vec<_> = (0..columns).map(|i| format!("c{i}")).collect();
    let list = names.iter().enumerate().map(|(i, name)| {
        let cast = casts.iter().find(|cast| cast.column == i);
        cast.map_or_else(|| name.clone(), |cast| cast.to.of(name))
    });
    // The line break ends a comment at the end of the statement.
    format!("SELECT {} FROM ({sql}\n) AS q({})", list.collect::<Vec<_>>().join(", "), names.join(", "))
}

/// The error of a statement whose columns the server cannot cast.
fn not_castable(words: &str, columns: &[ResultColumn], casts: &[Cast]) -> Error {
    let mut names =
        casts.iter().filter(|cast| cast.to.is_required()).filter_map(|cast| columns.get(cast.column));
    let name = names.next().map_or("", |column| &column.name);
    let message = format!(
        "Only the server can convert column {} to JSON, and it cannot do so around this statement: {words}.",
        form::shown(name),
    );
    Error::new(ErrorType::QueryInvalid, Stage::Query, message).with_hint(
        "A statement that cannot stand in a FROM clause, such as INSERT ... RETURNING, has to convert arrays and composites \
         itself: to_json(column), or column::text for a string.",
    )
}

fn unexpected() -> WireError {
    WireError::Protocol("an unexpected message".to_owned())
}

#[cfg(test)]
mod tests {
    use extractor_encode::CastTo;

    use super::*;

    #[test]
    fn casts_keep_order_and_number_of_columns() {
        assert_eq!(
            with_casts(
                "TABLE t",
                3,
                &[Cast { column: 1, to: CastTo::Text }, Cast { column: 2, to: CastTo::Json }]
            ),
            "SELECT c0, c1::text, pg_catalog.to_json(c2) FROM (TABLE t\n) AS q(c0, c1, c2)"
        );
    }
}
