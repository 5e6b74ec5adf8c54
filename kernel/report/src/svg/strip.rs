//! Threads without a lane: stacked counts by state, a row a group, and one for all threads.

use super::canvas::{Canvas, num};
use super::scale::{LEFT, RIGHT, Scale};
use crate::model::{ActivityCounts, Timeline};
use crate::words::units::count;

const GROUP: f64 = 24.0;
const ALL: f64 = 42.0;
const GAP: f64 = 6.0;

/// How high the strips are.
pub(super) fn height(timeline: &Timeline) -> f64 {
    match &timeline.counts {
        Some(_) => timeline.groups.len() as f64 * (GROUP + GAP) + ALL + GAP + 4.0,
        None => 0.0,
    }
}

/// Draws the strips at the canvas's place.
pub(super) fn draw(canvas: &mut Canvas, timeline: &Timeline, scale: Scale) {
    let Some(counts) = &timeline.counts else {
        return;
    };
    canvas.y += 4.0;
    for group in &timeline.groups {
        let more = format!("{} more", count(group.threads));
        let origin = group.origin.trim_start_matches("spawned ");
        row(canvas, scale, &more, origin, &group.counts, GROUP);
    }
    row(canvas, scale, "all threads", "", counts, ALL);
}

fn row(
    canvas: &mut Canvas,
    scale: Scale,
    label: &str,
    note: &str,
    counts: &ActivityCounts,
    height: f64,
) {
    let top = canvas.y;
    let buckets = counts
        .series
        .iter()
        .map(|series| series.threads.len())
        .max()
        .unwrap_or(0);
    let sum = |bucket: usize| -> f64 {
        counts
            .series
            .iter()
            .filter_map(|series| series.threads.get(bucket))
            .sum()
    };
    let most = (0..buckets).map(sum).fold(1.0, f64::max);
    let note = if note.is_empty() {
        format!("up to {} at once", most.round())
    } else {
        note.to_owned()
    };
    canvas.label("", 2.0, top + 11.0, label, LEFT - 6.0);
    canvas.label("fl-m", 2.0, top + 22.0, &note, LEFT - 6.0);
    // From all states together down to the first: each area covers the lower part of the one
    // before, so that an area needs no lower edge of its own.
    let mut sums: Vec<Vec<f64>> = Vec::new();
    for series in &counts.series {
        let below = sums.last();
        let at = |bucket| {
            below
                .and_then(|sums: &Vec<f64>| sums.get(bucket))
                .copied()
                .unwrap_or(0.0)
        };
        sums.push(
            series
                .threads
                .iter()
                .zip(0..)
                .map(|(threads, bucket)| at(bucket) + threads)
                .collect(),
        );
    }
    for (series, sums) in counts.series.iter().zip(&sums).rev() {
        let base = top + height;
        let mut d = format!("M{} {}", num(LEFT), num(base));
        let mut x = LEFT;
        let mut level = f64::NAN;
        for (bucket, threads) in sums.iter().enumerate() {
            let y = ((base - threads / most * height) * 10.0).round() / 10.0;
            if y != level {
                if bucket > 0 {
                    d += &format!("H{}", num(x));
                }
                d += &format!("V{}", num(y));
                level = y;
            }
            x = scale.x((bucket as u64 + 1).saturating_mul(counts.bucket_ns));
        }
        d += &format!("H{}V{}z", num(x), num(base));
        let fill = canvas.fill(series.state);
        canvas.path(&fill, &d);
    }
    let line = format!("M{} {}H{}", num(LEFT), num(top + height + 0.5), num(RIGHT));
    canvas.path("class=\"fl-grid\"", &line);
    canvas.y = top + height + GAP;
}
