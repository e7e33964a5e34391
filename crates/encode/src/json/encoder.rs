//! Splits rows into cells and writes them as objects.

use std::collections::HashMap;

use memchr::memchr2;

use super::columns::{self, Form, Printer, STRING};
use super::escape::{LONGEST, push_string, push_text};
use crate::row::{self, CELL_ROOM, Fault, cells, next_cell};
use crate::types::{Malformed, Memo, append_slice};
use crate::{Cast, CastTo, CellError, Column, Cursor, Encoder, FileEncoding, PIECE, Placed, WireFormat};

/// The JSON lines of one statement's result.
///
/// ```
/// use extractor_encode::json::{JsonEncoding, unknown_types};
/// use extractor_encode::{Cast, CastTo, Column, Encoder, FileEncoding};
///
/// let column = |name: &[u8], type_oid| Column { name: name.to_vec(), type_oid, type_modifier: -1 };
/// // An int8, a text and two types of the database: an enum and a composite type.
/// let columns = [column(b"id", 20), column(b"name", 25), column(b"mood", 16_385), column(b"pair", 16_390)];
/// assert_eq!(unknown_types(&columns), [16_385, 16_390]);
///
/// // The database says that the enum is a string.
/// let encoding = JsonEncoding::new(&columns, &[16_385]);
/// assert_eq!(encoding.casts(), [Cast { column: 3, to: CastTo::Json }]);
///
/// let mut file = Vec::new();
/// let row = b"\0\x04\0\0\0\x08\0\0\0\0\0\0\0\x07\xff\xff\xff\xff\0\0\0\x04glad\0\0\0\x09{\"f1\":1}\n";
/// encoding.encoder().row(row, &mut file)?;
/// assert_eq!(file, b"{\"id\":7,\"name\":null,\"mood\":\"glad\",\"pair\":{\"f1\":1} }\n");
/// # Ok::<(), extractor_encode::CellError>(())
/// ```
pub struct JsonEncoding {
    formats: Vec<WireFormat>,
    casts: Vec<Cast>,
    warnings: Vec<String>,
    /// The initial state of each reader's encoder.
    encoder: ObjectEncoder,
}

/// Encodes rows as JSON objects.
#[derive(Clone)]
pub struct ObjectEncoder {
    labels: Vec<Vec<u8>>,
    fields: Vec<Field>,
    /// How many bytes an object needs beside its texts, in most cases.
    room: usize,
}

#[derive(Clone)]
struct Field {
    /// The bytes before the value: `{"label":` or `,"label":`.
    key: Vec<u8>,
    printer: Printer,
    memo: Memo,
}

/// The length of the longest text that is encoded at once in a row that is encoded in pieces. It needs at most three
/// quarters of the room; the key before it has the rest.
const STEP: usize = PIECE / 8;

const _: () = assert!(STEP * LONGEST <= PIECE / 4 * 3);

impl JsonEncoding {
    /// Chooses a format and a printer for every column. `strings` are those of the
    /// [`unknown_types`](super::unknown_types) that the server writes as strings; it has to convert the others.
    pub fn new(columns: &[Column], strings: &[u32]) -> Self {
        let mut casts = Vec::new();
        let fields: Vec<_> = columns
            .iter()
            .enumerate()
            .map(|(i, column)| {
                let printer = columns::printer(column.type_oid);
                let printer = printer.or_else(|| strings.contains(&column.type_oid).then_some(STRING));
                if printer.is_none() {
                    casts.push(Cast { column: i, to: CastTo::Json });
                }
                let mut key = vec![if i == 0 { b'{' } else { b',' }];
                push_string(&mut key, &column.name);
                key.push(b':');
                let printer = printer.unwrap_or(columns::JSON);
                Field { key, printer, memo: Memo::new() }
            })
            .collect();
        let room = fields.iter().map(|field| field.key.len() + CELL_ROOM).sum::<usize>() + CELL_ROOM;
        Self {
            formats: fields.iter().map(|field| field.printer.format).collect(),
            casts,
            warnings: equal_labels(columns),
            encoder: ObjectEncoder {
                labels: columns.iter().map(|column| column.name.clone()).collect(),
                fields,
                room,
            },
        }
    }
}

impl FileEncoding for JsonEncoding {
    type Encoder = ObjectEncoder;

    fn formats(&self) -> &[WireFormat] {
        &self.formats
    }

    fn casts(&self) -> &[Cast] {
        &self.casts
    }

    /// The objects keep equal labels, as the server does, but most programs that read JSON do not.
    fn warnings(&self) -> Vec<String> {
        self.warnings.clone()
    }

    fn encoder(&self) -> ObjectEncoder {
        self.encoder.clone()
    }

    fn head(&self, _: &mut Vec<u8>) {}

    fn tail(&self, _: Vec<Placed<()>>, _: &mut Vec<u8>) -> Result<(), CellError> {
        Ok(())
    }
}

impl Encoder for ObjectEncoder {
    type Unit = ();

    #[inline]
    fn room(&self, length: usize) -> usize {
        // Every character of a text may be a quote, which is escaped.
        2 * length + self.room
    }

    fn row(&mut self, body: &[u8], out: &mut Vec<u8>) -> Result<(), CellError> {
        let start = out.len();
        self.object(body, out).map_err(|fault| {
            out.truncate(start);
            row::error(fault, |column| self.labels.get(column))
        })
    }

