//! Reads parameters and secrets.

use aws_config::SdkConfig;
use aws_sdk_ssm::types::{Parameter, ParameterType};

use super::RawConfig;
use super::issues::{Issue, Kept, examine_json, examine_path};
use crate::aws::AwsFailure;
use crate::error::{Error, ErrorType, Result, Stage};
use crate::form;

/// Reads the configuration from a parameter with JSON, or, if `name` ends in `/`, from a path with one
/// parameter per value.
///
/// # Errors
/// `ParameterNotFound`, `ParameterAccessDenied`, `ParameterStoreFailed` or `InvalidDbConfig`, stage `config`.
pub async fn read_parameter(aws: &SdkConfig, name: &str) -> Result<RawConfig> {
    let source = format!("Parameter {}", form::shown_parameter(name));
    let config = if name.ends_with('/') {
        read_path(aws, name).await?
    } else {
        let parameter = get_parameter(aws, name, true).await?;
        RawConfig::from_json(&parameter.value.unwrap_or_default(), &source)?
    };
    config.warn_of_near_misses(&source);
    Ok(config)
}

/// Reads the SQL of `queryParam` without decryption, so that a `SecureString` is not revealed.
///
/// # Errors
/// See [`read_parameter`].
pub async fn read_query(aws: &SdkConfig, name: &str) -> Result<String> {
    let parameter = get_parameter(aws, name, false).await?;
    if parameter.r#type == Some(ParameterType::SecureString) {
        return Err(Error::new(
            ErrorType::InvalidRequest,
            Stage::Config,
            format!(
                "Parameter {} is a SecureString; queryParam takes a String with the SQL.",
                form::shown_parameter(name)
            ),
        ));
    }
    let sql = parameter.value.unwrap_or_default();
    // The file from which the parameter was created may begin with a byte-order mark.
    Ok(sql.trim_start_matches('\u{feff}').to_owned())
}

/// Reads the configuration as [`read_parameter`] does, and returns what is missing, wrong or odd in it.
///
/// # Errors
/// See [`read_parameter`]; only a configuration that cannot be read is an error.
pub async fn examine_parameter(aws: &SdkConfig, name: &str) -> Result<Vec<Issue>> {
    let kept = |parameter: &Parameter| match parameter.r#type {
        Some(ParameterType::SecureString) => Kept::Encrypted,
        _ => Kept::Plain,
    };
    if !name.ends_with('/') {
        let parameter = get_parameter(aws, name, true).await?;
        return Ok(examine_json(parameter.value.as_deref().unwrap_or_default(), kept(&parameter)));
    }
    let parameters = get_path(aws, name, Depth::Values).await?;
    let is_password = |parameter: &&Parameter| last_step(parameter) == "password";
    let kept = parameters.iter().find(is_password).map_or(Kept::Encrypted, kept);
    let values = parameters
        .into_iter()
        .map(|parameter| (last_step(&parameter).to_owned(), parameter.value.unwrap_or_default()));
    Ok(examine_path(values.collect(), kept))
}

async fn get_parameter(aws: &SdkConfig, name: &str, decrypt: bool) -> Result<Parameter> {
    let answer = aws_sdk_ssm::Client::new(aws)
        .get_parameter()
        .name(name)
        .with_decryption(decrypt)
        .send()
        .await
        .map_err(|error| of_parameter(&AwsFailure::of(&error), name))?;
    answer.parameter.ok_or_else(|| of_parameter(&AwsFailure::before("an answer without a parameter"), name))
}

async fn read_path(aws: &SdkConfig, path: &str) -> Result<RawConfig> {
    let mut config = RawConfig::default();
    for parameter in get_path(aws, path, Depth::Values).await? {
        let name = last_step(&parameter).to_owned();
        config.set_named(&name, parameter.value.unwrap_or_default());
    }
    Ok(config)
}

fn last_step(parameter: &Parameter) -> &str {
    parameter.name().and_then(|name| name.rsplit('/').next()).unwrap_or_default()
}

/// How the parameters below a path are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// The parameters of the path itself, with their values.
    Values,
    /// Those of all paths below it too, of which only the names count.
    Names,
}

pub(super) async fn get_path(aws: &SdkConfig, path: &str, depth: Depth) -> Result<Vec<Parameter>> {
    let mut pages = aws_sdk_ssm::Client::new(aws)
        .get_parameters_by_path()
        .path(path)
        .with_decryption(depth == Depth::Values)
        .recursive(depth == Depth::Names)
        .into_paginator()
        .send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| of_parameter(&AwsFailure::of(&error), path))?;
        found.extend(page.parameters.unwrap_or_default());
    }
    if !found.is_empty() {
        return Ok(found);
    }
    Err(Error::new(
        ErrorType::ParameterNotFound,
        Stage::Config,
        format!("There is no parameter under the path {path} in Parameter Store."),
    )
    .with_hint(format!("Check the path and the region: aws ssm get-parameters-by-path --path {path}")))
}

/// Reads a secret with the credentials of account B, which `aws` holds.
///
/// # Errors
/// See [`read_parameter`].
pub async fn read_secret(aws: &SdkConfig, arn: &str) -> Result<RawConfig> {
    let answer =
        aws_sdk_secretsmanager::Client::new(aws).get_secret_value().secret_id(arn).send().await.map_err(|error| {
            let failure = AwsFailure::of(&error);
            let (error_type, hint) = if failure.is(&["ResourceNotFoundException"]) {
                (ErrorType::ParameterNotFound, Some("Check secretArn in the configuration and the region."))
            } else if failure.is_denied() || failure.is(&["DecryptionFailure"]) {
                (
                    ErrorType::ParameterAccessDenied,
                    Some("Grant secretsmanager:GetSecretValue and, with a customer key, kms:Decrypt to the role in account B."),
                )
            } else {
                (ErrorType::ParameterStoreFailed, None)
            };
            let secret = form::shown_secret(arn);
            let error = failure.to_error(error_type, Stage::Config, format!("The {secret} could not be read: {failure}."));
            match hint {
                Some(hint) => error.with_hint(hint),
                None => error,
            }
        })?;
    let secret = form::shown_secret(arn);
    match answer.secret_string {
        Some(text) => RawConfig::from_json(&text, &format!("The {secret}")),
        None => Err(Error::new(
            ErrorType::InvalidDbConfig,
            Stage::Config,
            format!("The {secret} is binary, but must be JSON text."),
        )),
    }
}

fn of_parameter(failure: &AwsFailure, name: &str) -> Error {
    let name = form::shown_parameter(name);
    if failure.is(&["ParameterNotFound", "ParameterVersionNotFound"]) {
        let message = format!("Parameter {name} does not exist in Parameter Store.");
        return failure
            .to_error(ErrorType::ParameterNotFound, Stage::Config, message)
            .with_hint(format!("Check the name and the region: aws ssm get-parameter --name {name}"));
    }
    let error_type = if failure.is_denied() || failure.is(&["InvalidKeyId"]) {
        ErrorType::ParameterAccessDenied
    } else if failure.is(&["ValidationException"]) {
        ErrorType::InvalidRequest
    } else {
        ErrorType::ParameterStoreFailed
    };
    failure.to_error(error_type, Stage::Config, format!("Parameter {name} could not be read: {failure}."))
}
