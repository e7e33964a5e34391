//! The form that a value must have, and descriptions of other values that do not repeat them.
//!
//! Any value of an event, a configuration, a flag or a variable may hold a misplaced secret, such as a URL
//! with a password or a whole JSON document. So every reader refuses a value that does not have the form of
//! its field, and no message repeats it: [`refusal()`] says what it looks like instead. For fields that accept
//! any text, [`shown()`] decides whether it may be repeated.

mod aws;
mod postgres;
mod refusal;
mod shape;
mod shown;
mod tags;
#[cfg(test)]
mod tests;
mod words;
#[cfg(test)]
pub(crate) mod wrong_place;

pub(crate) use aws::{
    AWS_VARIABLES, Check, account, bucket, ca_bundle, function_name, identifier, kms_key, parameter_name,
    profile, region, region_of_access_point, role_arn, role_name, secret_id, service, shown_parameter,
    shown_secret, topic_arn,
};
pub(crate) use postgres::{database, host, port, sql, user};
pub(crate) use refusal::{no_credentials, refusal};
pub(crate) use shape::Shape;
pub(crate) use shown::{NOT_SHOWN, is_word, shown, word};
pub(crate) use tags::tags;
pub(crate) use words::without_values;
