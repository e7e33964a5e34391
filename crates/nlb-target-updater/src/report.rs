//! The line of a run: what it has found and done, and its metrics in CloudWatch's embedded metric format.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde_json::{Value, json};

use crate::run::{Done, Seen};
use crate::step::Target;

/// The namespace of the metrics, which is that of the extractor.
const NAMESPACE: &str = "RdsDataExtractor";

/// Where a run belongs.
#[derive(Clone, Debug)]
pub struct Context<'a> {
    /// The function's name.
    pub function: &'a str,
    /// The id of the invocation.
    pub request_id: &'a str,
    /// The time of the line.
    pub now: SystemTime,
    /// For how long this process has not seen the group as wanted; zero if it is.
    pub disagrees_for: Duration,
}

/// Returns what the function answers: `agrees`, or `pending` if a target is not healthy yet or an old one is still
/// registered.
pub fn answer(done: &Done, seen: &Seen) -> Value {
    json!({
        "outcome": outcome(done),
        "wanted": addresses(&seen.wanted),
        "registered": addresses(&seen.registered),
        "healthy": addresses(&seen.healthy),
        "message": message(done),
    })
}

/// Returns the line of a run.
pub fn line(done: &Done, context: &Context<'_>) -> Value {
    let (mut line, level) = match &done.last {
        Ok(seen) => (answer(done, seen), if seen.agrees { "INFO" } else { "WARN" }),
        Err(failure) => {
            (json!({"outcome": "failed", "errorType": failure.error_type, "message": message(done)}), "ERROR")
        }
    };
    line["timestamp"] = timestamp(context.now).into();
    line["level"] = level.into();
    line["requestId"] = context.request_id.into();
    line["registeredNow"] = addresses(&done.registered);
    line["deregisteredNow"] = addresses(&done.deregistered);
    line["steps"] = done.steps.into();
    line["FunctionName"] = context.function.into();
    let mut metrics = vec![
        ("Changes", "Count", (done.registered.len() + done.deregistered.len()) as u64),
        ("DisagreementAge", "Seconds", context.disagrees_for.as_secs()),
    ];
    // After a failure it is not known what is wanted.
    if let Ok(seen) = &done.last {
        metrics.extend([
            ("Wanted", "Count", seen.wanted.len() as u64),
            ("Registered", "Count", seen.registered.len() as u64),
            ("Healthy", "Count", seen.healthy.len() as u64),
        ]);
    }
    let definition = |(name, unit, _): &(&str, &str, u64)| json!({"Name": name, "Unit": unit});
    let definitions: Vec<_> = metrics.iter().map(definition).collect();
    for (name, _, value) in metrics {
        line[name] = value.into();
    }
    let since_epoch = context.now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    line["_aws"] = json!({
        "Timestamp": since_epoch.as_millis() as u64,
        "CloudWatchMetrics": [{"Namespace": NAMESPACE, "Dimensions": [["FunctionName"]], "Metrics": definitions}],
    });
    line
}

fn outcome(done: &Done) -> &'static str {
    match &done.last {
        Ok(seen) if seen.agrees => "agrees",
        Ok(_) => "pending",
        Err(_) => "failed",
    }
}

fn message(done: &Done) -> String {
    let seen = match &done.last {
        Ok(seen) => seen,
        Err(failure) => return failure.message.clone(),
    };
    let waiting: BTreeSet<_> = seen.registered.difference(&seen.wanted).copied().collect();
    let mut parts = Vec::new();
    if !done.registered.is_empty() {
        parts.push(format!("Registered {}.", listed(&done.registered)));
    }
    if !done.deregistered.is_empty() {
        parts.push(format!("Deregistered {}.", listed(&done.deregistered)));
    }
    if !waiting.is_empty() {
        parts.push(format!(
            "{} stays registered until one of {} is healthy.",
            listed(&waiting),
            listed(&seen.wanted)
        ));
    } else if seen.healthy.is_empty() {
        parts.push(format!(
            "{} is registered, and not healthy yet: if it stays so, the database's security groups do not admit the \
             load balancer's, or the database is down.",
            listed(&seen.wanted)
        ));
    } else if parts.is_empty() {
        parts.push(format!("{} is registered, as wanted.", listed(&seen.wanted)));
    }
    parts.join(" ")
}

