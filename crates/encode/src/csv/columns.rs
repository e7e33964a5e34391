//! The wire format and the printer of each type: one line of [`TYPES`] per type.
//!
//! A type is asked for in binary format if converting the bytes here costs less than the conversion to text
//! costs the server, and otherwise in text format. Types that are not in the table are copied from the
//! server's text.

use super::options::Dialect;
use crate::WireFormat;
use crate::types::{
    Print, bits, boolean, datetime, float, geometric, integers, interval, money, network, numeric, time, uuid,
};

/// How a dialect requests a type and prints it.
#[derive(Clone, Copy)]
pub struct Printer {
    /// The format to request.
    pub format: WireFormat,
    /// Every byte that the text can contain, or [`ANY`].
    pub alphabet: Alphabet,
    /// Prints a cell. Without it the cell is the text.
    pub print: Option<Print>,
    /// Whether only a cast to text returns the whole text.
    pub cast: bool,
}

/// The bytes that a type's text can contain, or `None` if it can contain any byte.
pub type Alphabet = Option<&'static [u8]>;

const ANY: Alphabet = None;
const LETTERS: Alphabet = Some(b"truefals");
const WHOLE: Alphabet = Some(b"-0123456789");
const DECIMAL: Alphabet = Some(b"-+.0123456789EeNaInfity");
const CLOCK: Alphabet = Some(b"-+.:0123456789 BCinfty");
const UNITS: Alphabet = Some(b"-.0123456789 abcdefghijklmnopqrstuvwxyz");
const HEX: Alphabet = Some(b"-0123456789abcdef");
const ADDRESS: Alphabet = Some(b"0123456789abcdef.:/");
const SHAPE: Alphabet = Some(b"<([{}])>,-+.0123456789EeNaInfity");

const TEXT: Printer = Printer { format: WireFormat::Text, alphabet: ANY, print: None, cast: false };

/// The server's output functions for xml omit the declaration.
const XML: Printer = Printer { cast: true, ..TEXT };

const fn binary(alphabet: Alphabet, print: Print) -> Printer {
    Printer { format: WireFormat::Binary, alphabet, print: Some(print), cast: false }
}

const fn text(alphabet: Alphabet, print: Print) -> Printer {
    Printer { alphabet, print: Some(print), ..TEXT }
}

const fn server(alphabet: Alphabet) -> Printer {
    Printer { alphabet, ..TEXT }
}

/// A type's object id and its printers in dialect `java` and in dialect `postgres`.
struct Type(u32, Printer, Printer);

#[rustfmt::skip]
const TYPES: &[Type] = &[
    Type(16,   /* bool */        text(LETTERS, boolean::java),             server(LETTERS)),
    Type(20,   /* int8 */        binary(WHOLE, integers::int8),            binary(WHOLE, integers::int8)),
    Type(21,   /* int2 */        server(WHOLE),                            server(WHOLE)),
    Type(23,   /* int4 */        server(WHOLE),                            server(WHOLE)),
    Type(26,   /* oid */         binary(WHOLE, integers::oid),             binary(WHOLE, integers::oid)),
    Type(142,  /* xml */         XML,                                      TEXT),
    Type(600,  /* point */       binary(SHAPE, geometric::java_point),     binary(SHAPE, geometric::postgres_point)),
    Type(601,  /* lseg */        binary(SHAPE, geometric::java_lseg),      binary(SHAPE, geometric::postgres_lseg)),
    Type(602,  /* path */        binary(SHAPE, geometric::java_path),      binary(SHAPE, geometric::postgres_path)),
    Type(603,  /* box */         binary(SHAPE, geometric::java_box),       binary(SHAPE, geometric::postgres_box)),
    Type(604,  /* polygon */     binary(SHAPE, geometric::java_polygon),   binary(SHAPE, geometric::postgres_polygon)),
    Type(628,  /* line */        binary(SHAPE, geometric::java_line),      binary(SHAPE, geometric::postgres_line)),
    Type(650,  /* cidr */        binary(ADDRESS, network::inet),           binary(ADDRESS, network::inet)),
    Type(700,  /* float4 */      binary(DECIMAL, float::java_float4),      binary(DECIMAL, float::postgres_float4)),
    Type(701,  /* float8 */      binary(DECIMAL, float::java_float8),      binary(DECIMAL, float::postgres_float8)),
    Type(718,  /* circle */      binary(SHAPE, geometric::java_circle),    binary(SHAPE, geometric::postgres_circle)),
    Type(774,  /* macaddr8 */    binary(ADDRESS, network::macaddr::<8>),   binary(ADDRESS, network::macaddr::<8>)),
    Type(790,  /* money */       text(ANY, money::java),                   TEXT),
    Type(829,  /* macaddr */     binary(ADDRESS, network::macaddr::<6>),   binary(ADDRESS, network::macaddr::<6>)),
    Type(869,  /* inet */        binary(ADDRESS, network::inet),           binary(ADDRESS, network::inet)),
    Type(1082, /* date */        binary(CLOCK, datetime::java_date),       binary(CLOCK, datetime::postgres_date)),
    Type(1083, /* time */        binary(CLOCK, time::java_time),           binary(CLOCK, time::postgres_time)),
    Type(1114, /* timestamp */   binary(CLOCK, datetime::java_timestamp),  binary(CLOCK, datetime::postgres_timestamp)),
    Type(1184, /* timestamptz */ binary(CLOCK, datetime::java_timestamp),  binary(CLOCK, datetime::postgres_timestamptz)),
    Type(1186, /* interval */    binary(UNITS, interval::java),            TEXT),
    Type(1266, /* timetz */      binary(CLOCK, time::java_timetz),         binary(CLOCK, time::postgres_timetz)),
    Type(1560, /* bit */         text(ANY, bits::java),                    TEXT),
    Type(1700, /* numeric */     text(DECIMAL, numeric::java),             server(DECIMAL)),
    Type(2950, /* uuid */        binary(HEX, uuid::print),                 binary(HEX, uuid::print)),
];

/// Returns the printer of the type with this object id.
pub fn printer(type_oid: u32, dialect: Dialect) -> Printer {
    match TYPES.iter().find(|known| known.0 == type_oid) {
        Some(Type(_, java, postgres)) => match dialect {
            Dialect::Java => *java,
            Dialect::Postgres => *postgres,
        },
        None => TEXT,
    }
}

/// Returns the object ids of [`TYPES`] and one of a type that is not in it.
#[cfg(test)]
pub fn known_types() -> Vec<u32> {
    TYPES.iter().map(|known| known.0).chain([25]).collect()
}
