//! The printers, one file for each family of types. A printer converts a cell from the server to its text
//! in a file, without quotes.

#![allow(clippy::unnecessary_wraps, reason = "all printers have the same signature")]

pub mod bits;
pub mod boolean;
mod calendar;
mod cell;
pub mod changed;
pub mod datetime;
mod decimal;
mod digits;
pub mod float;
pub mod geometric;
pub mod integers;
pub mod interval;
mod java_float;
pub mod money;
pub mod network;
pub mod numeric;
mod six_decimals;
pub mod time;
pub mod uuid;

pub use cell::{Malformed, Memo, Print};
pub use cell::{WRONG_LENGTH, fixed};
pub use digits::{append, append_slice};
