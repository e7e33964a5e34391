//! Computes how often an export comes, and its runs by day.

use std::collections::BTreeMap;

use extractor_overview::Day;

use super::group::Group;

/// The number of days that are shown and from which the interval is derived.
const DAYS: usize = 30;
const DAY: i64 = 86_400;
pub(super) const SECONDS: i64 = DAYS as i64 * DAY;
/// Objects that are written within this many seconds count as one occasion.
const ONE_OCCASION: i64 = 600;
/// The minimum number of intervals; fewer are not significant.
const LEAST: usize = 3;

/// Returns the interval in minutes that nine of ten in the last 30 days did not exceed. It covers the weekend
/// of a job that runs on working days, and ignores a single failure.
pub(super) fn usual_minutes(times: &[i64], now: i64) -> Option<u32> {
    let mut times: Vec<i64> = times.iter().copied().filter(|time| *time > now - SECONDS).collect();
    times.sort_unstable();
    let mut occasions: Vec<i64> = Vec::new();
    for time in times {
        if occasions.last().is_none_or(|last| time - last > ONE_OCCASION) {
            occasions.push(time);
        }
    }
    let mut gaps: Vec<i64> = occasions.windows(2).map(|pair| pair[1] - pair[0]).collect();
    gaps.sort_unstable();
    let nine_of_ten = gaps.get((gaps.len() * 9).div_ceil(10).checked_sub(1)?)?;
    (gaps.len() >= LEAST).then(|| (nine_of_ten / 60).max(1) as u32)
}

/// Returns the runs and bytes of each of the last 30 days, today last.
pub(super) fn days(group: &Group, rows: &BTreeMap<String, u64>, now: i64) -> Vec<Day> {
    let mut days = vec![Day::default(); DAYS];
    let today = now.div_euclid(DAY);
    let index = |time: i64| usize::try_from(DAYS as i64 - 1 - (today - time.div_euclid(DAY))).ok();
    for object in &group.runs {
        let Some(day) = index(object.modified).and_then(|index| days.get_mut(index)) else { continue };
        day.runs += 1;
        // The bytes of a manifest are not those of the export.
        if group.files.is_empty() {
            day.bytes += object.bytes;
        }
        if let Some(rows) = rows.get(&object.key) {
            *day.rows.get_or_insert(0) += rows;
        }
    }
    for (time, bytes) in &group.files {
        if let Some(day) = index(*time).and_then(|index| days.get_mut(index)) {
            day.bytes += bytes;
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::Listed;

    const NOW: i64 = 20_000 * DAY + 6 * 3_600;

    fn every(seconds: i64, count: i64) -> Vec<i64> {
        (0..count).map(|index| NOW - index * seconds).collect()
    }

    #[test]
    fn the_usual_interval_is_not_the_longest_and_not_the_shortest() {
        assert_eq!(usual_minutes(&every(3_600, 200), NOW), Some(60));
        let mut with_a_gap = every(3_600, 200);
        with_a_gap.retain(|time| !(NOW - 20 * 3_600..NOW - 10 * 3_600).contains(time));
        assert_eq!(usual_minutes(&with_a_gap, NOW), Some(60));
        let working_days: Vec<i64> = every(DAY, 30).into_iter().filter(|time| time / DAY % 7 < 5).collect();
        assert_eq!(usual_minutes(&working_days, NOW), Some(3 * 24 * 60), "over the weekend");
        assert_eq!(usual_minutes(&every(DAY, 3), NOW), None, "two intervals tell nothing");
        assert_eq!(usual_minutes(&[], NOW), None);
    }

    #[test]
    fn objects_of_one_occasion_count_once() {
        let times: Vec<i64> =
            every(DAY, 10).into_iter().flat_map(|time| [time, time - 5, time - 60]).collect();
        assert_eq!(usual_minutes(&times, NOW), Some(24 * 60));
    }

    #[test]
    fn days_have_their_runs_rows_and_bytes() {
        let run = |key: &str, modified, bytes| Listed { key: key.to_owned(), bytes, modified };
        let group = Group {
            runs: vec![run("a", NOW, 1), run("b", NOW - DAY, 1), run("old", NOW - 40 * DAY, 1)],
            files: vec![(NOW, 500), (NOW - 29 * DAY, 7), (NOW - 30 * DAY, 9)],
            state: None,
        };
        let days = days(&group, &[("a".to_owned(), 12)].into(), NOW);
        assert_eq!((days[29].runs, days[29].bytes, days[29].rows), (1, 500, Some(12)));
        assert_eq!((days[28].runs, days[28].bytes, days[28].rows), (1, 0, None));
        assert_eq!(days[0].bytes, 7);
        assert_eq!(days.iter().map(|day| day.runs).sum::<u32>(), 2);
    }
}
