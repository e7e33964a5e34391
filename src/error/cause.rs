//! The underlying cause of an error: codes for decisions, where the message is for people.

use aws_runtime::retries::classifiers::THROTTLING_ERRORS;
use openssl_sys as ffi;

/// The underlying cause of an [`Error`](super::Error). It is never shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A call to AWS failed.
    Aws(AwsCause),
    /// The database server refused or failed.
    Server(ServerCause),
    /// TLS with the database could not be established.
    Tls(TlsCause),
}

/// How the database server refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerCause {
    /// The SQLSTATE, five characters.
    pub sqlstate: String,
    /// The server function that raised the error, if it is named; poolers do not name it.
    pub routine: Option<String>,
}

/// Why TLS could not be established.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TlsCause {
    /// The server does not offer TLS.
    NotOffered,
    /// The certificate is issued for another name.
    WrongName,
    /// The certificate, or one in its chain, has expired.
    Expired,
    /// The certificate, or one in its chain, is not valid yet.
    NotYetValid,
    /// The certificate authority is not trusted.
    Untrusted,
    /// The certificate authority is a public one of Amazon's and is not trusted.
    UntrustedAmazon,
    /// The server supports no TLS version that is new enough.
    Outdated,
    /// The peer does not speak TLS.
    NotTls,
    /// Anything else.
    Other,
}

impl TlsCause {
    /// Converts OpenSSL's verification result (`X509_V_ERR_…`).
    pub fn of_verification(result: i32) -> Self {
        match result {
            ffi::X509_V_ERR_HOSTNAME_MISMATCH | ffi::X509_V_ERR_IP_ADDRESS_MISMATCH => Self::WrongName,
            ffi::X509_V_ERR_CERT_HAS_EXPIRED => Self::Expired,
            ffi::X509_V_ERR_CERT_NOT_YET_VALID => Self::NotYetValid,
            ffi::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT
            | ffi::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
            | ffi::X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE
            | ffi::X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT
            | ffi::X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN
            | ffi::X509_V_ERR_CERT_UNTRUSTED => Self::Untrusted,
            _ => Self::Other,
        }
    }
}

/// How a call to AWS failed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct AwsCause {
    /// The HTTP status; `None` if there was no response.
    pub status: Option<u16>,
    /// The service's error code; a response to HEAD has none.
    pub code: Option<String>,
    /// What the service says about a denial.
    pub denial: Denial,
    /// Whether nothing was asked, since there are no credentials, or what is configured to give them is wrong.
    pub lacks_credentials: bool,
}

impl AwsCause {
    /// Whether the code is one of `codes`.
    pub fn is(&self, codes: &[&str]) -> bool {
        self.code.as_deref().is_some_and(|code| codes.contains(&code))
    }

    /// Whether the call was throttled, by the service or by KMS behind it.
    pub fn is_throttled(&self) -> bool {
        let code = self.code.as_deref().unwrap_or_default();
        THROTTLING_ERRORS.contains(&code.strip_prefix("KMS.").unwrap_or(code))
    }

    /// Whether the service refused for lack of permission.
    pub fn is_denied(&self) -> bool {
        self.is(&["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized"])
    }

    /// Whether the credentials, or the signature made with them, were rejected.
    pub fn refuses_credentials(&self) -> bool {
        self.is(&[
            "ExpiredToken",
            "ExpiredTokenException",
            "IncompleteSignature",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidSignatureException",
            "RequestTimeTooSkewed",
            "SignatureDoesNotMatch",
            "UnrecognizedClientException",
        ])
    }

    /// Whether the use of a KMS key was denied.
    pub fn denies_key(&self) -> bool {
        self.denial.action.as_deref().is_some_and(|action| action.starts_with("kms:"))
    }
}

/// What AWS's error message says about a denial, for which there is no code.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Denial {
    /// The action that is not allowed, such as `kms:Decrypt`.
    pub action: Option<String>,
    /// The kind of policy that denies it.
    pub policy: Option<Policy>,
}

/// A kind of policy that can deny a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    /// An identity-based policy, which is the caller's own.
    Identity,
    /// A resource-based policy, such as the trust policy of a role.
    Resource,
    /// A policy that limits the others, by its name.
    Above(&'static str),
}

impl Denial {
    /// Parses `User: U is not authorized to perform: ACTION on resource: R because no identity-based policy
    /// allows …`, also `… with an explicit deny in a service control policy`. Names that contain such words
    /// do not mislead it: the user comes first and has no spaces, and the policy comes after the resource.
    pub fn read(words: &str) -> Self {
        const POLICIES: [(&str, Policy); 7] = [
            ("identity-based policy", Policy::Identity),
            ("resource-based policy", Policy::Resource),
            ("trust policy", Policy::Resource),
            ("service control policy", Policy::Above("service control policy")),
            ("resource control policy", Policy::Above("resource control policy")),
            ("permissions boundary", Policy::Above("permissions boundary")),
            ("session policy", Policy::Above("session policy")),
        ];
        let action = words.split_once("is not authorized to perform: ").map(|(_, rest)| rest);
        let reason =
            [" because ", " with an explicit deny "].into_iter().filter_map(|word| words.rfind(word)).max();
        let reason = reason.map_or("", |at| &words[at..]);
        Self {
            action: action.and_then(|rest| rest.split_whitespace().next()).map(str::to_owned),
            policy: POLICIES.iter().find(|(name, _)| reason.contains(name)).map(|&(_, policy)| policy),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denied(reason: &str) -> Denial {
        Denial::read(&format!("User: x is not authorized to perform: sts:AssumeRole on resource: y{reason}"))
    }

    #[test]
    fn aws_s_sentence_names_the_action_and_the_policy() {
        let policy = |reason: &str| denied(reason).policy;
        assert_eq!(denied("").action.as_deref(), Some("sts:AssumeRole"));
        assert_eq!(policy(""), None);
        assert_eq!(
            policy(" because no identity-based policy allows the sts:AssumeRole action"),
            Some(Policy::Identity)
        );
        assert_eq!(
            policy(" because no resource-based policy allows the sts:AssumeRole action"),
            Some(Policy::Resource)
        );
        assert_eq!(
            policy(" with an explicit deny in a service control policy"),
            Some(Policy::Above("service control policy"))
        );
        assert_eq!(Denial::read("Access Denied"), Denial::default());
    }

    #[test]
    fn a_name_with_such_words_does_not_mislead() {
        let words = "User: x is not authorized to perform: s3:PutObject on resource: \
            \"arn:aws:s3:::b/kms: with an explicit deny in a session policy.csv\" because no identity-based policy \
            allows the s3:PutObject action";
        let cause = AwsCause { denial: Denial::read(words), ..AwsCause::default() };
        assert_eq!(cause.denial.policy, Some(Policy::Identity));
        assert!(!cause.denies_key());
    }

    #[test]
    fn codes_have_their_kinds() {
        let of = |code: &str| AwsCause { code: Some(code.to_owned()), ..AwsCause::default() };
        for throttled in ["ThrottlingException", "KMS.ThrottlingException", "SlowDown"] {
            assert!(of(throttled).is_throttled(), "{throttled}");
        }
        assert!(of("ExpiredTokenException").refuses_credentials());
        assert!(of("AccessDenied").is_denied());
        for kind in [AwsCause::is_throttled, AwsCause::refuses_credentials, AwsCause::is_denied] {
            assert!(!kind(&of("NoSuchKey")) && !kind(&AwsCause::default()));
        }
    }
}
