//! Prepares many tables, which the readers share in one snapshot.

use std::sync::Arc;

use extractor_encode::FileEncoding;

use super::table::Table;
use crate::database::statement::ResultColumn;
use crate::error::{Result, Stage};
use crate::job::TableSelector;
use crate::names;
use crate::pipeline::context::{Context, no_session};
use crate::pipeline::format::{Format, columns, of_table, strings_of};
use crate::pipeline::shares::{Shares, Text};
use crate::pipeline::undo::Undo;
use crate::pipeline::work::Work;
use crate::pipeline::{several, tables};

/// The tables of a set, and the shares of their rows.
pub(super) struct Prepared<F> {
    pub(super) tables: Vec<Table<F>>,
    pub(super) work: Work,
    /// What the caller should know of tables that are left out.
    pub(super) warnings: Vec<String>,
}

impl Context<'_> {
    /// Has all readers join in one snapshot of the selected tables.
    pub(super) async fn prepare_tables<F: Format>(
        self,
        format: F,
        selectors: &[TableSelector],
        undo: &mut Undo,
    ) -> Result<Prepared<F::Encoding>> {
        let (sessions, progress) = (&mut undo.sessions, &self.run.progress);
        let readers = self.extraction.readers.several().unwrap_or(1);
        several::connect(sessions, 1, readers).await?;
        progress.enter(Stage::Query);
        let joined =
            tables::join(sessions, self.settings(format), selectors, self.extraction, readers).await?;
        if let Some(rows) = joined.rows {
            progress.expect(rows as u64);
        }
        let Some(leader) = sessions.first_mut() else { return Err(no_session()) };
        // The types of all tables are asked for at once.
        let all: Vec<ResultColumn> =
            joined.tables.iter().flat_map(|table| table.columns.iter().cloned()).collect();
        let mut types = leader.type_names(&all).await?.into_iter();
        let strings = strings_of(format, &columns(&all), leader).await?;
        drop(all);

        let (mut prepared, mut texts, mut formats) = (Vec::new(), Vec::new(), Vec::new());
        for (index, joined) in joined.tables.iter().enumerate() {
            let name = joined.table.qualified();
            let encoding = format.encoding(&columns(&joined.columns), &strings);
            let encoding = encoding.map_err(|error| of_table(error, &name))?;
            let types = types.by_ref().take(joined.columns.len());
            let folder = format!("{}/", names::of_table(&joined.table.schema, &joined.table.name));
            let table = Table::named(name, folder, &joined.columns, encoding, types);
            texts.push(Text { sql: joined.text(table.casts()), table: index });
            formats.push(table.formats().to_vec());
            prepared.push(table);
        }
        let shares = Shares::of_tables(texts, formats, tables::shares_of(&joined.tables));
        let work = Work::Shares(Arc::new(shares), None);
        Ok(Prepared { tables: prepared, work, warnings: joined.warnings })
    }
}

impl<E: FileEncoding> Table<E> {
    /// Prepares the files of one of several tables. `types` are the names of its columns' types.
    fn named(
        name: String,
        folder: String,
        columns: &[ResultColumn],
        encoding: E,
        types: impl IntoIterator<Item = String>,
    ) -> Self {
        let mut table = Self::of_columns(columns, encoding, types);
        (table.name, table.folder) = (Some(name), folder);
        table
    }
}
