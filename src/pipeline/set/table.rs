//! The tables or queries that a set holds, and how their rows become files.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use extractor_encode::{Cast, Column, FileEncoding};

use super::manifest::{FileEntry, ManifestColumn};
use crate::database::Session;
use crate::database::statement::{ResultColumn, Statement, TEXT};
use crate::error::{Error, ErrorType, Result, Stage};
use crate::form;
use crate::part::FileId;
use crate::pipeline::format::{Format, columns, encoding_of};
use crate::response::TableOutcome;

/// One table or query of a set.
pub(in crate::pipeline) struct Table<F> {
    /// The table's name, if the set holds several tables: `schema.table`.
    pub(super) name: Option<String>,
    /// The encoding of the columns that the files have.
    pub(super) encoding: F,
    /// The folder of its files within the set: empty, or with a slash at the end.
    pub(super) folder: String,
    /// What the manifest says of its columns.
    pub(super) columns: Vec<ManifestColumn>,
    /// The columns that the files do not have.
    pub(super) partitions: Partitions,
    /// The wire format of each column of the statement.
    formats: Vec<i16>,
    /// The columns of the statement that the server casts.
    casts: Vec<Cast>,
    /// The rows written so far.
    rows: AtomicU64,
}

/// The columns of a statement whose values become folders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Partitions {
    /// The columns in the order of the folders.
    pub(super) by: Vec<PartitionColumn>,
    /// For each column of the statement, whether the files have it.
    pub(super) kept: Vec<bool>,
}

/// A column whose values become folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PartitionColumn {
    pub(super) name: String,
    /// Its index in the statement.
    pub(super) index: usize,
    pub(super) is_boolean: bool,
}

/// The object id of type boolean.
const BOOLEAN: u32 = 16;

impl Partitions {
    /// Finds the columns with these names.
    ///
    /// # Errors
    /// `InvalidRequest` if one is not there or there several times, or none is left.
    fn find(columns: &[ResultColumn], by: &[String]) -> Result<Self> {
        let mut found = Self { by: Vec::new(), kept: vec![true; columns.len()] };
        for name in by {
            let mut named = columns.iter().enumerate().filter(|(_, column)| column.name == *name);
            let shown = form::shown(name);
            let Some((index, column)) = named.next() else {
                return Err(refused(format!("`partitionBy`: the result has no column {shown}.")).with_hint(
                    "Give the column's name as the header has it: without quotes, and in lower case unless it is quoted in \
                     the query.",
                ));
            };
            if named.next().is_some() {
                return Err(refused(format!("`partitionBy`: the result has several columns {shown}."))
                    .with_hint("Name the columns differently, with AS."));
            }
            found.kept[index] = false;
            let is_boolean = column.type_oid == BOOLEAN;
            found.by.push(PartitionColumn { name: name.clone(), index, is_boolean });
        }
        if found.by.is_empty() || found.kept.contains(&true) {
            return Ok(found);
        }
        Err(refused("`partitionBy` names all columns of the result, and the files would have none.")
            .with_hint("Select one more column, or leave one out of partitionBy."))
    }

    /// Returns the elements that belong to the columns of the files.
    fn keep<T>(&self, all: Vec<T>) -> Vec<T> {
        all.into_iter().zip(&self.kept).filter(|(_, kept)| **kept).map(|(one, _)| one).collect()
    }

    /// Returns the index in the statement of a column of the files.
    pub(super) fn index_of(&self, column: usize) -> Option<usize> {
        let mut kept = self.kept.iter().enumerate().filter(|(_, kept)| **kept);
        kept.nth(column).map(|(index, _)| index)
    }
}

impl<E: FileEncoding> Table<E> {
    /// Prepares the files of a statement. The statement that the session has parsed is another one then.
    ///
    /// # Errors
    /// `InvalidRequest` if the columns of partitions are not in the result, and those of [`encoding_of`].
    pub(in crate::pipeline) async fn prepare<F: Format<Encoding = E>>(
        format: F,
        statement: &Statement,
        partition_by: &[String],
        session: &mut Session,
    ) -> Result<Self> {
        let partitions = Partitions::find(&statement.columns, partition_by)?;
        let kept: Vec<Column> = partitions.keep(columns(&statement.columns));
        let encoding = encoding_of(format, &kept, session).await?;
        let types = session.type_names(&statement.columns).await?;
        Ok(Self::new(&statement.columns, partitions, encoding, types))
    }

    /// Prepares the files of a statement all of whose columns the files have. `types` are the names of their types.
    pub(super) fn of_columns(
        columns: &[ResultColumn],
        encoding: E,
        types: impl IntoIterator<Item = String>,
    ) -> Self {
        let partitions = Partitions { by: Vec::new(), kept: vec![true; columns.len()] };
        Self::new(columns, partitions, encoding, types)
    }

