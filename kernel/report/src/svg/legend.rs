//! What the signs mean.

use std::collections::BTreeSet;

use super::canvas::{Canvas, Rect, WIDTH, num};
use super::style::{HUES, hold_class, hue};
use super::{lane, marks};
use crate::columns;
use crate::model::{Activity, Lane, MarkKind, Ref, Report, Timeline};

/// Only the signs that occur.
pub(super) fn draw(canvas: &mut Canvas, report: &Report, timeline: &Timeline) {
    let mut entries = activities(timeline);
    entries.extend(holds(report, timeline));
    entries.extend(signs(timeline));
    let mut x = 2.0;
    canvas.y += 17.0;
    for (sign, words) in entries {
        let width = 22.0 + 6.4 * words.chars().count() as f64 + 12.0;
        if x + width > WIDTH && x > 2.0 {
            x = 2.0;
            canvas.y += 15.0;
        }
        draw_sign(canvas, &sign, x, canvas.y - 9.0);
        canvas.text("fl-m fl-s", x + 22.0, canvas.y, &words);
        x += width;
    }
}

/// What threads did.
fn activities(timeline: &Timeline) -> Vec<(Sign, String)> {
    let mut entries = Vec::new();
    let in_lanes = |state| {
        timeline
            .all_lanes()
            .any(|lane| lane.segments.iter().any(|segment| segment.state == state))
    };
    let in_strips = |state| {
        let counts = timeline.counts.iter().chain(&timeline.task_counts);
        counts
            .into_iter()
            .any(|counts| counts.series.iter().any(|series| series.state == state))
    };
    for state in Activity::ALL {
        if in_lanes(state) || in_strips(state) {
            entries.push((Sign::Activity(state), words(state).to_owned()));
            let off_core = |lane: &Lane| lane.cpu_permille.is_some_and(|cpu| cpu < 850);
            if state == Activity::Running && timeline.lanes.iter().any(off_core) {
                entries.push((Sign::OffCore, "not on a core".to_owned()));
            }
        }
    }
    entries
}

/// What the bars of held locks mean: each lock's hue, where they are few.
fn holds(report: &Report, timeline: &Timeline) -> Vec<(Sign, String)> {
    let bars = || timeline.lanes.iter().flat_map(|lane| &lane.holds);
    let held: BTreeSet<u32> = bars().filter_map(|hold| hold.lock).collect();
    let mut entries: Vec<(Sign, String)> = held
        .iter()
        .take(HUES as usize)
        .map(|&id| {
            let name = columns::reference(report, Ref::Lock(id));
            (Sign::Hold(Some(hue(id))), format!("holds {name}"))
        })
        .collect();
    if held.len() > HUES as usize {
        entries = vec![(Sign::Hold(Some(0)), "holds a lock".to_owned())];
    }
    if bars().any(|hold| hold.lock.is_none()) {
        entries.push((Sign::Hold(None), "holds several".to_owned()));
    }
    entries
}

/// What is drawn over the lanes.
fn signs(timeline: &Timeline) -> Vec<(Sign, String)> {
    let mut entries = Vec::new();
    if !timeline.arrows.is_empty() {
        entries.push((Sign::Arrow, "woke".to_owned()));
    }
    if !timeline.critical_path.is_empty() {
        entries.push((Sign::Critical, "critical path".to_owned()));
    }
    let did_not_end = |lane: &Lane| {
        let mut segments = lane.segments.iter();
        segments.any(|segment| segment.stuck && !segment.for_ever)
    };
    if timeline.all_lanes().any(did_not_end) {
        entries.push((Sign::Stuck, "wait did not end".to_owned()));
    }
    let marks = |kind| {
        timeline
            .all_lanes()
            .any(|lane| lane.marks.iter().any(|mark| mark.kind == kind))
    };
    if marks(MarkKind::Panic) {
        entries.push((Sign::Panic, "panic".to_owned()));
    }
    if marks(MarkKind::Deadlock) {
        entries.push((Sign::Deadlock, "deadlock".to_owned()));
    }
    entries
}

/// What stands before the words in the legend.
enum Sign {
    Activity(Activity),
    OffCore,
    /// In a lock's hue.
    Hold(Option<u8>),
    Arrow,
    Critical,
    /// A wait that went on at the end, or was stopped.
    Stuck,
    Panic,
    Deadlock,
}

fn draw_sign(canvas: &mut Canvas, sign: &Sign, x: f64, y: f64) {
    match sign {
        Sign::Activity(activity) => lane::bar(
            canvas,
            *activity,
            None,
            Rect::new(x, y - 1.0, 18.0, 12.0),
            "",
        ),
        Sign::OffCore => canvas.rect("class=\"fl-off\"", Rect::new(x, y - 1.0, 18.0, 12.0), ""),
        Sign::Hold(hue) => {
            canvas.rect(&hold_class(*hue), Rect::new(x, y - 0.5, 18.0, 11.0), "");
        }
        Sign::Arrow => {
            canvas.path(
                "class=\"fl-arrow\"",
                &format!("M{} {}v7", num(x + 9.0), num(y)),
            );
            canvas.path(
                "class=\"fl-head\"",
                &format!("M{} {}l-3 -5h6z", num(x + 9.0), num(y + 11.0)),
            );
        }
        Sign::Critical => {
            canvas.rect("class=\"fl-crit\"", Rect::new(x, y - 1.0, 18.0, 12.0), "");
        }
        Sign::Stuck => canvas.path(
            "class=\"fl-stuck\"",
            &format!("M{} {}h16v10h-16z", num(x + 1.0), num(y)),
        ),
        Sign::Panic => marks::panic_sign(canvas, x + 10.0, y + 5.0),
        Sign::Deadlock => marks::deadlock_sign(canvas, x + 10.0, y + 5.0),
    }
}

/// An activity in the legend's words.
fn words(activity: Activity) -> &'static str {
    match activity {
        Activity::Starting => "starting",
        Activity::Running => "running",
        Activity::Lock => "lock wait",
        Activity::Channel => "channel wait",
        Activity::Join => "joins",
        Activity::Condvar => "condvar wait",
        Activity::Barrier => "barrier wait",
        Activity::Once => "initialisation",
        Activity::Park => "parked",
        Activity::Sleep => "sleeps",
        Activity::Scheduled => "scheduled",
        Activity::Idle => "idle",
        Activity::Gap => "events lost",
    }
}
