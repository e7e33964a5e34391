//! Splits rows into cells and writes them as records.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::columns::{self, Printer};
use super::options::{CsvOptions, Dialect};
use super::quoting::Quoting;
use crate::row::{self, CELL_ROOM, Fault, cells, next_cell};
use crate::types::changed::Changed;
use crate::types::{Malformed, Memo, Print, append_slice};
use crate::{Cast, CastTo, CellError, Column, Cursor, Encoder, FileEncoding, PIECE, Placed, WireFormat};

/// The CSV encoding of one statement's result.
///
/// The example of the [crate](crate) shows how to use it.
pub struct CsvEncoding {
    formats: Vec<WireFormat>,
    casts: Vec<Cast>,
    warnings: Vec<String>,
    header: bool,
    bom: bool,
    escape_formulas: bool,
    /// The initial state of each reader's encoder.
    encoder: RowEncoder,
}

/// Encodes rows as records of CSV.
#[derive(Clone)]
pub struct RowEncoder {
    labels: Vec<Vec<u8>>,
    /// The file's columns, in order.
    fields: Vec<Field>,
    /// Whether the file has fewer columns than the result, because equal labels are one column.
    collapsed: bool,
    quoting: Quoting,
    /// What was changed in each field, by all readers.
    changed: Arc<Mutex<Vec<Changed>>>,
}

/// A column of the file.
#[derive(Clone)]
struct Field {
    /// The column of the result that the cells come from.
    source: usize,
    /// The column of the result that the label comes from.
    label: usize,
    way: Way,
    memo: Memo,
}

/// How the cells of a field are written, so that the options of the file cost a cell nothing.
#[derive(Clone, Copy)]
enum Way {
    /// The server's text, in quotes if it needs them.
    Text,
    /// The server's text, which never needs quotes.
    Plain,
    /// A printed text, which never needs quotes.
    Printed(Print),
    /// A printed text, in quotes if it needs them.
    Checked(Print),
    /// As [`Self::Text`] or [`Self::Checked`], with a text that a spreadsheet would execute made harmless.
    Escaped(Option<Print>),
}

/// The length of the longest text that is encoded at once in a row that is encoded in pieces.
const STEP: usize = PIECE / 2 - CELL_ROOM;

/// How much room such a text needs: twice its length, quotes, a delimiter.
const STEP_ROOM: usize = PIECE - CELL_ROOM;

impl CsvEncoding {
    /// Chooses a format and a printer for every column. The options must have passed [`CsvOptions::check`].
    pub fn new(columns: &[Column], options: &CsvOptions) -> Self {
        let java = options.dialect == Dialect::Java;
        let mut warnings = Vec::new();
        let sources = if java {
            collapse(columns, &mut warnings)
        } else {
            (0..columns.len()).map(|i| (i, i)).collect()
        };
        let quoting = Quoting::new(options, sources.len());
        let (mut formats, mut casts) = (vec![WireFormat::Text; columns.len()], Vec::new());
        let fields: Vec<_> = sources
            .into_iter()
            .map(|(label, source)| {
                let printer = columns::printer(columns[source].type_oid, options.dialect);
                formats[source] = printer.format;
                if printer.cast {
                    casts.push(Cast { column: source, to: CastTo::Text });
                }
                Field { source, label, way: Way::of(&printer, &quoting, options), memo: Memo::new() }
            })
            .collect();
        let encoder = RowEncoder {
            labels: columns.iter().map(|column| column.name.clone()).collect(),
            collapsed: fields.len() != columns.len(),
            changed: Arc::new(Mutex::new(vec![Changed::default(); fields.len()])),
            fields,
            quoting,
        };
        Self {
            formats,
            casts,
            warnings,
            header: options.header,
            bom: options.bom,
            escape_formulas: options.escape_formulas,
            encoder,
        }
    }
}

impl FileEncoding for CsvEncoding {
    type Encoder = RowEncoder;

    fn formats(&self) -> &[WireFormat] {
        &self.formats
    }

    /// In dialect `java` xml needs a cast, without which the server omits the declaration.
    fn casts(&self) -> &[Cast] {
        &self.casts
    }

    fn warnings(&self) -> Vec<String> {
        let RowEncoder { labels, fields, changed, .. } = &self.encoder;
        let changed = changed.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = fields.iter().zip(changed.iter()).filter(|(_, changed)| changed.count > 0);
        let of_values = changed.map(|(field, changed)| {
            let (values, them) = if changed.count == 1 { ("value", "it") } else { ("values", "them") };
            let were = if changed.count == 1 { "was" } else { "were" };
            format!(
                "{} {values} of column \"{}\" {were} changed as the Java extractor changes {them} (lost: {}): choose \
                 csv.dialect postgres to keep {them}",
                changed.count,
                String::from_utf8_lossy(&labels[field.label]),
                changed.lost(),
            )
        });
        self.warnings.iter().cloned().chain(of_values).collect()
    }

