//! The role given by the operator's variables.

use super::values;
use crate::environment::Environment;
use crate::fields::{Mistakes, Source};
use crate::form;

const DEFAULT_NAME: &str = "CrossAccountRDSAccessRole";

/// Returns the role given by the operator's variables, if any.
pub fn operators_role(environment: &Environment) -> Option<String> {
    of_variables(environment, &mut Mistakes::default())
}

pub(super) fn of_variables(environment: &Environment, mistakes: &mut Mistakes) -> Option<String> {
    let mut read = |variable, check: fn(&str) -> Result<String, String>| {
        let checked = check(environment.get(variable)?);
        checked.map_err(|what| mistakes.add(format!("{} {what}.", Source::Variable(variable)))).ok()
    };
    let account = read("ACCOUNT_B_ID", form::account)?;
    let name = match environment.get("CROSS_ACCOUNT_ROLE_NAME") {
        Some(_) => read("CROSS_ACCOUNT_ROLE_NAME", form::role_name)?,
        None => DEFAULT_NAME.to_owned(),
    };
    let region = environment.get("AWS_REGION").or_else(|| environment.get("AWS_DEFAULT_REGION"));
    Some(format!("arn:{}:iam::{account}:role/{name}", values::partition(region.unwrap_or_default())))
}
