//! The command `watermark`: the state of an incremental export, shown and changed by hand.

use std::process::ExitCode;

use serde_json::Value;

use super::arguments::{PlaceArguments, ResetArguments, SetArguments, WatermarkCommand};
use super::exit::exit_status;
use super::input::wrong;
use super::report::{Report, write_stdout};
use super::request::random_id;
use super::summary::show;
use crate::answer::Answer;
use crate::environment::Environment;
use crate::error::Result;
use crate::form;
use crate::job::{
    FileName, IfExists, IfFileExists, LocalOutput, ObjectTarget, Target, Template, WriteOptions,
};
use crate::pipeline::{Change, Changed, Process, change_state, show_state};

pub(super) async fn run(command: &WatermarkCommand, environment: Environment) -> ExitCode {
    let done = match command {
        WatermarkCommand::Show(place) => shown(place, environment).await,
        WatermarkCommand::Set(SetArguments { place, lower, timeline, system, yes }) => {
            let system = system.map(|system| system.to_string());
            changed(place, environment, &Change::Set { lower: *lower, timeline: *timeline, system }, *yes)
                .await
        }
        WatermarkCommand::Reset(ResetArguments { place, yes }) => {
            changed(place, environment, &Change::Reset, *yes).await
        }
    };
    match done {
        Ok(state) => {
            if write_stdout(format!("{state:#}\n").as_bytes()) {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(error) => {
            let answer = Answer::Failed(error).for_shell();
            show(Report::new(false, false), &answer, &random_id(), 0.0);
            exit_status(&answer)
        }
    }
}

async fn shown(place: &PlaceArguments, environment: Environment) -> Result<Value> {
    let (process, target, stream) = opened(place, environment).await?;
    show_state(&process, &target, &stream).await
}

async fn changed(
    place: &PlaceArguments,
    environment: Environment,
    change: &Change,
    is_sure: bool,
) -> Result<Value> {
    let (process, target, stream) = opened(place, environment).await?;
    let id = random_id();
    let Changed { state, effects } =
        change_state(&process, (&target, &stream), change, (&id, !is_sure)).await?;
    for effect in effects {
        eprintln!("{effect}");
    }
    if !is_sure {
        eprintln!("Nothing was changed. With --yes, the state becomes what is printed here.");
    }
    Ok(state)
}

/// Returns the process, and the target and the name of the stream whose folder this is.
async fn opened(
    PlaceArguments { folder, bucket_owner, aws }: &PlaceArguments,
    environment: Environment,
) -> Result<(Process, Target, String)> {
    aws.check(&environment)?;
    let (target, stream) = target(folder, bucket_owner.clone())?;
    if matches!(target, Target::Object(_)) {
        aws.check_profile(&environment).await?;
    }
    let process = Process::new(environment).with_profile(aws.profile.clone(), aws.region.clone());
    Ok((process, target, stream))
}

fn target(folder: &str, bucket_owner: Option<String>) -> Result<(Target, String)> {
    let not_a_stream =
        || wrong("The folder of a stream has the form s3://BUCKET/PREFIX/STREAM, or is a path.");
    let trimmed = folder.trim_end_matches('/');
    let Some(rest) = trimmed.strip_prefix("s3://") else {
        let (output, stream) = trimmed.rsplit_once('/').unwrap_or((".", trimmed));
        let output = LocalOutput::Path(Template::constant(if output.is_empty() { "/" } else { output }));
        return if stream.is_empty() {
            Err(not_a_stream())
        } else {
            Ok((Target::Local(output, IfFileExists::Fail), stream.to_owned()))
        };
    };
    let (bucket, key) = rest.split_once('/').ok_or_else(not_a_stream)?;
    let bucket = form::bucket(bucket).map_err(|what| wrong(format!("The bucket {what}.")))?;
    if let Some(owner) = &bucket_owner {
        form::account(owner).map_err(|what| wrong(format!("--bucket-owner {what}.")))?;
    }
    let (prefix, stream) =
        key.rsplit_once('/').map_or((None, key), |(prefix, stream)| (Some(prefix), stream));
    let object = ObjectTarget {
        bucket,
        bucket_owner,
        key_prefix: prefix.map(Template::constant),
        file_name: FileName::Exact(Template::constant(stream)),
        options: WriteOptions::default(),
        if_exists: IfExists::Fail,
    };
    Ok((Target::Object(object), stream.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_names_the_bucket_the_prefix_and_the_stream() {
        let of = |folder| match target(folder, None).unwrap() {
            (Target::Object(object), stream) => {
                let prefix = object.key_prefix.as_ref().and_then(Template::as_constant).map(str::to_owned);
                format!("{} {prefix:?} {stream}", object.bucket)
            }
            (Target::Local(LocalOutput::Path(path), _), stream) => {
                format!("{:?} {stream}", path.as_constant())
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(of("s3://bucket/a/b/orders/"), r#"bucket Some("a/b") orders"#);
        assert_eq!(of("s3://bucket/orders"), "bucket None orders");
        assert_eq!(of("exports/orders/"), r#"Some("exports") orders"#);
        assert_eq!(of("orders"), r#"Some(".") orders"#);
        assert_eq!(of("/orders"), r#"Some("/") orders"#);
        assert!(target("s3://bucket", None).is_err() && target("/", None).is_err());
    }
}
