//! Words on a segment, and those that show on hovering.

use unicode_width::UnicodeWidthStr;

use super::canvas::{Canvas, Rect};
use super::scale::{OPEN, RIGHT};
use crate::columns;
use crate::model::{Activity, Lane, Ref, Report, Segment};
use crate::words::units::{count, duration};

/// How wide a column of small text is.
const COLUMN: f64 = 5.6;

/// What and where, on the segment, as far as it fits.
pub(super) fn caption(
    canvas: &mut Canvas,
    report: &Report,
    lane: &Lane,
    segment: &Segment,
    rect: Rect,
) {
    if segment.for_ever {
        return for_ever(canvas, report, lane, segment, rect.y);
    }
    if segment.merged > 0 || !canvas.has_room(300) {
        return;
    }
    if let Some(krate) = &segment.within {
        let called = segment.line.map(|line| format!("line {line}"));
        let mut texts = vec![format!("in {krate}"), krate.clone()];
        if let Some(called) = &called {
            texts.insert(0, format!("{called}, in {krate}"));
            texts.push(called.clone());
        }
        return write_on(canvas, segment, rect, &texts);
    }
    let Some(line) = segment.line else {
        return;
    };
    let what = match segment.object {
        Some(
            reference @ (Ref::Lock(_)
            | Ref::Channel(_)
            | Ref::Condvar(_)
            | Ref::Barrier(_)
            | Ref::Semaphore(_)
            | Ref::Thread(_)),
        ) => columns::reference(report, reference),
        _ => String::new(),
    };
    let place = format!("line {line}");
    let texts = match what.as_str() {
        "" => vec![place],
        _ => vec![format!("{what} · {place}"), what, place],
    };
    write_on(canvas, segment, rect, &texts);
}

/// Writes the first of these texts that fits on a segment.
fn write_on(canvas: &mut Canvas, segment: &Segment, rect: Rect, texts: &[String]) {
    let Rect { x, y, w, .. } = rect;
    // A thin bar must be seen on both sides of the words.
    let margin = if matches!(segment.state, Activity::Join | Activity::Sleep) {
        26.0
    } else {
        8.0
    };
    let fits = |text: &&String| text.width() as f64 * COLUMN + margin <= w;
    if let Some(text) = texts.iter().find(fits) {
        // On a ground of its own: no pattern shines through the letters.
        let width = text.width() as f64 * (COLUMN - 0.4) + 5.0;
        let ground = Rect::new(x + (w - width) / 2.0, y + 2.0, width, 10.0);
        canvas.rect("class=\"fl-p-ground\"", ground, "");
        canvas.text("fl-t fl-c", x + w / 2.0, y + 10.5, text);
    }
}

/// Right of the axis: what the thread waits for without end, and who would have to act.
fn for_ever(canvas: &mut Canvas, report: &Report, lane: &Lane, segment: &Segment, y: f64) {
    let Some(reference) = segment.object else {
        return;
    };
    let verb = match segment.state {
        Activity::Join => "joins",
        Activity::Barrier => "at",
        Activity::Park => "parked",
        _ => "waits for",
    };
    let what = match reference {
        Ref::Park(_) => String::new(),
        reference => format!(" {}", columns::reference(report, reference)),
    };
    let edges = report.findings.iter().flat_map(|finding| &finding.edges);
    let by = edges
        .filter(|edge| edge.thread == lane.thread && !matches!(reference, Ref::Thread(_)))
        .find_map(|edge| edge.by)
        .map(|by| format!(" ({})", columns::reference(report, Ref::Thread(by))));
    let texts = [
        format!("{verb}{what}{}", by.unwrap_or_default()),
        format!("{verb}{what}"),
        what.trim().to_owned(),
    ];
    let x = RIGHT - OPEN + 10.0;
    let fits = |text: &&String| text.width() as f64 * COLUMN + 12.0 <= RIGHT - x;
    if let Some(text) = texts.iter().find(fits) {
        let width = text.width() as f64 * (COLUMN - 0.4) + 6.0;
        let ground = Rect::new(x, y + 2.0, width, 10.0);
        canvas.rect("class=\"fl-p-ground\"", ground, "");
        canvas.text("fl-t", x + 3.0, y + 10.5, text);
    }
}

/// What shows on hovering.
pub(super) fn tip(report: &Report, lane: &Lane, segment: &Segment) -> String {
    let who = lane.name.as_deref().map_or_else(
        || lane.label.clone(),
        |name| format!("{} {name}", lane.label),
    );
    let verb = match segment.state {
        Activity::Starting => "has not begun",
        Activity::Running if lane.task.is_some() && segment.object.is_some() => "is polled on",
        Activity::Running => "runs",
        Activity::Lock => "waits for",
        Activity::Channel => "waits on",
        Activity::Join => "joins",
        Activity::Condvar => "waits to be notified on",
        Activity::Barrier => "waits at",
        Activity::Once => "waits for the initialisation of",
        Activity::Park => "is parked",
        Activity::Sleep => "sleeps",
        Activity::Scheduled => "waits for a worker",
        Activity::Idle => "is idle",
        Activity::Gap => "(events lost)",
    };
    let what = match (segment.object, segment.state) {
        (Some(Ref::Park(_) | Ref::Sleep(_)), _) | (None, _) => String::new(),
        (Some(reference), _) => format!(" {}", columns::reference(report, reference)),
    };
    let at = match (segment.line, &segment.within) {
        (Some(line), Some(krate)) => format!(" at line {line}, in {krate}"),
        (Some(line), None) => format!(" at line {line}"),
        (None, Some(krate)) => format!(" in {krate}"),
        (None, None) => String::new(),
    };
    let merged = match (segment.merged, segment.mix) {
        (0, _) => String::new(),
        (n, None) => format!(" ({} short pieces)", count(n)),
        (n, Some(mix)) => format!(
            " ({} short pieces, {} % of the time)",
            count(n),
            mix.permille / 10
        ),
    };
    if segment.for_ever {
        return format!(
            "{who} {verb}{what}{at} since {}, for ever",
            duration(segment.start_ns)
        );
    }
    format!(
        "{who} {verb}{what}{at}: {}, from {} to {}{merged}",
        duration(segment.end_ns - segment.start_ns),
        duration(segment.start_ns),
        duration(segment.end_ns)
    )
}
