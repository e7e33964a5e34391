//! Parameter Store and Secrets Manager.

use std::time::Duration;

use devstack::HttpFault;

use super::error;
use crate::matrix::row::{Config, Row, row};

fn parameter(name: &'static str, fault: HttpFault) -> Row {
    row("config", name).every("ssm", "GetParameter", fault)
}

fn parameter_once(name: &'static str, fault: HttpFault) -> Row {
    row("config", name).once("ssm", "GetParameter", fault)
}

fn secret(name: &'static str, fault: HttpFault) -> Row {
    row("config", name).config(Config::Secret).every("secretsmanager", "GetSecretValue", fault)
}

pub fn rows() -> Vec<Row> {
    vec![
        parameter("GetParameter: 400 AccessDeniedException", error(400, "AccessDeniedException"))
            .fails("ParameterAccessDenied", "config"),
        parameter("GetParameter: 400 ParameterNotFound", error(400, "ParameterNotFound"))
            .fails("ParameterNotFound", "config"),
        parameter("GetParameter: 400 InvalidKeyId, the key cannot decrypt", error(400, "InvalidKeyId"))
            .fails("ParameterAccessDenied", "config"),
        parameter_once("GetParameter: 400 ThrottlingException, once", error(400, "ThrottlingException")),
        parameter("GetParameter: 429 TooManyRequestsException", error(429, "TooManyRequestsException"))
            .takes(3)
            .fails("ParameterStoreFailed", "config"),
        parameter_once("GetParameter: 500, once", error(500, "InternalServerError")),
        parameter("GetParameter: 500", error(500, "InternalServerError"))
            .takes(3)
            .fails("ParameterStoreFailed", "config"),
        parameter("GetParameter: 503", error(503, "ServiceUnavailable"))
            .takes(3)
            .fails("ParameterStoreFailed", "config"),
        parameter_once("GetParameter: reset, once", HttpFault::Reset),
        parameter("GetParameter: reset", HttpFault::Reset).takes(3).fails("ParameterStoreFailed", "config"),
        parameter_once("GetParameter: answer lost, once", HttpFault::LoseAnswer),
        parameter_once("GetParameter: answer cut short, once", HttpFault::Truncate(20)),
        parameter("GetParameter: answer cut short", HttpFault::Truncate(20))
            .takes(3)
            .fails("ParameterStoreFailed", "config"),
        parameter("GetParameter: a byte of the answer altered", HttpFault::AlterAnswer(0))
            .fails("ParameterStoreFailed", "config"),
        parameter("GetParameter: a second late", HttpFault::Delay(Duration::from_secs(1))).takes(2),
        parameter_once("GetParameter: no answer, once", HttpFault::Stall).takes(12),
        parameter("GetParameter: no answer", HttpFault::Stall).runs_out(3, "config"),
        row("config", "GetParametersByPath: 400 AccessDeniedException")
            .config(Config::Path)
            .every("ssm", "GetParametersByPath", error(400, "AccessDeniedException"))
            .fails("ParameterAccessDenied", "config"),
        row("config", "GetParametersByPath: 500, once").config(Config::Path).once(
            "ssm",
            "GetParametersByPath",
            error(500, "InternalServerError"),
        ),
        row("config", "GetParametersByPath: no answer")
            .config(Config::Path)
            .every("ssm", "GetParametersByPath", HttpFault::StallAnswer)
            .runs_out(3, "config"),
        secret("GetSecretValue: 400 AccessDeniedException", error(400, "AccessDeniedException"))
            .fails("ParameterAccessDenied", "config"),
        secret("GetSecretValue: 400 ResourceNotFoundException", error(400, "ResourceNotFoundException"))
            .fails("ParameterNotFound", "config"),
        secret("GetSecretValue: 400 DecryptionFailure", error(400, "DecryptionFailure"))
            .fails("ParameterAccessDenied", "config"),
        row("config", "GetSecretValue: 500, once").config(Config::Secret).once(
            "secretsmanager",
            "GetSecretValue",
            error(500, "InternalServiceError"),
        ),
        secret("GetSecretValue: reset", HttpFault::Reset).takes(3).fails("ParameterStoreFailed", "config"),
        secret("GetSecretValue: no answer", HttpFault::Stall).runs_out(4, "config"),
    ]
}
