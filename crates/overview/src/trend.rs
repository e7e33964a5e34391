//! Extrapolates the storage in use.

/// Points over fewer days than this show the time of day rather than a trend.
const LEAST_DAYS: f64 = 0.8;
const LEAST_POINTS: usize = 5;
/// From this number of days on, the highest values of the days are compared, so that a nightly job is not a
/// trend.
const DAILY_FROM: f64 = 3.0;
/// A longer time than this is not reported.
const MOST_DAYS: f64 = 3650.0;

/// Returns in how many days `capacity` will be reached, or `None` without such a trend.
///
/// The slope is the median of the slopes between all points (Theil-Sen), which single jumps do not affect.
/// Each point is a time in days, which increases, and the use at that time.
///
/// ```
/// // One more a day, ten are free.
/// let points: Vec<(f64, f64)> = (0..8).map(|day| (f64::from(day), 82.0 + f64::from(day))).collect();
/// let days = extractor_overview::days_until_full(&points, 99.0).unwrap();
/// assert!((days - 10.0).abs() < 0.001);
/// assert_eq!(extractor_overview::days_until_full(&points[..2], 99.0), None);
/// ```
pub fn days_until_full(points: &[(f64, f64)], capacity: f64) -> Option<f64> {
    let mut points = points.to_vec();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (first, newest) = (points.first()?.0, *points.last()?);
    if newest.0 - first >= DAILY_FROM {
        points = daily_highest(&points, newest.0);
    }
    if newest.0 - first < LEAST_DAYS || points.len() < LEAST_POINTS.min(DAILY_FROM as usize + 1) {
        return None;
    }
    let mut slopes: Vec<f64> = points
        .iter()
        .enumerate()
        .flat_map(|(index, a)| points[index + 1..].iter().map(move |b| (b.0 - a.0, b.1 - a.1)))
        .filter(|(days, _)| *days > 0.0)
        .map(|(days, more)| more / days)
        .collect();
    slopes.sort_by(f64::total_cmp);
    let slope = *slopes.get(slopes.len() / 2)?;
    let days = (capacity - newest.1).max(0.0) / slope;
    (slope > 0.0 && days <= MOST_DAYS).then_some(days)
}

/// Returns the highest value of each 24 hours, counted back from the newest point.
fn daily_highest(points: &[(f64, f64)], newest: f64) -> Vec<(f64, f64)> {
    let mut days: Vec<(i64, f64, f64)> = Vec::new();
    for &(at, value) in points {
        let day = (newest - at).floor() as i64;
        match days.last_mut() {
            Some(last) if last.0 == day => {
                if value >= last.2 {
                    (last.1, last.2) = (at, value);
                }
            }
            _ => days.push((day, at, value)),
        }
    }
    days.into_iter().map(|(_, at, value)| (at, value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn daily(values: &[f64]) -> Vec<(f64, f64)> {
        values.iter().enumerate().map(|(day, value)| (day as f64, *value)).collect()
    }

    #[test]
    fn what_does_not_grow_is_never_full() {
        assert_eq!(days_until_full(&daily(&[50.0; 10]), 100.0), None);
        assert_eq!(days_until_full(&daily(&[60.0, 58.0, 56.0, 55.0, 50.0]), 100.0), None);
        // A thousandth per day, which takes decades.
        let slow: Vec<f64> = (0..20).map(|day| 50.0 + f64::from(day) * 0.001).collect();
        assert_eq!(days_until_full(&daily(&slow), 100.0), None);
    }

    #[test]
    fn a_single_jump_is_no_trend() {
        let jump = daily(&[50.0, 50.0, 50.0, 50.0, 50.0, 50.0, 90.0]);
        assert_eq!(days_until_full(&jump, 100.0), None);
    }

    #[test]
    fn a_nightly_job_is_no_trend() {
        // Every half hour for four days: 20 more at night, and a growth of 1 per day.
        let points: Vec<(f64, f64)> = (0..192)
            .map(|step| {
                let day = f64::from(step) / 48.0;
                let night = if (10..14).contains(&(step % 48)) { 20.0 } else { 0.0 };
                (day, 50.0 + night + day)
            })
            .collect();
        let days = days_until_full(&points, 100.0).expect("a trend");
        assert!((35.0..60.0).contains(&days), "{days}");
    }

    #[test]
    fn one_day_is_enough_where_it_is_steep() {
        let points: Vec<(f64, f64)> = (0..48).map(|step| (f64::from(step) / 48.0, f64::from(step))).collect();
        let days = days_until_full(&points, 95.0).expect("a trend");
        assert!((days - 1.0).abs() < 0.01, "{days}");
        assert_eq!(days_until_full(&points[..24], 95.0), None, "half a day is too little");
    }

    #[test]
    fn what_is_full_is_full_now() {
        assert_eq!(days_until_full(&daily(&[96.0, 97.0, 98.0, 99.0, 100.0]), 99.5), Some(0.0));
    }
}
