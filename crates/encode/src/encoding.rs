//! The interface of the file formats.

use crate::{CellError, WireFormat};

/// A file format, set up for the columns of one statement.
///
/// A file consists of its head, then rows in any order, then its tail. Several readers may encode rows of the
/// same file, each with an [`Encoder`] of its own.
pub trait FileEncoding {
    /// The encoder of the rows.
    type Encoder: Encoder;

    /// Returns the format to request from the server for each column of the result.
    fn formats(&self) -> &[WireFormat];

    /// Returns the columns of the result that the server has to cast, if the statement can stand in a FROM
    /// clause: run `SELECT c1, c2::text … FROM (statement) AS q(c1, c2 …)` instead of it.
    fn casts(&self) -> &[Cast] {
        &[]
    }

    /// Returns the type of each column in the file, if the format has types of its own.
    fn types(&self) -> Vec<String> {
        Vec::new()
    }

    /// Returns warnings, for the response, about data that the file loses silently. They are complete once all
    /// encoders have ended their units.
    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }

    /// Returns an encoder for one reader.
    fn encoder(&self) -> Self::Encoder;

    /// Appends the part of the file before the rows.
    fn head(&self, out: &mut Vec<u8>);

    /// Appends the part of the file after the rows. `units` are those of all encoders, in the order of the
    /// file.
    ///
    /// # Errors
    ///
    /// Fails if the units do not make a file, which is a defect.
    fn tail(
        &self,
        units: Vec<Placed<<Self::Encoder as Encoder>::Unit>>,
        out: &mut Vec<u8>,
    ) -> Result<(), CellError>;
}

/// Encodes the rows of one reader.
pub trait Encoder: Send + 'static {
    /// What the tail of the file needs to know about a finished unit, such as a row group, or `()` without
    /// units.
    type Unit: Send + 'static;

    /// Returns how many bytes a row of `length` bytes needs at most, in most cases. The buffer grows for a
    /// row that needs more.
    fn room(&self, length: usize) -> usize;

    /// Encodes the body of a `DataRow` message: a count of columns in two bytes, then for each its length in
    /// four bytes (-1 for NULL) and its bytes. Appends the encoded row to `out`, or keeps it until the unit
    /// ends.
    ///
    /// # Errors
    ///
    /// Fails if the row does not have the form that the server announced, or a value that the format cannot represent.
    /// `out` is then unchanged.
    fn row(&mut self, body: &[u8], out: &mut Vec<u8>) -> Result<(), CellError>;

    /// Encodes the next piece of a large row, so that its bytes can be sent before all of it is encoded. Appends
    /// to `out` until that has room for fewer than [`PIECE`] bytes or the row ends, and returns whether it ends.
    /// Until then, call it again with the same `body` and `cursor`, which begins as the default.
    ///
    /// Formats that cannot divide a row encode all of it at once.
    ///
    /// # Errors
    ///
    /// As [`Self::row`], except that earlier pieces have been appended.
    fn piece(&mut self, body: &[u8], _cursor: &mut Cursor, out: &mut Vec<u8>) -> Result<bool, CellError> {
        out.reserve(self.room(body.len()));
        self.row(body, out).map(|()| true)
    }

    /// Returns whether the unit has to end here.
    #[inline]
    fn unit_is_full(&self) -> bool {
        false
    }

    /// Ends the unit, and returns it if the file has it. The next row begins a new unit; the rows that this one has
    /// kept must be [drained](Self::drain) before.
    ///
    /// # Errors
    ///
    /// Fails if the rows that it has kept cannot be encoded, which is a defect.
    fn end_unit(&mut self) -> Result<Option<Self::Unit>, CellError>;

    /// Appends the next piece of the rows that the unit has kept until `out` has no room, and returns whether that was
    /// the last.
    fn drain(&mut self, _out: &mut Vec<u8>) -> bool {
        true
    }
}

/// How many bytes of room [`Encoder::piece`] needs to make progress.
pub const PIECE: usize = 16 << 10;

/// How much of a large row has been encoded.
#[derive(Debug, Default)]
pub struct Cursor {
    /// Whether the record has begun.
    pub(crate) begun: bool,
    /// The index of the next field, or of the field in which the last piece ended.
    pub(crate) field: usize,
    /// How many bytes of that field's cell have been encoded.
    pub(crate) done: usize,
    /// Whether that field is in quotes.
    pub(crate) quoted: bool,
}

/// A column of the result that the server casts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cast {
    /// The index of the column, from 0.
    pub column: usize,
    /// What it becomes.
    pub to: CastTo,
}

/// What the server casts a column to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CastTo {
    /// Text, because that of the type's output function is incomplete. If the statement cannot stand in a
    /// FROM clause, the file has the incomplete text.
    Text,
    /// JSON, which only the server can make of the type. If the statement cannot stand in a FROM clause, the
    /// file cannot be written.
    Json,
}

impl CastTo {
    /// Returns whether there is no file without the cast.
    pub const fn is_required(self) -> bool {
        matches!(self, Self::Json)
    }

    /// Returns the SQL expression that casts `operand`.
    pub fn of(self, operand: &str) -> String {
        match self {
            Self::Text => format!("{operand}::text"),
            Self::Json => format!("pg_catalog.to_json({operand})"),
        }
    }
}

/// A unit and its place in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed<U> {
    /// The offset in the file, in bytes, of what [`Encoder::drain`] appended.
    pub offset: u64,
    /// The unit.
    pub unit: U,
}
