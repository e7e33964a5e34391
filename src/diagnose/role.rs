//! The hop `role`: assumes the role, and finds which side refuses it.

use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_credential_types::provider::SharedCredentialsProvider;

use super::diagnosis::HopResult;
use super::way::Way;
use crate::account::{AssumedRoles, session_name};
use crate::aws;
use crate::error::{Error, ErrorType, Policy};
use crate::job::Role;

/// The result of the hop, and the credentials of the role.
pub(super) struct Assumed {
    pub result: HopResult,
    pub credentials: Option<SharedCredentialsProvider>,
    pub way: Way,
    pub ahead: Option<f64>,
}

/// Assumes the role without cached credentials, which would not reflect the current policies.
///
/// `operators` tells whether the function's environment names the role, which its policy then allows.
pub(super) async fn assume(
    aws: &SdkConfig,
    region: Option<&str>,
    role: &Role,
    request_id: &str,
    operators: bool,
) -> Assumed {
    let (aws, observer) = aws::observed(aws);
    let session = session_name(request_id);
    let assumed = AssumedRoles::default().credentials(&aws, region, role, &session, SystemTime::now()).await;
    let way = Way::of("sts", &observer).await;
    let (result, credentials) = match assumed {
        Ok(credentials) => {
            let with = if role.external_id.is_some() { "with" } else { "without" };
            let detail = format!("{} was assumed {with} an external id; {way}.", role.arn);
            (HopResult::ok(detail), Some(credentials))
        }
        Err(error) => (explain(&error, role, &way, operators), None),
    };
    Assumed { result, credentials, way, ahead: observer.ahead() }
}

fn explain(error: &Error, role: &Role, way: &Way, operators: bool) -> HopResult {
    if let Some(result) = way.explain(error) {
        return result;
    }
    let detail = format!("{way}: {}", error.message);
    if error.error_type != ErrorType::AssumeRoleDenied {
        return HopResult::failed(detail, &error.message, &error.hint);
    }
    let policy = error.aws().and_then(|cause| cause.denial.policy);
    let (cause, fix) = why_denied(policy, role, operators);
    HopResult::failed(detail, cause, fix)
}

/// Returns the cause and fix. Some answers of AWS say which policy refuses; for others the likelier side is
/// given.
fn why_denied(policy: Option<Policy>, role: &Role, operators: bool) -> (String, String) {
    let arn = &role.arn;
    let account = arn.split(':').nth(4).unwrap_or("B");
    let in_a = format!(
        "Grant sts:AssumeRole on {arn} to the function's role in account A; terraform: account_b_id, cross_account_role_name, allowed_role_arns."
    );
    let in_b = format!(
        "Trust the function's role, with this external id, in the role's policy in account {account}; terraform: external_id, account_a_id (aws iam get-role --role-name {}).",
        arn.rsplit('/').next().unwrap_or_default()
    );
    match policy {
        Some(Policy::Above(name)) => {
            return (
                format!("A policy above the roles denies it: a {name}."),
                "Ask the administrators of the organisation's service control policies and permissions boundaries; terraform: permissions_boundary_arn.".to_owned(),
            );
        }
        Some(Policy::Identity) => {
            return (
                format!("Account A refuses: the function's own role has no permission to assume {arn}."),
                in_a,
            );
        }
        Some(Policy::Resource) => {
            return (
                format!(
                    "Account B refuses: the trust policy of {arn} does not admit the function's role with this external id."
                ),
                in_b,
            );
        }
        None => {}
    }
    let unsaid = "AWS does not say which side refuses.";
    if role.external_id.is_none() {
        return (
            format!(
                "{unsaid} It is probably account B: no external id was sent, and the trust policy of {arn} may require one."
            ),
            format!("Give externalId (EXTERNAL_ID; terraform: external_id). Otherwise: {in_b}"),
        );
    }
    if operators {
        (
            format!(
                "{unsaid} It is probably account B, since the function was deployed for this role: the trust policy of {arn} names another principal or external id, or the role does not exist."
            ),
            format!("{in_b} Otherwise: {in_a}"),
        )
    } else {
        (
            format!(
                "{unsaid} It is probably account A, since the function's environment names another role or none: its own role may not assume {arn}."
            ),
            format!("{in_a} Otherwise: {in_b}"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(policy: Option<Policy>, external_id: Option<&str>, operators: bool) -> String {
        let arn = "arn:aws:iam::222222222222:role/R".to_owned();
        why_denied(policy, &Role { arn, external_id: external_id.map(str::to_owned) }, operators).0
    }

    #[test]
    fn a_policy_that_aws_names_is_the_cause() {
        let cause = |policy, operators| cause(Some(policy), Some("id"), operators);
        assert!(cause(Policy::Identity, true).starts_with("Account A refuses"));
        assert!(cause(Policy::Resource, false).starts_with("Account B refuses"));
        assert_eq!(
            cause(Policy::Above("service control policy"), true),
            "A policy above the roles denies it: a service control policy."
        );
    }

    #[test]
    fn otherwise_the_likelier_side_is_named() {
        assert!(
            cause(None, Some("id"), true)
                .contains("It is probably account B, since the function was deployed")
        );
        assert!(cause(None, Some("id"), false).contains("It is probably account A"));
        assert!(cause(None, None, false).contains("It is probably account B: no external id"));
    }
}
