//! The frame of the timeline: labels, axis, lanes in their places, arrows between them, legend.

use std::collections::BTreeSet;

use super::canvas::{Canvas, WIDTH, num};
use super::{lane, strip};
use crate::model::Report;
use crate::model::{Activity, Lane, MarkKind, Timeline};
use crate::words::names::{self, isolated};
use crate::words::units::{duration, tick_step};

/// Where the lanes begin and end, from left to right.
pub(super) const LEFT: f64 = 112.0;
pub(super) const RIGHT: f64 = WIDTH - 8.0;
/// Heights of a lane's bar and of a row of holds.
pub(super) const BAR: f64 = 14.0;
pub(super) const HOLD: f64 = 9.0;

/// From time to place.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    end: f64,
}

impl Scale {
    pub(super) fn x(&self, ns: u64) -> f64 {
        LEFT + (ns as f64 / self.end).min(1.0) * (RIGHT - LEFT)
    }
}

/// Draws everything below the ring.
pub(super) fn draw(canvas: &mut Canvas, report: &Report, timeline: &Timeline) {
    let scale = Scale {
        end: timeline.end_ns as f64,
    };
    let top = canvas.y + 6.0;
    let mut y = top + 2.0;
    let mut tops: Vec<(u32, f64)> = Vec::new();
    for lane in &timeline.lanes {
        tops.push((lane.thread, y));
        y += height(lane);
    }
    let strips = strip::height(timeline);
    let bottom = y + strips;
    axis(canvas, timeline, scale, top, bottom);
    connections(canvas, timeline, scale, &tops);
    for (lane, (_, y)) in timeline.lanes.iter().zip(&tops) {
        label(canvas, lane, *y);
        lane::draw(canvas, report, lane, scale, *y);
    }
    canvas.y = y;
    strip::draw(canvas, timeline, scale);
    critical_path(canvas, timeline, scale, &tops);
    for (lane, (_, y)) in timeline.lanes.iter().zip(&tops) {
        lane::marks(canvas, lane, scale, *y);
    }
    canvas.y = bottom + 16.0;
    legend(canvas, timeline);
}

fn height(lane: &Lane) -> f64 {
    let rows = lane
        .holds
        .iter()
        .map(|hold| hold.level + 1)
        .max()
        .unwrap_or(0);
    BAR + f64::from(rows) * HOLD + if rows > 0 { 5.0 } else { 6.0 }
}

/// A lane's label and name, cut to the room there is.
fn label(canvas: &mut Canvas, lane: &Lane, y: f64) {
    canvas.text("fl-b", 2.0, y + 11.0, &lane.label);
    if let Some(name) = &lane.name {
        let used = 9.0 + 6.6 * lane.label.chars().count() as f64;
        canvas.label("", used, y + 11.0, &isolated(name), LEFT - 4.0);
    }
}

/// Vertical lines at round times, with the times below.
fn axis(canvas: &mut Canvas, timeline: &Timeline, scale: Scale, top: f64, bottom: f64) {
    let step = tick_step(timeline.end_ns, 7);
    let mut d = String::new();
    let mut at = 0;
    loop {
        let x = scale.x(at);
        d += &format!("M{} {}V{}", num(x), num(top), num(bottom + 3.0));
        let text = if at == 0 {
            "0".to_owned()
        } else {
            duration(at)
        };
        let class = if x > RIGHT - 20.0 {
            "fl-m fl-e"
        } else {
            "fl-m fl-c"
        };
        canvas.text(
            class,
            if x > RIGHT - 20.0 { RIGHT + 6.0 } else { x },
            bottom + 14.0,
            &text,
        );
        match at.checked_add(step) {
            Some(next) if next <= timeline.end_ns => at = next,
            _ => break,
        }
    }
    canvas.path("class=\"fl-grid\"", &d);
}

/// Spawn lines and arrows of wake-ups, under the lanes.
fn connections(canvas: &mut Canvas, timeline: &Timeline, scale: Scale, tops: &[(u32, f64)]) {
    let y_of = |thread: u32| tops.iter().find(|(id, _)| *id == thread).map(|(_, y)| *y);
    let mut spawns = String::new();
    for lane in &timeline.lanes {
        for mark in lane
            .marks
            .iter()
            .filter(|mark| mark.kind == MarkKind::Spawn)
        {
            let child = mark.thread.and_then(y_of);
            if let (Some(from), Some(to)) = (y_of(lane.thread), child) {
                let x = scale.x(mark.at_ns);
                spawns += &format!("M{} {}V{}", num(x), num(from + BAR), num(to + BAR / 2.0));
            }
        }
    }
    canvas.path("class=\"fl-spawn\"", &spawns);
    let (mut lines, mut heads) = (String::new(), String::new());
    for arrow in &timeline.arrows {
        let (Some(from), Some(to)) = (y_of(arrow.from), y_of(arrow.to)) else {
            continue;
        };
        let x = scale.x(arrow.at_ns);
        let (start, end, back) = if from < to {
            (from + BAR, to, -5.0)
        } else {
            (from, to + BAR, 5.0)
        };
        lines += &format!("M{} {}V{}", num(x), num(start), num(end + back));
        heads += &format!("M{} {}l-3 {}h6z", num(x), num(end), num(back));
    }
    canvas.path("class=\"fl-arrow\"", &lines);
    canvas.path("class=\"fl-head\"", &heads);
}

