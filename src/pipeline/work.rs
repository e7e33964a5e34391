//! What a reader reads.

use std::sync::Arc;

use super::shares::{Shares, Text};
use crate::database::Session;
use crate::error::Result;

/// The portal that a reader executes.
#[derive(Clone)]
pub(super) struct Portal {
    /// The values of `$1`, `$2` … in the server's text form.
    pub(super) parameters: Vec<Option<String>>,
    /// The wire format of each column.
    pub(super) formats: Vec<i16>,
    /// The index of the table that it reads, if there are several.
    pub(super) table: usize,
}

/// What a reader reads.
#[derive(Clone)]
pub(super) enum Work {
    /// The whole result of the statement that its session has parsed.
    Whole(Portal),
    /// Shares of the result, until none is left. The session has parsed the statement with this index, if any.
    Shares(Arc<Shares>, Option<usize>),
    /// Nothing more.
    Done,
}

impl Work {
    /// Returns the next portal to execute, after the session has parsed its statement.
    pub(super) async fn next(&mut self, session: &mut Session) -> Result<Option<Portal>> {
        match std::mem::replace(self, Self::Done) {
            Self::Whole(portal) => Ok(Some(portal)),
            Self::Done => Ok(None),
            Self::Shares(shares, parsed) => {
                let Some((text, parameters)) = shares.take() else { return Ok(None) };
                let Text { sql, table } = &shares.texts[text];
                if parsed != Some(text) {
                    session.parse(sql).await?;
                }
                let (table, formats) = (*table, shares.formats[*table].clone());
                *self = Self::Shares(shares, Some(text));
                Ok(Some(Portal { parameters, formats, table }))
            }
        }
    }
}
