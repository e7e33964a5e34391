//! The columns of a result and the formats that their cells can be asked for in.

/// A column of a result, as the server describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The label, in the bytes that the server sent.
    pub name: Vec<u8>,
    /// The object id of its type; for a domain that of the base type, as the server has it.
    pub type_oid: u32,
    /// The type's modifier, -1 without one.
    pub type_modifier: i32,
}

/// The wire format in which the server sends the cells of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireFormat {
    /// The text that the type's output function makes.
    Text,
    /// The bytes that the type's send function makes.
    Binary,
}

impl WireFormat {
    /// The code of the format in the messages of the protocol.
    pub const fn code(self) -> i16 {
        match self {
            Self::Text => 0,
            Self::Binary => 1,
        }
    }
}
