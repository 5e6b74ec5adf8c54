//! The frame of the timeline: labels, axis, lanes in their places, arrows between them, legend.

use unicode_width::UnicodeWidthStr;

use super::canvas::{Canvas, num};
use super::holds::Labels;
use super::scale::{BAR, HOLD, LEFT, RIGHT, Scale};
use super::strip::Strips;
use super::{lane, legend, marks, strip};
use crate::model::{Lane, MarkKind, Report, Timeline};
use crate::words::names::isolated;
use crate::words::units::{duration, tick_step};
use crate::words::width::fit_name;

/// Between the lanes of tasks and those of threads.
const BETWEEN: f64 = 6.0;

/// How wide a column of a thread's name is: names are few letters, wide ones it may be, and a wide
/// font's, and a bar begins right of them.
const NAME_COLUMN: f64 = 7.4;
/// How wide the letters of names are, all in all.
const LETTER: f64 = 6.0;
/// By how much letters are wider in the narrowest picture (`--fl-z` in `html/style.css`).
const WIDEST: f64 = 1.34;

/// Draws everything below the ring.
pub(super) fn draw(canvas: &mut Canvas, report: &Report, timeline: &Timeline) {
    let scale = Scale::of(timeline);
    let how = (scale, Labels::of(report, timeline, scale));
    let top = canvas.y + 6.0;
    let mut y = top + 2.0;
    let mut task_tops: Vec<f64> = Vec::new();
    for lane in &timeline.tasks {
        task_tops.push(y);
        y += height(lane);
    }
    let (tasks, threads) = (Strips::of_tasks(timeline), Strips::of_threads(timeline));
    let task_strips = y;
    y += tasks.height();
    if !timeline.tasks.is_empty() {
        y += BETWEEN;
    }
    let mut tops: Vec<(u32, f64)> = Vec::new();
    for lane in &timeline.lanes {
        tops.push((lane.thread, y));
        y += height(lane);
    }
    let bottom = y + threads.height();
    axis(canvas, timeline, scale, top, bottom);
    for (lane, y) in timeline.tasks.iter().zip(&task_tops) {
        label(canvas, lane, *y);
        lane::draw(canvas, report, lane, how, *y);
    }
    canvas.y = task_strips;
    strip::draw(canvas, &tasks, scale);
    critical_path(canvas, timeline, scale, &tops);
    connections(canvas, timeline, scale, &tops);
    for (lane, (_, y)) in timeline.lanes.iter().zip(&tops) {
        label(canvas, lane, *y);
        lane::draw(canvas, report, lane, how, *y);
    }
    canvas.y = y;
    strip::draw(canvas, &threads, scale);
    proof(canvas, timeline, scale, top, bottom);
    for (lane, (_, y)) in timeline.lanes.iter().zip(&tops) {
        marks::draw(canvas, lane, scale, *y);
    }
    for (lane, y) in timeline.tasks.iter().zip(&task_tops) {
        marks::draw(canvas, lane, scale, *y);
    }
    canvas.y = bottom + 16.0;
    legend::draw(canvas, report, timeline);
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
        let used = 10.0 + label_width(&lane.label);
        let columns = ((LEFT - 4.0 - used) / NAME_COLUMN).max(2.0) as usize;
        let shown = fit_name(name, columns);
        // Where the picture is narrow its letters are wider: a name that would lie upon what stands
        // beside it is left to the tables.
        let label = 2.0 + label_width(&lane.label) * WIDEST;
        let end = used + LETTER * WIDEST * shown.width() as f64;
        let is_long = label > used || end > LEFT;
        let class = if is_long { "fl-name" } else { "" };
        canvas.text(class, used, y + 11.0, &isolated(&shown));
    }
}

/// How wide a label is in a wide font: the room of its name begins after that.
fn label_width(label: &str) -> f64 {
    let width = |letter| match letter {
        ' ' => 4.0,
        '[' | ']' | 'f' => 4.8,
        _ => 7.2,
    };
    label.chars().map(width).sum()
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
        let (class, at_x) = if x > RIGHT - 20.0 {
            ("fl-m fl-e", RIGHT + 6.0)
        } else {
            ("fl-m fl-c", x)
        };
        // The end of an open axis has a label of its own.
        if !timeline.is_open() || x < scale.right() - 45.0 {
            canvas.text(class, at_x, bottom + 14.0, &text);
        }
        match at.checked_add(step) {
            Some(next) if next <= timeline.end_ns => at = next,
            _ => break,
        }
    }
    canvas.path("class=\"fl-grid\"", &d);
}

/// Where the axis ends because nothing goes on: the moment of the proof, and what comes after it.
fn proof(canvas: &mut Canvas, timeline: &Timeline, scale: Scale, top: f64, bottom: f64) {
    if !timeline.is_open() {
        return;
    }
    let x = scale.right();
    let d = format!("M{} {}V{}", num(x), num(top), num(bottom + 3.0));
    canvas.path("class=\"fl-proof\"", &d);
    let at = duration(timeline.end_ns);
    canvas.text("fl-proof-text fl-c", x, bottom + 14.0, &at);
    canvas.text("fl-proof-text fl-e", RIGHT, bottom + 14.0, "for ever →");
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

/// How far the halo of the critical path reaches beyond a bar.
const HALO: f64 = 3.0;

/// The chain that decided how long it took: a halo under the bars that belong to it.
fn critical_path(canvas: &mut Canvas, timeline: &Timeline, scale: Scale, tops: &[(u32, f64)]) {
    let mut d = String::new();
    for step in &timeline.critical_path {
        let Some((_, y)) = tops.iter().find(|(id, _)| *id == step.thread) else {
            continue;
        };
        let (from, to) = (scale.x(step.start_ns), scale.x(step.end_ns));
        d += &format!(
            "M{} {}H{}v{}H{}z",
            num(from),
            num(y - HALO),
            num(to),
            num(BAR + 2.0 * HALO),
            num(from)
        );
    }
    canvas.path("class=\"fl-crit\"", &d);
}
