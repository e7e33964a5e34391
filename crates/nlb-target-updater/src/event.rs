//! What starts a run: an event of RDS, through SNS, or the schedule.

use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde_json::Value;

/// How long a run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watch {
    /// One look.
    Once,
    /// Until a look succeeds, or this time.
    UntilSeen(SystemTime),
    /// Until the target group has been changed and is as wanted, or this time.
    UntilChanged(SystemTime),
}

/// How long the first run of a deployment repeats what fails: the role's policy takes effect some seconds after it is made.
const FIRST: Duration = Duration::from_secs(60);

impl Watch {
    /// Returns how long a run of this event goes on that begins `now`.
    ///
    /// RDS reports a failover before the name leads to the new writer, so a run watches for some time after the event. The
    /// time counts from the event: of fifty that were sent at once and run one after the other, only the first watch. Runs
    /// of the schedule take one look. The first run of a deployment has the event `{"first": true}`.
    pub fn of(event: &Value, watch: Duration, now: SystemTime) -> Self {
        if event["first"] == true {
            return Self::UntilSeen(now + FIRST);
        }
        let records = event["Records"].as_array().map_or(&[][..], Vec::as_slice);
        let sent = records.iter().filter_map(|record| record["Sns"]["Timestamp"].as_str());
        let sent = sent.filter_map(|text| DateTime::from_str(text, Format::DateTime).ok());
        let newest = sent.filter_map(|time| SystemTime::try_from(time).ok()).max();
        newest.map_or(Self::Once, |sent| Self::UntilChanged(sent + watch))
    }

    /// Returns this, but ends at `latest` at the latest.
    #[must_use]
    pub fn ends_by(self, latest: SystemTime) -> Self {
        match self {
            Self::Once => self,
            Self::UntilSeen(until) => Self::UntilSeen(until.min(latest)),
            Self::UntilChanged(until) => Self::UntilChanged(until.min(latest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const EPOCH: SystemTime = SystemTime::UNIX_EPOCH;

    fn of(event: &Value) -> Watch {
        Watch::of(event, Duration::from_secs(180), EPOCH)
    }

    #[test]
    fn an_event_of_rds_is_watched_from_when_it_was_sent() {
        let record =
            |time: &str| json!({"EventSource": "aws:sns", "Sns": {"Timestamp": time, "Message": "{}"}});
        let event =
            json!({"Records": [record("1970-01-01T00:00:05.000Z"), record("1970-01-01T00:00:07.500Z")]});
        let until = EPOCH + Duration::from_millis(187_500);
        assert_eq!(of(&event), Watch::UntilChanged(until));
        assert_eq!(of(&event).ends_by(EPOCH), Watch::UntilChanged(EPOCH));
    }

    #[test]
    fn the_first_run_repeats_what_fails() {
        assert_eq!(of(&json!({"first": true})), Watch::UntilSeen(EPOCH + FIRST));
    }

    #[test]
    fn the_schedule_and_others_take_one_look() {
        let schedule =
            json!({"source": "aws.events", "detail-type": "Scheduled Event", "time": "2026-01-01T00:00:00Z"});
        let odd = json!({"Records": [{"Sns": {"Timestamp": "yesterday"}}]});
        for event in [schedule, odd, json!({}), json!(null), json!([1]), json!({"first": "yes"})] {
            assert_eq!(of(&event), Watch::Once, "{event}");
        }
    }
}
