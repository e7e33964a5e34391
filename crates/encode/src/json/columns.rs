//! The wire format and the printer of each type, after `datum_to_json` in the server's `json.c`.

use crate::types::{Print, datetime, float, geometric, integers, network, time, uuid};
use crate::{Column, WireFormat};

/// What a value is in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `true` or `false`, from the server's `t` and `f`.
    Boolean,
    /// A number, or a string if it is not finite.
    Number,
    /// A string without characters that have to be escaped.
    PlainString,
    /// A string of any characters.
    String,
    /// JSON that the server has made.
    Json,
}

/// How a type is requested and printed.
#[derive(Clone, Copy)]
pub struct Printer {
    /// The format to request.
    pub format: WireFormat,
    /// What its values are.
    pub form: Form,
    /// Prints a cell. Without it the cell is the text.
    pub print: Option<Print>,
}

/// A string of the server's text.
pub const STRING: Printer = server(Form::String);
/// JSON of the server.
pub const JSON: Printer = server(Form::Json);

const fn server(form: Form) -> Printer {
    Printer { format: WireFormat::Text, form, print: None }
}

const fn binary(form: Form, print: Print) -> Printer {
    Printer { format: WireFormat::Binary, form, print: Some(print) }
}

const fn plain(print: Print) -> Printer {
    binary(Form::PlainString, print)
}

#[rustfmt::skip]
const TYPES: &[(u32, Printer)] = &[
    (16,   /* bool */        server(Form::Boolean)),
    (17,   /* bytea */       STRING),
    (18,   /* "char" */      STRING),
    (19,   /* name */        STRING),
    (20,   /* int8 */        binary(Form::Number, integers::int8)),
    (21,   /* int2 */        server(Form::Number)),
    (23,   /* int4 */        server(Form::Number)),
    (25,   /* text */        STRING),
    (26,   /* oid */         plain(integers::oid)),
    (114,  /* json */        JSON),
    (142,  /* xml */         STRING),
    (600,  /* point */       plain(geometric::postgres_point)),
    (601,  /* lseg */        plain(geometric::postgres_lseg)),
    (602,  /* path */        plain(geometric::postgres_path)),
    (603,  /* box */         plain(geometric::postgres_box)),
    (604,  /* polygon */     plain(geometric::postgres_polygon)),
    (628,  /* line */        plain(geometric::postgres_line)),
    (650,  /* cidr */        plain(network::inet)),
    (700,  /* float4 */      binary(Form::Number, float::postgres_float4)),
    (701,  /* float8 */      binary(Form::Number, float::postgres_float8)),
    (705,  /* unknown */     STRING),
    (718,  /* circle */      plain(geometric::postgres_circle)),
    (774,  /* macaddr8 */    plain(network::macaddr::<8>)),
    (790,  /* money */       STRING),
    (829,  /* macaddr */     plain(network::macaddr::<6>)),
    (869,  /* inet */        plain(network::inet)),
    (1042, /* char(n) */     STRING),
    (1043, /* varchar */     STRING),
    (1082, /* date */        plain(datetime::postgres_date)),
    (1083, /* time */        plain(time::postgres_time)),
    (1114, /* timestamp */   plain(datetime::iso_timestamp)),
    (1184, /* timestamptz */ plain(datetime::iso_timestamptz)),
    (1186, /* interval */    STRING),
    (1266, /* timetz */      plain(time::postgres_timetz)),
    (1560, /* bit */         STRING),
    (1562, /* varbit */      STRING),
    (1700, /* numeric */     server(Form::Number)),
    (2275, /* cstring */     STRING),
    (2278, /* void */        STRING),
    (2950, /* uuid */        plain(uuid::print)),
    (3802, /* jsonb */       JSON),
];

/// Returns the printer of the type with this object id, if the type is printed here.
pub fn printer(type_oid: u32) -> Option<Printer> {
    TYPES.iter().find(|(oid, _)| *oid == type_oid).map(|(_, printer)| *printer)
}

/// Returns the object ids of the columns' types that are not printed here. The database knows which of them
/// are strings in JSON; [`JsonEncoding::new`](super::JsonEncoding::new) needs to be told.
pub fn unknown_types(columns: &[Column]) -> Vec<u32> {
    let mut unknown: Vec<u32> =
        columns.iter().map(|column| column.type_oid).filter(|oid| printer(*oid).is_none()).collect();
    unknown.sort_unstable();
    unknown.dedup();
    unknown
}

/// Returns the object ids of [`TYPES`] and one of a type that is not in it.
#[cfg(test)]
pub fn known_types() -> Vec<u32> {
    TYPES.iter().map(|(oid, _)| *oid).chain([16_384]).collect()
}
