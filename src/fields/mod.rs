//! Objects of JSON read field by field: the event, the objects within it and the database configuration.
//!
//! A field is known, or a mistake that names the nearest known one. A null counts as not given. Every mistake is a
//! sentence, and all of them come in one answer.

mod json;
mod mistakes;
mod reader;

pub(crate) use json::{Kind, Object};
pub(crate) use mistakes::{Mistakes, nearest};
pub(crate) use reader::{Field, Fields, Read, Schema, Source, boolean, one_of};
