//! The columns of a result and the wire formats of their cells.

/// A column of a result, as the server describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The label, in the bytes that the server sent.
    pub name: Vec<u8>,
    /// The object id of the column's type. For a domain the server sends that of the base type.
    pub type_oid: u32,
    /// The type's modifier, or -1 if it has none.
    pub type_modifier: i32,
}

/// The wire format in which the server sends the cells of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireFormat {
    /// The text that the type's output function returns.
    Text,
    /// The bytes that the type's send function returns.
    Binary,
}

impl WireFormat {
    /// Returns the format code of the wire protocol.
    pub const fn code(self) -> i16 {
        match self {
            Self::Text => 0,
            Self::Binary => 1,
        }
    }
}