fn addresses(targets: &BTreeSet<Target>) -> Value {
    targets.iter().map(|target| target.address.to_string()).collect()
}

fn listed(targets: &BTreeSet<Target>) -> String {
    targets.iter().map(|target| target.address.to_string()).collect::<Vec<_>>().join(", ")
}

/// Formats a time as Lambda expects it, always with milliseconds.
fn timestamp(time: SystemTime) -> String {
    let since_epoch = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seconds = DateTime::from_secs(since_epoch.as_secs() as i64).fmt(Format::DateTime);
    let seconds = seconds.unwrap_or_default();
    format!("{}.{:03}Z", seconds.trim_end_matches('Z'), since_epoch.subsec_millis())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Failure;
    use std::net::Ipv4Addr;

    fn targets(lasts: &[u8]) -> BTreeSet<Target> {
        let target = |last: &u8| Target { address: Ipv4Addr::new(10, 1, 0, *last), port: 5432 };
        lasts.iter().map(target).collect()
    }

    fn done(last: Result<Seen, Failure>, registered: &[u8]) -> Done {
        Done { last, registered: targets(registered), deregistered: BTreeSet::new(), steps: 1 }
    }

    fn seen(wanted: &[u8], registered: &[u8], healthy: &[u8]) -> Seen {
        let [wanted, registered, healthy] = [wanted, registered, healthy].map(targets);
        Seen { agrees: wanted == registered, wanted, registered, healthy }
    }

    fn line_of(done: &Done) -> Value {
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(1500);
        let disagrees_for = Duration::from_secs(90);
        line(done, &Context { function: "orders-targets", request_id: "r", now, disagrees_for })
    }

    #[test]
    fn a_line_defines_every_metric_that_it_carries() {
        let line = line_of(&done(Ok(seen(&[2], &[1, 2], &[])), &[2]));
        let definitions = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().expect("metrics");
        assert_eq!(definitions.len(), 5);
        for definition in definitions {
            assert!(line[definition["Name"].as_str().expect("a name")].is_number(), "{definition}");
        }
        assert_eq!(
            (&line["Wanted"], &line["Registered"], &line["Healthy"]),
            (&json!(1), &json!(2), &json!(0))
        );
        assert_eq!(
            (&line["DisagreementAge"], &line["timestamp"]),
            (&json!(90), &json!("1970-01-01T00:00:01.500Z"))
        );
        assert_eq!(line["_aws"]["Timestamp"], 1500);
    }

    #[test]
    fn it_says_what_was_done_and_what_is_waited_for() {
        let said = |seen: Seen, registered: &[u8]| {
            let line = line_of(&done(Ok(seen), registered));
            format!(
                "{} {}",
                line["outcome"].as_str().expect("an outcome"),
                line["message"].as_str().expect("a message")
            )
        };
        assert_eq!(
            said(seen(&[2], &[1, 2], &[]), &[2]),
            "pending Registered 10.1.0.2. 10.1.0.1 stays registered until one of 10.1.0.2 is healthy."
        );
        assert_eq!(said(seen(&[2], &[2], &[2]), &[]), "agrees 10.1.0.2 is registered, as wanted.");
        assert!(said(seen(&[2], &[2], &[]), &[]).contains("the database's security groups do not admit"));
    }

    #[test]
    fn a_failure_says_nothing_about_what_is_wanted() {
        let line = line_of(&done(Err(Failure::new("DnsFailed", "orders could not be resolved.")), &[]));
        assert_eq!((&line["level"], &line["errorType"]), (&json!("ERROR"), &json!("DnsFailed")));
        assert_eq!((&line["Wanted"], &line["DisagreementAge"]), (&Value::Null, &json!(90)));
    }
}
