//! Small queries, whose whole result is kept in memory.

use bytes::Buf;

use super::session::Session;
use super::statement::TEXT;
use crate::error::{Error, ErrorType, Result, Stage};

/// The values of a result in text format, row by row; `None` is NULL.
pub type Answer = Vec<Vec<Option<String>>>;

impl Session {
    /// Runs a statement with a small result.
    ///
    /// # Errors
    /// Those of [`Session::parse`], [`Session::execute`] and `Rows::advance`.
    pub async fn ask(&mut self, sql: &str) -> Result<Answer> {
        self.ask_with(sql, &[]).await
    }

    /// Runs a statement with a small result, with values for `$1`, `$2` …
    ///
    /// # Errors
    /// See [`Session::ask`].
    pub async fn ask_with(&mut self, sql: &str, parameters: &[Option<String>]) -> Result<Answer> {
        self.parse(sql).await?;
        let mut rows = self.execute(parameters, &[TEXT]).await?;
        let mut answer = Vec::new();
        while rows.advance().await? {
            while let Some(row) = rows.next_arrived() {
                answer.push(texts(row).ok_or_else(|| {
                    Error::new(ErrorType::ConnectionLost, Stage::Query, "A row from the server is truncated.")
                })?);
            }
        }
        Ok(answer)
    }

    /// Returns the version of the server as a number, such as 150018, or `None` if the server does not report
    /// it.
    ///
    /// # Errors
    /// See [`Session::ask`].
    pub async fn version(&mut self) -> Result<Option<u32>> {
        let answer = self.ask("SELECT pg_catalog.current_setting('server_version_num')").await?;
        Ok(answer.into_iter().flatten().flatten().next().and_then(|text| text.parse().ok()))
    }
}

/// Returns the fields of the body of a `DataRow` message, or `None` if it is truncated.
fn texts(mut row: &[u8]) -> Option<Vec<Option<String>>> {
    let fields = row.try_get_i16().ok()?;
    (0..fields)
        .map(|_| {
            let Ok(length) = usize::try_from(row.try_get_i32().ok()?) else { return Some(None) };
            let (field, rest) = row.split_at_checked(length)?;
            row = rest;
            Some(Some(String::from_utf8_lossy(field).into_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::texts;

    #[test]
    fn fields_are_texts_or_null() {
        let row = [0, 2, 0, 0, 0, 1, b'a', 255, 255, 255, 255];
        assert_eq!(texts(&row), Some(vec![Some("a".to_owned()), None]));
        assert_eq!(texts(&row[..6]), None);
    }
}
