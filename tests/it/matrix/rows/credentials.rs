//! The role in account B.

use devstack::HttpFault;

use super::error;
use crate::matrix::row::{Row, row};

fn assume(name: &'static str, fault: HttpFault) -> Row {
    row("credentials", name).every("sts", "AssumeRole", fault)
}

fn assume_once(name: &'static str, fault: HttpFault) -> Row {
    row("credentials", name).once("sts", "AssumeRole", fault)
}

pub fn rows() -> Vec<Row> {
    vec![
        assume("AssumeRole: 403 AccessDenied", error(403, "AccessDenied"))
            .fails("AssumeRoleDenied", "credentials"),
        assume("AssumeRole: 403 RegionDisabledException", error(403, "RegionDisabledException"))
            .fails("AssumeRoleFailed", "credentials"),
        assume_once("AssumeRole: 400 Throttling, once", error(400, "Throttling")),
        assume("AssumeRole: 429 TooManyRequestsException", error(429, "TooManyRequestsException"))
            .takes(3)
            .fails("AssumeRoleFailed", "credentials"),
        assume_once("AssumeRole: 500, once", error(500, "InternalFailure")),
        assume("AssumeRole: 500", error(500, "InternalFailure"))
            .takes(3)
            .fails("AssumeRoleFailed", "credentials"),
        assume("AssumeRole: 503", error(503, "ServiceUnavailable"))
            .takes(3)
            .fails("AssumeRoleFailed", "credentials"),
        assume_once("AssumeRole: reset, once", HttpFault::Reset),
        assume("AssumeRole: reset", HttpFault::Reset).takes(3).fails("AssumeRoleFailed", "credentials"),
        assume_once("AssumeRole: answer lost, once", HttpFault::LoseAnswer),
        assume("AssumeRole: answer cut short", HttpFault::Truncate(100))
            .takes(3)
            .fails("AssumeRoleFailed", "credentials"),
        assume("AssumeRole: a byte of the answer altered", HttpFault::AlterAnswer(0))
            .fails("AssumeRoleFailed", "credentials"),
        assume("AssumeRole: no answer", HttpFault::Stall).runs_out(3, "credentials"),
        assume("AssumeRole: done, but no answer", HttpFault::StallAnswer).runs_out(3, "credentials"),
    ]
}
