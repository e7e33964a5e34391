//! The role in account B, from the event or from the operator's variables.

use super::limits::Limits;
use super::{fields, values};
use crate::fields::Fields;
use crate::form;
use crate::job::Role;

pub(super) fn read(fields: &mut Fields<'_>, limits: &Limits) -> Option<Role> {
    let asked = fields.text(fields::ROLE_ARN, form::role_arn);
    limits.role_arn(&asked, &mut fields.mistakes);
    let external_id = fields.text(fields::EXTERNAL_ID, values::external_id).value();
    let arn = asked.value().or_else(|| limits.operators_role.clone())?;
    Some(Role { arn, external_id })
}