    fn encoder(&self) -> RowEncoder {
        self.encoder.clone()
    }

    /// Appends the byte-order mark and the labels, if the options ask for them.
    fn head(&self, out: &mut Vec<u8>) {
        let RowEncoder { labels, fields, quoting, .. } = &self.encoder;
        if self.bom {
            out.extend_from_slice("\u{feff}".as_bytes());
        }
        if self.header {
            quoting.begin_record(out);
            for field in fields {
                let label = &labels[field.label];
                let mark = if self.escape_formulas && is_formula(label) { &b"'"[..] } else { b"" };
                quoting.text(out, &[mark, label].concat());
            }
            quoting.end_record(out, fields.len());
        }
    }

    fn tail(&self, _: Vec<Placed<()>>, _: &mut Vec<u8>) -> Result<(), CellError> {
        Ok(())
    }
}

impl Encoder for RowEncoder {
    type Unit = ();

    #[inline]
    fn room(&self, length: usize) -> usize {
        // Every byte of a text may be a quote, which is doubled.
        2 * length + CELL_ROOM * (self.fields.len() + 1)
    }

    fn row(&mut self, body: &[u8], out: &mut Vec<u8>) -> Result<(), CellError> {
        let start = out.len();
        let done = if self.collapsed { self.collapsed_row(body, out) } else { self.straight_row(body, out) };
        done.map_err(|fault| {
            out.truncate(start);
            row::error(fault, |column| self.labels.get(column))
        })
    }

    fn piece(&mut self, body: &[u8], cursor: &mut Cursor, out: &mut Vec<u8>) -> Result<bool, CellError> {
        self.next_piece(body, cursor, out)
            .map_err(|fault| row::error(fault, |column| self.labels.get(column)))
    }

    fn end_unit(&mut self) -> Result<Option<()>, CellError> {
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        for (field, changed) in self.fields.iter_mut().zip(changed.iter_mut()) {
            changed.add(std::mem::take(&mut field.memo.changed));
        }
        Ok(Some(()))
    }
}

impl RowEncoder {
    fn straight_row(&mut self, body: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        let mut rest = cells(body, self.labels.len())?;
        self.quoting.begin_record(out);
        for (i, field) in self.fields.iter_mut().enumerate() {
            let cell = next_cell(&mut rest).map_err(|reason| (i, reason))?;
            field.push(cell, &self.quoting, out).map_err(|reason| (i, reason))?;
        }
        self.quoting.end_record(out, self.fields.len());
        row::end(rest)
    }

    /// Encodes a row whose fields may take their cells from anywhere in it, so that all cells are found
    /// first. It is kept out of the usual rows' code, which is slower with it.
    #[cold]
    fn collapsed_row(&mut self, body: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        let cells = row::all_cells(body, self.labels.len())?;
        self.quoting.begin_record(out);
        for field in &mut self.fields {
            let source = field.source;
            field.push(cells[source], &self.quoting, out).map_err(|reason| (source, reason))?;
        }
        self.quoting.end_record(out, self.fields.len());
        Ok(())
    }

    #[cold]
    fn next_piece(&mut self, body: &[u8], cursor: &mut Cursor, out: &mut Vec<u8>) -> Result<bool, Fault> {
        let cells = row::all_cells(body, self.labels.len())?;
        out.reserve(PIECE);
        if !std::mem::replace(&mut cursor.begun, true) {
            self.quoting.begin_record(out);
        }
        while let Some(field) = self.fields.get_mut(cursor.field) {
            let cell = cells[field.source];
            // A piece never ends before a NULL or the end of the record, which remove the beginning of their field.
            if cell.is_some() && out.capacity() - out.len() < STEP_ROOM {
                return Ok(false);
            }
            match cell {
                Some(cell) if field.is_divisible(cell) => {
                    field.push_piece(cell, cursor, &self.quoting, out);
                    if cursor.done < cell.len() {
                        continue;
                    }
                    self.quoting.end_text(out, cursor.quoted);
                    cursor.done = 0;
                }
                _ => {
                    out.reserve(cell.map_or(0, |cell| 2 * cell.len()) + CELL_ROOM);
                    let source = field.source;
                    field.push(cell, &self.quoting, out).map_err(|reason| (source, reason))?;
                }
            }
            cursor.field += 1;
        }
        self.quoting.end_record(out, self.fields.len());
        Ok(true)
    }
}

