//! JSON objects, read field by field: events, the objects in them and database configurations.
//!
//! An unknown field is a mistake whose message names the most similar known field. A null counts as not
//! given. All mistakes are reported together, one sentence each.

mod json;
mod mistakes;
mod reader;

pub(crate) use json::{Kind, Object};
pub(crate) use mistakes::{Mistakes, nearest};
pub(crate) use reader::{Field, Fields, Read, Schema, Source, boolean, one_of};
