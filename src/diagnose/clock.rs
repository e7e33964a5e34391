//! The hop `clock`: compares this machine's clock with AWS's and the server's.

use super::diagnosis::HopResult;

/// The maximum difference in seconds at which AWS accepts signatures.
const REFUSED: f64 = 300.0;
/// The maximum difference in seconds that is not a warning. The clocks of Lambda and RDS are accurate to
/// milliseconds.
const ODD: f64 = 30.0;

/// Judges the differences to AWS and to the server, in seconds, positive if this machine's clock is ahead.
pub(super) fn judge(aws: Option<f64>, server: Option<f64>) -> HopResult {
    if aws.is_none() && server.is_none() {
        return HopResult::skipped("neither AWS nor the server reported its time");
    }
    let mut facts = Vec::new();
    for (name, ahead) in [("AWS", aws), ("the server", server)] {
        facts.extend(ahead.map(|ahead| format!("{} {name}", against(ahead))));
    }
    let detail = format!("This machine's clock {}.", facts.join(", "));
    let set = "Set the clock: timedatectl set-ntp true, or chronyc makestep; in a container, the clock of the host.";
    if let Some(ahead) = aws.filter(|ahead| ahead.abs() > REFUSED) {
        let cause = format!(
            "This machine's clock {} AWS, which refuses signatures that are off by 5 minutes.",
            against(ahead)
        );
        return HopResult::failed(detail, cause, set);
    }
    let mut result = HopResult::ok(detail);
    if let Some(ahead) = aws.filter(|ahead| ahead.abs() > ODD) {
        result = result.warn(
            format!("This machine's clock {} AWS; at 5 minutes it refuses signatures.", against(ahead)),
            set,
        );
    }
    if let Some(ahead) = server.filter(|ahead| ahead.abs() > ODD) {
        result = result.warn(
            format!(
                "This machine's clock {} the server, whose now() and CURRENT_DATE the query sees.",
                against(ahead)
            ),
            "Set the clock that is wrong; RDS keeps its own.",
        );
    }
    result
}

fn against(ahead: f64) -> String {
    match ahead {
        ahead if ahead.abs() < 1.5 => "agrees with".to_owned(),
        ahead if ahead > 0.0 => format!("is {ahead:.0} s ahead of"),
        ahead => format!("is {:.0} s behind", -ahead),
    }
}

#[cfg(test)]
mod tests {
    use super::super::diagnosis::State;
    use super::*;

    #[test]
    fn minutes_fail_and_half_a_minute_warns() {
        assert_eq!(
            judge(Some(0.4), Some(-0.2)).detail,
            "This machine's clock agrees with AWS, agrees with the server."
        );
        assert_eq!(judge(Some(-400.0), None).state, State::Failed);
        assert_eq!(judge(Some(-400.0), None).detail, "This machine's clock is 400 s behind AWS.");
        assert_eq!(judge(Some(60.0), None).state, State::Warning);
        assert_eq!(judge(None, Some(60.0)).state, State::Warning);
        assert_eq!(judge(None, None).state, State::Skipped);
    }
}
