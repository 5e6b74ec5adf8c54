//! Threads and tasks without a lane: stacked counts by activity, a row a group, and one for all.

use super::canvas::{Canvas, num};
use super::scale::{LEFT, RIGHT, Scale};
use crate::model::{ActivityCounts, Group, Timeline};
use crate::words::units::count;

const GROUP: f64 = 30.0;
const ALL: f64 = 42.0;
const GAP: f64 = 6.0;

/// All strips of threads, or of tasks.
pub(super) struct Strips<'t> {
    groups: &'t [Group],
    counts: Option<&'t ActivityCounts>,
    label: &'static str,
}

impl<'t> Strips<'t> {
    pub(super) fn of_threads(timeline: &'t Timeline) -> Strips<'t> {
        Strips {
            groups: &timeline.groups,
            counts: timeline.counts.as_ref(),
            label: "all threads",
        }
    }

    pub(super) fn of_tasks(timeline: &'t Timeline) -> Strips<'t> {
        Strips {
            groups: &timeline.task_groups,
            counts: timeline.task_counts.as_ref(),
            label: "all tasks",
        }
    }

    /// How high they are.
    pub(super) fn height(&self) -> f64 {
        match self.counts {
            Some(_) => self.groups.len() as f64 * (GROUP + GAP) + ALL + GAP + 4.0,
            None => 0.0,
        }
    }
}

/// Draws the strips at the canvas's place.
pub(super) fn draw(canvas: &mut Canvas, strips: &Strips<'_>, scale: Scale) {
    let Some(counts) = strips.counts else {
        return;
    };
    canvas.y += 4.0;
    for group in strips.groups {
        let strip = Strip {
            label: format!("{} more", count(group.threads)),
            note: Some(group.origin.trim_start_matches("spawned ")),
            counts: &group.counts,
            height: GROUP,
        };
        strip.draw(canvas, scale);
    }
    let all = Strip {
        label: strips.label.to_owned(),
        note: None,
        counts,
        height: ALL,
    };
    all.draw(canvas, scale);
}

/// One row.
struct Strip<'t> {
    label: String,
    /// Below the label; without one, how many threads there were at once.
    note: Option<&'t str>,
    counts: &'t ActivityCounts,
    height: f64,
}

impl Strip<'_> {
    fn draw(&self, canvas: &mut Canvas, scale: Scale) {
        let (top, base) = (canvas.y, canvas.y + self.height);
        // Each area covers the lower part of the one before, so that it needs no lower edge of its
        // own.
        let sums = self.sums();
        let all = sums.last().map_or(&[][..], Vec::as_slice);
        let most = all.iter().copied().fold(1.0, f64::max);
        let note = match self.note {
            Some(note) => note.to_owned(),
            None => format!("at most {}", most.round()),
        };
        canvas.label("", 2.0, top + 11.0, &self.label, LEFT - 6.0);
        canvas.label("fl-m", 2.0, top + 25.0, &note, LEFT - 6.0);
        for (series, sums) in self.counts.series.iter().zip(&sums).rev() {
            let d = self.area(sums, base, most, scale);
            let fill = canvas.fill(series.state, None);
            canvas.path(&fill, &d);
        }
        let line = format!("M{} {}H{}", num(LEFT), num(base + 0.5), num(RIGHT));
        canvas.path("class=\"fl-grid\"", &line);
        canvas.y = base + GAP;
    }

    /// Bucket by bucket how many threads were in each activity or one before it.
    fn sums(&self) -> Vec<Vec<f64>> {
        let mut sums: Vec<Vec<f64>> = Vec::new();
        for series in &self.counts.series {
            let below = sums.last().map_or(&[][..], Vec::as_slice);
            let below = below.iter().copied().chain(std::iter::repeat(0.0));
            let threads = series.threads.iter().zip(below);
            sums.push(threads.map(|(threads, below)| threads + below).collect());
        }
        sums
    }

    /// The area below these counts.
    fn area(&self, threads: &[f64], base: f64, most: f64, scale: Scale) -> String {
        let mut d = format!("M{} {}", num(LEFT), num(base));
        let mut x = LEFT;
        let mut level = f64::NAN;
        for (bucket, threads) in threads.iter().enumerate() {
            let y = ((base - threads / most * self.height) * 10.0).round() / 10.0;
            if y != level {
                if bucket > 0 {
                    d += &format!("H{}", num(x));
                }
                d += &format!("V{}", num(y));
                level = y;
            }
            x = scale.x((bucket as u64 + 1).saturating_mul(self.counts.bucket_ns));
        }
        d + &format!("H{}V{}z", num(x), num(base))
    }
}