/// The chain that decided how long it took: along the tops of the bars, and from lane to lane.
fn critical_path(canvas: &mut Canvas, timeline: &Timeline, scale: Scale, tops: &[(u32, f64)]) {
    let mut d = String::new();
    let mut before: Option<(f64, f64)> = None;
    for step in &timeline.critical_path {
        let Some((_, y)) = tops.iter().find(|(id, _)| *id == step.thread) else {
            continue;
        };
        let (from, to, y) = (scale.x(step.start_ns), scale.x(step.end_ns), y - 1.0);
        match before {
            Some((x, _)) if (x - from).abs() < 1.0 => d += &format!("V{}", num(y)),
            _ => d += &format!("M{} {}", num(from), num(y)),
        }
        d += &format!("H{}", num(to));
        before = Some((to, y));
    }
    canvas.path("class=\"fl-crit\"", &d);
}

/// What the signs mean; only those that occur.
fn legend(canvas: &mut Canvas, timeline: &Timeline) {
    let mut entries: Vec<(Sign, String)> = Vec::new();
    let in_lanes = |state| {
        timeline
            .lanes
            .iter()
            .any(|lane| lane.segments.iter().any(|segment| segment.state == state))
    };
    let in_strips = |state| {
        timeline
            .counts
            .iter()
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
    let held: BTreeSet<Option<u32>> = timeline
        .lanes
        .iter()
        .flat_map(|lane| lane.holds.iter().map(|hold| hold.lock))
        .collect();
    if let Some(first) = held.iter().flatten().next() {
        let letter = names::letter(first.saturating_sub(1) as usize);
        let words = match held.len() {
            1 => format!("holds lock {letter}"),
            _ => format!("holds a lock ({letter} …)"),
        };
        entries.push((Sign::Hold(letter), words));
    } else if !held.is_empty() {
        entries.push((Sign::Hold(String::new()), "holds locks".to_owned()));
    }
    if !timeline.arrows.is_empty() {
        entries.push((Sign::Arrow, "woke".to_owned()));
    }
    if !timeline.critical_path.is_empty() {
        entries.push((Sign::Critical, "critical path".to_owned()));
    }
    let marks = |kind| {
        timeline
            .lanes
            .iter()
            .any(|lane| lane.marks.iter().any(|mark| mark.kind == kind))
    };
    if marks(MarkKind::Panic) {
        entries.push((Sign::Panic, "panic".to_owned()));
    }
    if marks(MarkKind::Deadlock) {
        entries.push((Sign::Deadlock, "deadlock".to_owned()));
    }
    let mut x = 2.0;
    canvas.y += 17.0;
    for (sign, words) in entries {
        let width = 22.0 + 5.4 * words.chars().count() as f64 + 12.0;
        if x + width > WIDTH && x > 2.0 {
            x = 2.0;
            canvas.y += 15.0;
        }
        draw_sign(canvas, &sign, x, canvas.y - 9.0);
        canvas.text("fl-m fl-s", x + 22.0, canvas.y, &words);
        x += width;
    }
}

/// What stands before the words in the legend.
enum Sign {
    Activity(Activity),
    OffCore,
    Hold(String),
    Arrow,
    Critical,
    Panic,
    Deadlock,
}

fn draw_sign(canvas: &mut Canvas, sign: &Sign, x: f64, y: f64) {
    match sign {
        Sign::Activity(state) => lane::bar(canvas, *state, x, y - 1.0, 18.0, 12.0, ""),
        Sign::OffCore => canvas.rect("class=\"fl-off\"", x, y - 1.0, 18.0, 12.0, ""),
        Sign::Hold(letter) => {
            canvas.rect("class=\"fl-h0\"", x, y + 1.0, 18.0, 8.0, "");
            canvas.text("fl-l fl-hl", x + 9.0, y + 8.0, letter);
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
            canvas.path(
                "class=\"fl-crit\"",
                &format!("M{} {}h18", num(x), num(y + 5.0)),
            );
        }
        Sign::Panic => lane::panic_sign(canvas, x + 10.0, y + 5.0),
        Sign::Deadlock => lane::deadlock_sign(canvas, x + 10.0, y + 5.0),
    }
}

/// A state in the legend's words.
fn words(state: Activity) -> &'static str {
    match state {
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
        Activity::Gap => "events lost",
    }
}
