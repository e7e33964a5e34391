//! The hop `role`: STS, and who refuses the role where it is refused.

use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_credential_types::provider::SharedCredentialsProvider;

use super::report::Finding;
use super::way::Way;
use crate::account::{AssumedRoles, session_name};
use crate::aws;
use crate::error::{Error, ErrorType};
use crate::event::Role;

/// What came of assuming the role.
pub(super) struct Assumed {
    pub finding: Finding,
    pub credentials: Option<SharedCredentialsProvider>,
    pub way: Way,
    pub ahead: Option<f64>,
}

/// Assumes the role anew: what an earlier invocation has kept says nothing of today's policies.
///
/// `operators` is whether the function's own environment names the role, to which its own policy was made then.
pub(super) async fn assume(aws: &SdkConfig, role: &Role, request_id: &str, operators: bool) -> Assumed {
    let (aws, observer) = aws::observed(aws);
    let assumed =
        AssumedRoles::default().credentials(&aws, role, &session_name(request_id), SystemTime::now()).await;
    let way = Way::of("sts", &observer).await;
    let (finding, credentials) = match assumed {
        Ok(credentials) => {
            let with = if role.external_id.is_some() { "with" } else { "without" };
            let detail = format!("{} was assumed {with} an external id; {way}.", role.arn);
            (Finding::ok(detail), Some(credentials))
        }
        Err(error) => (explain(&error, role, &way, operators), None),
    };
    Assumed { finding, credentials, way, ahead: observer.ahead() }
}

fn explain(error: &Error, role: &Role, way: &Way, operators: bool) -> Finding {
    if let Some(finding) = way.explain(error) {
        return finding;
    }
    let detail = format!("{way}: {}", error.message);
    if error.error_type != ErrorType::AssumeRoleDenied {
        return Finding::failed(detail, &error.message, &error.hint);
    }
    let (cause, fix) = why_denied(&error.message, role, operators);
    Finding::failed(detail, cause, fix)
}

/// AWS says which policy refuses in some answers; in the others what is likelier is said.
fn why_denied(words: &str, role: &Role, operators: bool) -> (String, String) {
    let arn = &role.arn;
    let account = arn.split(':').nth(4).unwrap_or("B");
    let in_a = format!(
        "Allow sts:AssumeRole on {arn} to the function's role in account A; terraform: account_b_id, cross_account_role_name, allowed_role_arns."
    );
    let in_b = format!(
        "Trust the function's role, with this external id, in the role's policy in account {account}; terraform: external_id, account_a_id (aws iam get-role --role-name {}).",
        arn.rsplit('/').next().unwrap_or_default()
    );
    if words.contains("service control policy")
        || words.contains("permissions boundary")
        || words.contains("session policy")
    {
        return (
            format!("A policy above the roles denies it: {}", because(words)),
            "Ask whoever keeps the organisation's service control policies and permissions boundaries; terraform: permissions_boundary_arn.".to_owned(),
        );
    }
    if words.contains("identity-based policy") {
        return (
            format!("Account A refuses: the function's own role has no permission to assume {arn}."),
            in_a,
        );
    }
    if words.contains("resource-based policy") || words.contains("trust policy") {
        return (
            format!(
                "Account B refuses: the trust policy of {arn} does not admit the function's role with this external id."
            ),
            in_b,
        );
    }
    let unsaid = "AWS does not say which side refuses.";
    if role.external_id.is_none() {
        return (
            format!(
                "{unsaid} Likelier is account B: no external id was sent, and the trust policy of {arn} may ask for one."
            ),
            format!("Give externalId (EXTERNAL_ID; terraform: external_id). Else: {in_b}"),
        );
    }
    if operators {
        (
            format!(
                "{unsaid} Likelier is account B, since the function was made for this role: the trust policy of {arn} names another principal or external id, or the role does not exist."
            ),
            format!("{in_b} Else: {in_a}"),
        )
    } else {
        (
            format!(
                "{unsaid} Likelier is account A, since the function's environment names another role or none: its own role may not assume {arn}."
            ),
            format!("{in_a} Else: {in_b}"),
        )
    }
}

fn because(words: &str) -> &str {
    words.find("because").or_else(|| words.find("with an explicit deny")).map_or(words, |at| &words[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(words: &str, external_id: Option<&str>, operators: bool) -> String {
        let arn = "arn:aws:iam::222222222222:role/R".to_owned();
        why_denied(words, &Role { arn, external_id: external_id.map(str::to_owned) }, operators).0
    }

    #[test]
    fn aws_s_own_word_on_who_refuses_is_taken() {
        let denied =
            |why: &str| format!("User: x is not authorized to perform: sts:AssumeRole on resource: y {why}");
        let a = denied("because no identity-based policy allows the sts:AssumeRole action");
        assert!(cause(&a, Some("id"), true).starts_with("Account A refuses"));
        let b = denied("because no resource-based policy allows the sts:AssumeRole action");
        assert!(cause(&b, Some("id"), false).starts_with("Account B refuses"));
        let above = denied("with an explicit deny in a service control policy");
        assert!(cause(&above, Some("id"), true).starts_with("A policy above"));
    }

    #[test]
    fn otherwise_the_likelier_side_is_named() {
        assert!(
            cause("denied", Some("id"), true).contains("Likelier is account B, since the function was made")
        );
        assert!(cause("denied", Some("id"), false).contains("Likelier is account A"));
        assert!(cause("denied", None, false).contains("Likelier is account B: no external id"));
    }
}