impl Way {
    fn of(printer: &Printer, quoting: &Quoting, options: &CsvOptions) -> Self {
        let escaped = options.escape_formulas && printer.alphabet.is_none();
        match (printer.print, quoting.concerns(printer.alphabet)) {
            (print, true) if escaped => Self::Escaped(print),
            (None, true) => Self::Text,
            (None, false) => Self::Plain,
            (Some(print), true) => Self::Checked(print),
            (Some(print), false) => Self::Printed(print),
        }
    }
}

impl Field {
    /// Returns whether a cell can be encoded in pieces: a long text that is written as the server sends it.
    fn is_divisible(&self, cell: &[u8]) -> bool {
        matches!(self.way, Way::Text | Way::Escaped(None)) && cell.len() > STEP
    }

    /// Appends the next piece of a cell.
    fn push_piece(&self, cell: &[u8], cursor: &mut Cursor, quoting: &Quoting, out: &mut Vec<u8>) {
        if cursor.done == 0 {
            cursor.quoted = quoting.begin_text(out, cell);
            if matches!(self.way, Way::Escaped(_)) && is_formula(cell) {
                out.push(b'\'');
            }
        }
        let piece = &cell[cursor.done..];
        let piece = &piece[..piece.len().min(STEP)];
        Quoting::text_piece(out, piece, cursor.quoted);
        cursor.done += piece.len();
    }

    #[inline]
    fn push(&mut self, cell: Option<&[u8]>, quoting: &Quoting, out: &mut Vec<u8>) -> Result<(), Malformed> {
        let Some(cell) = cell else {
            quoting.null(out);
            return Ok(());
        };
        match self.way {
            Way::Text => {
                quoting.text(out, cell);
                return Ok(());
            }
            Way::Plain => append_slice(out, cell),
            Way::Printed(print) => print(cell, out, &mut self.memo)?,
            Way::Checked(print) => {
                let start = out.len();
                print(cell, out, &mut self.memo)?;
                quoting.quote_in_place(out, start);
            }
            Way::Escaped(print) => self.push_escaped(print, cell, quoting, out)?,
        }
        quoting.next_field(out);
        Ok(())
    }

    /// Appends a text in which a formula is made harmless, without the end of the field.
    #[cold]
    fn push_escaped(
        &mut self,
        print: Option<Print>,
        cell: &[u8],
        quoting: &Quoting,
        out: &mut Vec<u8>,
    ) -> Result<(), Malformed> {
        let start = out.len();
        match print {
            Some(print) => print(cell, out, &mut self.memo)?,
            None => append_slice(out, cell),
        }
        if is_formula(&out[start..]) {
            out.insert(start, b'\'');
        }
        quoting.quote_in_place(out, start);
        Ok(())
    }
}

/// Returns whether a spreadsheet would execute a text as a formula, or drop the blank before one: it begins
/// with `=`, `+`, `-`, `@`, one of their full-width forms, a tab or a line ending.
fn is_formula(text: &[u8]) -> bool {
    matches!(
        text,
        [b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r' | b'\n', ..] | [0xef, 0xbc, 0x8b | 0x8d | 0x9d | 0xa0, ..]
    )
}

/// Returns for each column of the file the columns of the result that its label and its cells come from.
///
/// The Java extractor makes equal labels one column, in the place of the first of them with the cells of the
/// last.
fn collapse(columns: &[Column], warnings: &mut Vec<String>) -> Vec<(usize, usize)> {
    let mut fields: Vec<(usize, usize)> = Vec::new();
    let mut places: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (i, column) in columns.iter().enumerate() {
        let same = places.entry(&column.name).or_default();
        match same.first() {
            Some(first) => {
                let field = fields.iter_mut().find(|field| field.0 == *first);
                field.expect("the first column of a label has a field").1 = i;
            }
            None => fields.push((i, i)),
        }
        same.push(i);
    }
    for (label, last) in &fields {
        if label != last {
            let same = &places[&columns[*label].name[..]];
            warnings.push(format!(
                "{} columns are called \"{}\": the file has one, in column {}'s place with column {}'s values; \
                 give each its own alias (AS), or choose csv.dialect postgres, to keep all",
                same.len(),
                String::from_utf8_lossy(&columns[*label].name),
                label + 1,
                last + 1,
            ));
        }
    }
    fields
}