    fn piece(&mut self, body: &[u8], cursor: &mut Cursor, out: &mut Vec<u8>) -> Result<bool, CellError> {
        self.next_piece(body, cursor, out)
            .map_err(|fault| row::error(fault, |column| self.labels.get(column)))
    }

    fn end_unit(&mut self) -> Result<Option<()>, CellError> {
        Ok(Some(()))
    }
}

impl ObjectEncoder {
    fn object(&mut self, body: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        let mut rest = cells(body, self.fields.len())?;
        if self.fields.is_empty() {
            out.push(b'{');
        }
        for (i, field) in self.fields.iter_mut().enumerate() {
            let cell = next_cell(&mut rest).map_err(|reason| (i, reason))?;
            field.push(cell, out).map_err(|reason| (i, reason))?;
        }
        out.extend_from_slice(b"}\n");
        row::end(rest)
    }

    #[cold]
    fn next_piece(&mut self, body: &[u8], cursor: &mut Cursor, out: &mut Vec<u8>) -> Result<bool, Fault> {
        let cells = row::all_cells(body, self.fields.len())?;
        out.reserve(PIECE);
        if self.fields.is_empty() {
            out.push(b'{');
        }
        while let Some(field) = self.fields.get_mut(cursor.field) {
            if out.capacity() - out.len() < PIECE {
                return Ok(false);
            }
            let cell = cells[cursor.field];
            match cell {
                Some(cell) if field.is_divisible(cell) => {
                    field.push_piece(cell, cursor, out);
                    if cursor.done < cell.len() {
                        continue;
                    }
                    cursor.done = 0;
                }
                _ => {
                    out.reserve(field.key.len() + cell.map_or(0, |cell| 2 * cell.len()) + CELL_ROOM);
                    field.push(cell, out).map_err(|reason| (cursor.field, reason))?;
                }
            }
            cursor.field += 1;
        }
        out.extend_from_slice(b"}\n");
        Ok(true)
    }
}

impl Field {
    /// Returns whether a cell can be encoded in pieces: a long string or JSON, as the server sends it.
    fn is_divisible(&self, cell: &[u8]) -> bool {
        matches!(self.printer.form, Form::String | Form::Json) && cell.len() > STEP
    }

    /// Appends the next piece of a cell, with the key before the first and the quotes around a string.
    fn push_piece(&self, cell: &[u8], cursor: &mut Cursor, out: &mut Vec<u8>) {
        let quote = if self.printer.form == Form::String { &b"\""[..] } else { b"" };
        if cursor.done == 0 {
            out.extend_from_slice(&self.key);
            out.extend_from_slice(quote);
        }
        let piece = &cell[cursor.done..];
        let piece = &piece[..piece.len().min(STEP)];
        match self.printer.form {
            Form::Json => push_json(out, piece),
            _ => push_text(out, piece),
        }
        cursor.done += piece.len();
        if cursor.done == cell.len() {
            out.extend_from_slice(quote);
        }
    }

    #[inline]
    fn push(&mut self, cell: Option<&[u8]>, out: &mut Vec<u8>) -> Result<(), Malformed> {
        append_slice(out, &self.key);
        let Some(cell) = cell else {
            out.extend_from_slice(b"null");
            return Ok(());
        };
        match self.printer.form {
            Form::Boolean => out.extend_from_slice(match cell {
                b"t" => &b"true"[..],
                b"f" => b"false",
                _ => return Err("a boolean is neither t nor f"),
            }),
            Form::Number => {
                let start = out.len();
                self.print(cell, out)?;
                // NaN and the infinities are strings.
                if !out.last().is_some_and(u8::is_ascii_digit) {
                    out.insert(start, b'"');
                    out.push(b'"');
                }
            }
            Form::PlainString => {
                out.push(b'"');
                self.print(cell, out)?;
                out.push(b'"');
            }
            Form::String => push_string(out, cell),
            Form::Json => push_json(out, cell),
        }
        Ok(())
    }

    #[inline]
    fn print(&mut self, cell: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
        if let Some(print) = self.printer.print {
            return print(cell, out, &mut self.memo);
        }
        append_slice(out, cell);
        Ok(())
    }
}

/// Appends JSON with blanks in place of line breaks, which stand only between its tokens.
#[inline]
fn push_json(out: &mut Vec<u8>, json: &[u8]) {
    let start = out.len();
    append_slice(out, json);
    if memchr2(b'\n', b'\r', json).is_some() {
        for byte in &mut out[start..] {
            if let b'\n' | b'\r' = byte {
                *byte = b' ';
            }
        }
    }
}

/// Returns a warning for each label that several columns have.
fn equal_labels(columns: &[Column]) -> Vec<String> {
    let mut counts: HashMap<&[u8], usize> = HashMap::new();
    for column in columns {
        *counts.entry(&column.name).or_default() += 1;
    }
    // In the order of the columns, each label once.
    let mut several = |column: &Column| counts.remove(&column.name[..]).filter(|count| *count > 1);
    let warning = |(name, count): (&[u8], usize)| {
        format!(
            "{count} columns are called \"{}\": each object has all of them, but most programs keep only the \
             last; give each its own alias (AS)",
            String::from_utf8_lossy(name),
        )
    };
    columns.iter().filter_map(|column| Some((&column.name[..], several(column)?))).map(warning).collect()
}
