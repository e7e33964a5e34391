//! The command `config check`.

use std::process::ExitCode;

use console::Style;

use super::arguments::CheckArguments;
use super::exit::exit_status;
use super::input::{read_file, wrong};
use super::report::Report;
use super::summary::show;
use crate::answer::{Answer, level_name};
use crate::aws;
use crate::config::{self, Issue, Kept, Level, examine_json};
use crate::environment::Environment;
use crate::error::Result;
use crate::event::DEFAULT_CONFIG_PARAM;
use crate::form;

/// The column at which the texts begin.
const INDENT: usize = 11;

pub(super) async fn run(arguments: &CheckArguments, environment: &Environment) -> ExitCode {
    let report = Report::new(arguments.json, false);
    let name = arguments.name.as_deref().or_else(|| environment.get("DB_CONFIG_PARAM"));
    let name = name.unwrap_or(DEFAULT_CONFIG_PARAM);
    let (source, examined) = match &arguments.file {
        Some(file) => (file.as_str(), read_file("--file", file).map(|text| examine_json(&text, Kept::File))),
        None => (name, examine_parameter(arguments, environment, name).await),
    };
    let source = form::shown_parameter(source);
    let answer = examined
        .map_or_else(Answer::Failed, |issues| Answer::ConfigChecked { source: source.clone(), issues })
        .for_shell();
    match &answer {
        Answer::ConfigChecked { source, issues } if report.readable => {
            report.print(&words(report, source, issues, answer.ok()));
        }
        _ => show(report, &answer, "", 0.0),
    }
    exit_status(&answer)
}

async fn examine_parameter(
    arguments: &CheckArguments,
    environment: &Environment,
    name: &str,
) -> Result<Vec<Issue>> {
    arguments.aws.check(environment)?;
    arguments.aws.check_profile(environment).await?;
    form::parameter_name(name).map_err(|what| wrong(format!("The parameter's name {what}.")))?;
    let aws = aws::load(arguments.aws.profile.as_deref(), arguments.aws.region.as_deref()).await;
    config::examine_parameter(&aws, name).await
}

fn words(report: Report, source: &str, issues: &[Issue], ok: bool) -> String {
    let mut page = report.page(INDENT);
    let (style, verdict) = match (ok, issues.is_empty()) {
        (true, true) => (Style::new().green(), "nothing is missing, wrong or odd"),
        (true, false) => (Style::new().yellow(), "an extraction with it can work, but look at this"),
        (false, _) => (Style::new().red(), "an extraction with it would fail"),
    };
    page.heading(&style.bold(), &format!("{source}: {verdict}"));
    for Issue { level, key, what } in issues {
        let style = if *level == Level::Problem { Style::new().red() } else { Style::new().yellow() };
        let key = if key.is_empty() { String::new() } else { format!("{key}: ") };
        page.row_in(&style, level_name(*level), &format!("{key}{what}"));
    }
    page.text()
}
