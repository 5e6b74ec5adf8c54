//! What a thread held: thin bars under its lane.

use super::canvas::{Canvas, Rect, num};
use super::scale::{HOLD, NARROW, Scale};
use crate::columns;
use crate::model::{HoldBar, Lane, Ref, Report};
use crate::words::names;
use crate::words::units::{count, duration};

/// Thin bars under a lane while it holds locks, with the locks' letters.
pub(super) fn draw(canvas: &mut Canvas, report: &Report, lane: &Lane, scale: Scale, y: f64) {
    let mut together = [const { String::new() }; 3];
    for hold in &lane.holds {
        let style = hold
            .lock
            .map_or(1, |id| (id.saturating_sub(1) % 3) as usize);
        let x = scale.x(hold.start_ns);
        let w = (scale.x(hold.end_ns) - x).max(0.8);
        let y = y + f64::from(hold.level) * HOLD;
        if w < NARROW || !canvas.has_room(120) {
            together[style] += &format!("M{} {}h{}v8h-{}z", num(x), num(y), num(w), num(w));
            continue;
        }
        let title = title(report, lane, hold);
        let class = format!("class=\"fl-h{style}\"");
        canvas.rect(&class, Rect::new(x, y, w, 8.0), &title);
        if let Some(id) = hold.lock.filter(|_| w >= 9.0) {
            let class = if style == 2 {
                "fl-l fl-hl2"
            } else {
                "fl-l fl-hl"
            };
            let x = if w > 60.0 { x + 7.0 } else { x + w / 2.0 };
            canvas.text(
                class,
                x,
                y + 7.0,
                &names::letter(id.saturating_sub(1) as usize),
            );
        }
    }
    for (style, d) in together.iter().enumerate() {
        canvas.path(&format!("class=\"fl-h{style}\""), d);
    }
}

/// What shows on hovering.
fn title(report: &Report, lane: &Lane, hold: &HoldBar) -> String {
    let lock = hold.lock.map_or_else(
        || "several locks".to_owned(),
        |id| columns::reference(report, Ref::Lock(id)),
    );
    let times = match hold.merged {
        0 => String::new(),
        n => format!(", {} times", count(n)),
    };
    let length = duration(hold.end_ns - hold.start_ns);
    let shared = if hold.shared { " for reading" } else { "" };
    format!("{} holds {lock}{shared}: {length}{times}", lane.label)
}
