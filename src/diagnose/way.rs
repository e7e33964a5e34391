//! The endpoint at which an AWS service was called, and why it may not have answered.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::time::timeout;

use super::address::{is_private, listed};
use super::diagnosis::HopResult;
use crate::aws::Observer;
use crate::error::{AwsCause, Error};

const LOOKUP: Duration = Duration::from_secs(2);

/// The endpoint that the client of a service has used.
#[derive(Debug, Clone, Default)]
pub(super) struct Way {
    service: &'static str,
    host: String,
    addresses: Vec<IpAddr>,
    answered: bool,
}

impl Way {
    /// Resolves the endpoint that the observer of a call to `service` has recorded.
    pub async fn of(service: &'static str, observer: &Observer) -> Self {
        let Some(endpoint) = observer.endpoint() else { return Self { service, ..Self::default() } };
        let addresses = match timeout(LOOKUP, lookup_host(&endpoint)).await {
            Ok(Ok(addresses)) => addresses.map(|address| address.ip()).collect(),
            _ => Vec::new(),
        };
        Self { service, host: endpoint, addresses, answered: observer.answered() }
    }

    /// Returns whether AWS is reached by a private address, which only a VPC with an interface endpoint has.
    pub fn is_private_endpoint(&self) -> bool {
        !self.addresses.is_empty()
            && self.addresses.iter().all(|address| is_private(*address) && !address.is_loopback())
    }

    /// Returns the result of a call that failed for a general reason: no answer, throttling, invalid
    /// credentials. `None` if the service refused this particular request.
    pub fn explain(&self, error: &Error) -> Option<HopResult> {
        let service = self.service;
        let words = &error.message;
        let failed =
            |cause: String, fix: String| Some(HopResult::failed(format!("{self}: {words}"), cause, fix));
        if self.host.is_empty() {
            return failed(
                format!("No request to {service} could be made."),
                "Give credentials and a region: AWS_REGION, --region, --profile; aws sts get-caller-identity"
                    .to_owned(),
            );
        }
        if error.aws().is_some_and(AwsCause::is_throttled) {
            return failed(
                format!("AWS throttles {service}: the account makes too many calls per second."),
                "Run it again in a minute; spread schedules that begin at the same time (terraform: schedules, window_minutes).".to_owned(),
            );
        }
        if error.aws().is_some_and(AwsCause::refuses_credentials) {
            return failed(
                format!("{service} does not accept the credentials, or the time of the signature."),
                "Renew the credentials (aws sso login, or another --profile) and look at hop clock: aws sts get-caller-identity".to_owned(),
            );
        }
        if self.answered {
            return None;
        }
        let variable = format!("AWS_ENDPOINT_URL_{}", service.to_uppercase());
        let (cause, fix) = if self.addresses.is_empty() {
            (
                format!("The name {} has no address, so {service} cannot be reached.", self.host),
                format!(
                    "Check AWS_REGION and {variable}; in a VPC turn on DNS support (aws ec2 modify-vpc-attribute --enable-dns-support)."
                ),
            )
        } else if !self.host.contains(".amazonaws.com") && !self.host.contains(".api.aws") {
            (
                format!("Nothing answers for {service} at {}, which is not AWS's own endpoint.", self.host),
                format!("Correct or unset {variable} and AWS_ENDPOINT_URL."),
            )
        } else if self.is_private_endpoint() {
            (
                format!(
                    "The VPC's interface endpoint of {service} does not answer: its security group or a network ACL drops the packets."
                ),
                format!(
                    "Admit the function's security group on port 443 at the interface endpoint {service}; terraform: aws_api_access = \"endpoints\" creates one."
                ),
            )
        } else {
            (
                format!(
                    "{service} was called at a public address, which a function in private subnets reaches only through NAT."
                ),
                format!(
                    "Give the VPC the interface endpoint {service} with private DNS, or NAT; terraform: aws_api_access = \"endpoints\" or \"nat\"."
                ),
            )
        };
        failed(cause, fix)
    }
}

impl fmt::Display for Way {
    /// Formats the endpoint, such as `ssm at ssm.eu-central-1.amazonaws.com:443 (10.0.1.7, private)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.is_empty() {
            return write!(f, "{} was not called", self.service);
        }
        write!(f, "{} at {} ({})", self.service, self.host, listed(&self.addresses))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Cause, ErrorType, Stage};

    fn failed(message: &str, code: Option<&str>) -> Error {
        let cause = AwsCause { code: code.map(str::to_owned), ..AwsCause::default() };
        Error::new(ErrorType::DescribeFailed, Stage::Endpoint, message).caused_by(Cause::Aws(cause))
    }

    #[test]
    fn only_codes_are_explained_not_names_that_read_like_codes() {
        let way = Way { service: "rds", host: "rds:443".to_owned(), answered: true, ..Way::default() };
        let cause = |error: &Error| way.explain(error).and_then(|result| result.cause);
        let named = "The database Throttling-ExpiredToken-SlowDown could not be described: no.";
        assert_eq!(cause(&failed(named, Some("AccessDenied"))), None);
        let throttled = cause(&failed(named, Some("ThrottlingException"))).unwrap();
        assert!(throttled.starts_with("AWS throttles rds"), "{throttled}");
        let expired = cause(&failed("", Some("ExpiredToken"))).unwrap();
        assert!(expired.starts_with("rds does not accept the credentials"), "{expired}");
    }
}