    fn new(
        columns: &[ResultColumn],
        partitions: Partitions,
        encoding: E,
        types: impl IntoIterator<Item = String>,
    ) -> Self {
        let mut in_file = encoding.formats().iter().map(|format| format.code());
        let mut types_in_file = encoding.types().into_iter();
        let mut formats = Vec::with_capacity(columns.len());
        let mut described = Vec::with_capacity(columns.len());
        for ((column, type_name), kept) in columns.iter().zip(types).zip(&partitions.kept) {
            // The values of folders are texts.
            formats.push(if *kept { in_file.next().unwrap_or(TEXT) } else { TEXT });
            described.push(ManifestColumn {
                name: column.name.clone(),
                type_name,
                parquet_type: if *kept { types_in_file.next() } else { None },
                is_partition: !kept,
            });
        }
        let casts = encoding.casts().iter();
        let casts =
            casts.filter_map(|cast| Some(Cast { column: partitions.index_of(cast.column)?, ..*cast }));
        let casts = casts.collect();
        Self {
            name: None,
            encoding,
            folder: String::new(),
            columns: described,
            partitions,
            formats,
            casts,
            rows: AtomicU64::new(0),
        }
    }

    /// Has the session parse the statement, with the casts that the files need.
    pub(in crate::pipeline) async fn parse(
        &self,
        sql: &str,
        statement: &Statement,
        session: &mut Session,
    ) -> Result<()> {
        if self.casts.is_empty() {
            return session.parse(sql).await.map(|_| ());
        }
        session.parse_with_casts(sql, &statement.columns, &self.casts).await
    }

    /// Returns the wire format of each column of the statement.
    pub(in crate::pipeline) fn formats(&self) -> &[i16] {
        &self.formats
    }

    /// Returns the columns of the statement that the server casts.
    pub(in crate::pipeline) fn casts(&self) -> &[Cast] {
        &self.casts
    }

    /// Counts rows of a file that has ended.
    pub(super) fn count(&self, rows: u64) {
        self.rows.fetch_add(rows, Ordering::Relaxed);
    }

    /// Returns the rows in files that have ended.
    pub(super) fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }
}

/// All tables of a set.
pub(super) struct Tables<F> {
    pub(super) all: Vec<Table<F>>,
    files: AtomicU32,
}

impl<F: FileEncoding> Tables<F> {
    pub(super) fn new(all: Vec<Table<F>>) -> Self {
        Self { all, files: AtomicU32::new(0) }
    }

    /// Returns the number of a new file.
    pub(super) fn next_file(&self) -> FileId {
        self.files.fetch_add(1, Ordering::Relaxed)
    }

    /// Returns the number of columns in the files, of several tables together.
    pub(super) fn columns(&self) -> usize {
        self.all.iter().map(|table| table.encoding.formats().len()).sum()
    }

    pub(super) fn warnings(&self) -> Vec<String> {
        let of = |table: &Table<F>| {
            let name = table.name.as_deref().map(|name| form::shown(name).to_owned());
            let warnings = table.encoding.warnings().into_iter();
            warnings.map(move |warning| match &name {
                None => warning,
                Some(name) => format!("Table {name}: {warning}"),
            })
        };
        self.all.iter().flat_map(of).collect()
    }

    /// Returns the name of a table, if there are several tables, and its rows and files.
    pub(super) fn contents(&self, files: &[FileEntry]) -> Vec<TableOutcome> {
        let name = |table: &Table<F>| Some(TableOutcome { name: table.name.clone()?, rows: 0, files: 0 });
        let Some(mut contents) = self.all.iter().map(name).collect::<Option<Vec<_>>>() else {
            return Vec::new();
        };
        for file in files {
            contents[file.table].rows += file.rows;
            contents[file.table].files += 1;
        }
        contents
    }
}

fn refused(message: impl Into<String>) -> Error {
    Error::new(ErrorType::InvalidRequest, Stage::Query, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &[&str]) -> Vec<ResultColumn> {
        let column = |name: &&str| ResultColumn {
            name: (*name).to_owned(),
            type_oid: if *name == "flag" { BOOLEAN } else { 25 },
            type_modifier: -1,
        };
        names.iter().map(column).collect()
    }

    fn find(names: &[&str], by: &[&str]) -> Result<Partitions> {
        let by: Vec<_> = by.iter().map(|name| (*name).to_owned()).collect();
        Partitions::find(&columns(names), &by)
    }

    #[test]
    fn the_files_keep_the_other_columns() {
        let found = find(&["a", "flag", "b", "c"], &["c", "flag"]).unwrap();
        assert_eq!(found.kept, [true, false, true, false]);
        assert_eq!(found.by.iter().map(|column| column.index).collect::<Vec<_>>(), [3, 1]);
        assert_eq!(found.by.iter().map(|column| column.is_boolean).collect::<Vec<_>>(), [false, true]);
        assert_eq!([0, 1, 2].map(|column| found.index_of(column)), [Some(0), Some(2), None]);
        assert_eq!(find(&["a"], &[]).unwrap().kept, [true]);
    }

    #[test]
    fn columns_that_cannot_be_folders_are_named() {
        let message = |names: &[&str], by: &[&str]| find(names, by).unwrap_err().message;
        assert_eq!(message(&["a", "b"], &["c"]), "`partitionBy`: the result has no column c.");
        assert_eq!(message(&["a", "b", "b"], &["b"]), "`partitionBy`: the result has several columns b.");
        assert_eq!(
            message(&["a", "b"], &["b", "a"]),
            "`partitionBy` names all columns of the result, and the files would have none."
        );
    }
}
