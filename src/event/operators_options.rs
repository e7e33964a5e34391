//! The write options given by the operator's variables, for small objects that belong to the operator.

use super::{fields, write_options};
use crate::environment::Environment;
use crate::fields::{Fields, Object};
use crate::job::WriteOptions;

/// Returns the operator's write options, without those that are wrong and without the storage class: what is read again
/// soon must not lie in an archive.
pub fn operators_options(environment: &Environment) -> WriteOptions {
    let mut fields = Fields::new(Object(Vec::new()), &fields::EVENT, environment);
    WriteOptions { storage_class: None, ..write_options::read(&mut fields) }
}
