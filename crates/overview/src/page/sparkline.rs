//! Charts as SVG paths.

use std::fmt::Write;

/// The width of a step in SVG units.
const STEP: i32 = 2;
/// The height of a chart in SVG units. A line leaves one unit free at the top and at the bottom.
pub(super) const HEIGHT: i32 = 24;

/// Returns the width of a chart with this many steps, in SVG units.
pub(super) fn width(steps: usize) -> i32 {
    (steps.max(2) as i32 - 1) * STEP
}

/// Returns the path of a line with the area below it, interrupted where a value is missing. `top` is the
/// highest value of the scale, which begins at 0. The sides and the bottom are outside of the image, so that
/// only the line is visible.
pub(super) fn line(values: &[Option<f64>], top: f64) -> String {
    let mut path = String::new();
    let mut before: Option<(i32, i32)> = None;
    for (index, value) in values.iter().enumerate() {
        let Some(value) = value else {
            close(&mut path, before.take());
            continue;
        };
        let (x, y) = (index as i32 * STEP, height(*value, top));
        match before {
            None => {
                let side = if index == 0 { -STEP } else { x };
                let _ = write!(path, "M{side} 30V{y}");
                if side != x {
                    let _ = write!(path, "H{x}");
                }
            }
            Some((last_x, last_y)) if last_y == y => {
                let _ = write!(path, "h{}", x - last_x);
            }
            Some((last_x, last_y)) => {
                let _ = write!(path, "l{} {}", x - last_x, y - last_y);
            }
        }
        before = Some((x, y));
    }
    if before.is_some() {
        let _ = write!(path, "H{}", width(values.len()) + STEP);
    }
    close(&mut path, before);
    path
}

fn close(path: &mut String, open: Option<(i32, i32)>) {
    if open.is_some() {
        path.push_str("V30");
    }
}

fn height(value: f64, top: f64) -> i32 {
    let share = if top > 0.0 { (value / top).clamp(0.0, 1.0) } else { 0.0 };
    HEIGHT - 1 - (share * f64::from(HEIGHT - 2)).round() as i32
}

/// Returns the path of a bar for each value, on top of the bars of `below`. There is no bar for 0, and any
/// other has a height of at least one unit.
pub(super) fn bars(values: &[f64], below: &[f64], top: f64) -> String {
    let mut path = String::new();
    let units = |value: f64| {
        let units = (value / top.max(1.0) * f64::from(HEIGHT)).round() as i32;
        if value > 0.0 { units.clamp(1, HEIGHT) } else { 0 }
    };
    for (index, value) in values.iter().enumerate() {
        let size = units(*value);
        if size > 0 {
            let base = HEIGHT - below.get(index).map_or(0, |below| units(*below));
            let _ = write!(path, "M{} {base}v{}h3v{size}z", index * 4, -size);
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_and_ends_outside_of_the_picture() {
        let path = line(&[Some(0.0), Some(100.0), Some(100.0), Some(50.0)], 100.0);
        assert_eq!(path, "M-2 30V23H0l2 -22h2l2 11H8V30");
        assert_eq!(width(4), 6);
    }

    #[test]
    fn a_gap_breaks_the_line() {
        let path = line(&[Some(10.0), None, Some(10.0), Some(20.0), None], 20.0);
        assert_eq!(path, "M-2 30V12H0V30M4 30V12l2 -11V30");
        assert_eq!(line(&[None, None], 1.0), "");
    }

    #[test]
    fn what_is_beyond_the_scale_stays_in_the_picture() {
        assert_eq!(height(500.0, 100.0), 1);
        assert_eq!(height(-5.0, 100.0), 23);
        assert_eq!(height(5.0, 0.0), 23);
        assert_eq!(height(f64::NAN, 1.0), 23);
    }

    #[test]
    fn bars_stand_on_each_other_and_small_ones_are_seen() {
        assert_eq!(bars(&[0.0, 10.0, 0.1], &[], 10.0), "M4 24v-24h3v24zM8 24v-1h3v1z");
        assert_eq!(bars(&[5.0], &[5.0], 10.0), "M0 12v-12h3v12z");
    }
}
