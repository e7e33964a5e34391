//! The hop `parameter`: reads the database configuration from Parameter Store, and the secret of account B
//! that it may name.

use aws_config::SdkConfig;

use super::diagnosis::HopResult;
use super::way::Way;
use crate::aws;
use crate::config::{self, DatabaseConfig, RawConfig};
use crate::error::{Error, ErrorType};
use crate::form;

/// The result of the hop, and what was read.
pub(super) struct Read {
    pub result: HopResult,
    pub raw: Option<RawConfig>,
    pub way: Way,
    pub ahead: Option<f64>,
}

/// Reads the parameter, or the path of parameters, as an extraction does.
pub(super) async fn read(aws: &SdkConfig, name: &str) -> Read {
    let (aws, observer) = aws::observed(aws);
    let read = config::read_parameter(&aws, name).await;
    let way = Way::of("ssm", &observer).await;
    let (result, raw) = match read {
        Ok(raw) => {
            let name = form::shown_parameter(name);
            (HopResult::ok(format!("{name} was read from {way}.")), Some(raw))
        }
        Err(error) => (explain(&aws, name, &error, &way).await, None),
    };
    Read { result, raw, way, ahead: observer.ahead() }
}

async fn explain(aws: &SdkConfig, name: &str, error: &Error, way: &Way) -> HopResult {
    if let Some(result) = way.explain(error) {
        return result;
    }
    let detail = format!("{way}: {}", error.message);
    let region = aws.region().map_or("unknown", AsRef::as_ref);
    let asked = name;
    let name = &form::shown_parameter(name);
    match error.error_type {
        ErrorType::ParameterNotFound => HopResult::failed(
            detail,
            format!("There is no parameter {name} in region {region} of the function's account."),
            format!(
                "Correct dbConfigParam (DB_CONFIG_PARAM; terraform: db_config_param), or create it: aws ssm put-parameter --name {name} --type SecureString --value file://db-config.json --region {region}"
            ),
        ),
        ErrorType::ParameterAccessDenied if may_read_undecrypted(aws, asked).await => HopResult::failed(
            detail,
            format!(
                "The function's role may read {name}, but not decrypt it: kms:Decrypt is missing on the parameter's key, in the role's policy or in the key's."
            ),
            "Grant kms:Decrypt on the parameter's key to the function's role; terraform: kms_key_arn, with the statements of output key_policy_json.",
        ),
        ErrorType::ParameterAccessDenied => HopResult::failed(
            detail,
            format!("The function's role lacks {} on {name}.", action(name)),
            format!(
                "Grant {} on it to the function's role; terraform: db_config_param or allowed_config_params must name it.",
                action(name)
            ),
        ),
        _ => HopResult::failed(detail, &error.message, &error.hint),
    }
}

fn action(name: &str) -> &'static str {
    if name.ends_with('/') { "ssm:GetParametersByPath" } else { "ssm:GetParameter" }
}

/// Returns whether only the decryption is refused.
async fn may_read_undecrypted(aws: &SdkConfig, name: &str) -> bool {
    // read_query refuses a SecureString only after it was read.
    match config::read_query(aws, name).await {
        Ok(_) => true,
        Err(error) => error.error_type == ErrorType::InvalidRequest,
    }
}

/// Reads the secret of account B.
pub(super) async fn read_secret(account_b: &SdkConfig, arn: &str) -> Result<RawConfig, HopResult> {
    let (aws, observer) = aws::observed(account_b);
    let error = match config::read_secret(&aws, arn).await {
        Ok(secret) => return Ok(secret),
        Err(error) => error,
    };
    let way = Way::of("secretsmanager", &observer).await;
    Err(way.explain(&error).unwrap_or_else(|| {
        let arn = form::shown_secret(arn);
        let (cause, fix) = match error.error_type {
            ErrorType::ParameterNotFound => (
                format!("Secrets Manager has no {arn} in the account and region of the role."),
                "Correct secretArn in the configuration; terraform: db_secret_arn.",
            ),
            ErrorType::ParameterAccessDenied => (
                format!("The role of account B may not read or decrypt {arn}."),
                "Grant secretsmanager:GetSecretValue and kms:Decrypt to the role in account B; terraform: db_secret_arn, db_secret_kms_key_arn.",
            ),
            _ => (error.message.clone(), "Store a JSON object with username and password in the secret."),
        };
        HopResult::failed(format!("{way}: {}", error.message), cause, fix)
    }))
}

/// Checks that nothing is missing or wrong in the configuration.
pub(super) fn check(raw: &RawConfig, name: &str) -> Result<DatabaseConfig, HopResult> {
    raw.check(name).map_err(|error| incomplete(name, &error))
}

/// Checks what can be checked before the secret that the configuration may name is read.
pub(super) fn check_alone(raw: &RawConfig, name: &str) -> Result<(), HopResult> {
    let checked = if raw.secret_arn().is_some() { raw.check_forms(name) } else { raw.check(name).map(drop) };
    checked.map_err(|error| incomplete(name, &error))
}

fn incomplete(name: &str, error: &Error) -> HopResult {
    HopResult::failed(
        format!("{} was read.", form::shown_parameter(name)),
        &error.message,
        "Correct the parameter; README.md lists its keys (terraform: db_host, db_name, db_username …, then db_config_version + 1).",
    )
}
