//! Threads without a lane: stacked counts by state, a row a group, and one for all threads.

use super::canvas::{Canvas, num};
use super::frame::{LEFT, RIGHT, Scale};
use crate::timeline::{StateCounts, Timeline};

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
        row(canvas, scale, &group.label, "no lane", &group.counts, GROUP);
    }
    row(canvas, scale, "all threads", "", counts, ALL);
}

fn row(
    canvas: &mut Canvas,
    scale: Scale,
    label: &str,
    note: &str,
    counts: &StateCounts,
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
    canvas.text("", 2.0, top + 11.0, label);
    let note = if note.is_empty() {
        format!("up to {}", most.round())
    } else {
        note.to_owned()
    };
    canvas.text("fl-m", 2.0, top + 22.0, &note);
    let mut below = vec![0.0; buckets];
    for series in &counts.series {
        let mut forth = String::new();
        let mut back = String::new();
        for (bucket, &threads) in series.threads.iter().enumerate() {
            let x0 = scale.x(bucket as u64 * counts.bucket_ns);
            let x1 = scale.x((bucket as u64 + 1) * counts.bucket_ns);
            if x0 >= RIGHT {
                break;
            }
            let base = top + height - below[bucket] / most * height;
            below[bucket] += threads;
            let upper = top + height - below[bucket] / most * height;
            if bucket == 0 {
                forth = format!("M{} {}", num(x0), num(upper));
            } else {
                forth += &format!("V{}", num(upper));
            }
            forth += &format!("H{}", num(x1));
            back = format!("V{}H{}{back}", num(base), num(x0));
        }
        if !forth.is_empty() {
            let fill = canvas.fill(series.state);
            canvas.path(&fill, &format!("{forth}{back}z"));
        }
    }
    let line = format!("M{} {}H{}", num(LEFT), num(top + height + 0.5), num(RIGHT));
    canvas.path("class=\"fl-grid\"", &line);
    canvas.y = top + height + GAP;
}
