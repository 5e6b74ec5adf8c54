//! Words on a segment, and those that show on hovering.

use unicode_width::UnicodeWidthStr;

use super::canvas::{Canvas, Rect};
use crate::columns;
use crate::model::{Activity, Lane, Ref, Report, Segment};
use crate::words::names;
use crate::words::units::{count, duration};

/// What and where, on the segment, as far as it fits.
pub(super) fn caption(canvas: &mut Canvas, report: &Report, segment: &Segment, rect: Rect) {
    let Rect { x, y, w, .. } = rect;
    let Some(line) = segment
        .line
        .filter(|_| segment.merged == 0 && canvas.has_room(300))
    else {
        return;
    };
    let what = match segment.object {
        Some(Ref::Lock(id)) => names::letter(id.saturating_sub(1) as usize),
        Some(
            reference @ (Ref::Channel(_) | Ref::Condvar(_) | Ref::Barrier(_) | Ref::Thread(_)),
        ) => columns::reference(report, reference),
        _ => String::new(),
    };
    let texts = [
        format!("{what} · line {line}"),
        format!("line {line}"),
        format!("{line}"),
    ];
    let first = usize::from(what.is_empty());
    // A thin bar must be seen on both sides of the words.
    let margin = if matches!(segment.state, Activity::Join | Activity::Sleep) {
        26.0
    } else {
        8.0
    };
    let fits = |text: &&String| text.width() as f64 * 5.3 + margin <= w;
    if let Some(text) = texts[first..].iter().find(fits) {
        // On a ground of its own: no pattern shines through the letters.
        let width = text.width() as f64 * 4.9 + 5.0;
        let ground = Rect::new(x + (w - width) / 2.0, y + 2.5, width, 9.0);
        canvas.rect("class=\"fl-p-ground\"", ground, "");
        canvas.text("fl-t fl-c", x + w / 2.0, y + 10.5, text);
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
        Activity::Running => "runs",
        Activity::Lock => "waits for",
        Activity::Channel => "waits on",
        Activity::Join => "joins",
        Activity::Condvar => "waits to be notified on",
        Activity::Barrier => "waits at",
        Activity::Once => "waits for the initialisation of",
        Activity::Park => "is parked",
        Activity::Sleep => "sleeps",
        Activity::Gap => "(events lost)",
    };
    let what = match (segment.object, segment.state) {
        (Some(Ref::Park(_) | Ref::Sleep(_)), _) | (None, _) => String::new(),
        (Some(reference), _) => format!(" {}", columns::reference(report, reference)),
    };
    let at = segment
        .line
        .map(|line| format!(" at line {line}"))
        .unwrap_or_default();
    let merged = match (segment.merged, segment.mix) {
        (0, _) => String::new(),
        (n, None) => format!(" ({} short pieces)", count(n)),
        (n, Some(mix)) => format!(
            " ({} short pieces, {} % of the time)",
            count(n),
            mix.permille / 10
        ),
    };
    format!(
        "{who} {verb}{what}{at}: {}, from {} to {}{merged}",
        duration(segment.end_ns - segment.start_ns),
        duration(segment.start_ns),
        duration(segment.end_ns)
    )
}
