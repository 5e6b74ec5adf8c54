//! The signs of panics and deadlocks.

use super::canvas::{Canvas, Rect, num};
use super::scale::{BAR, Scale};
use crate::model::{Lane, MarkKind};

/// Panics and deadlocks, over everything else.
pub(super) fn draw(canvas: &mut Canvas, lane: &Lane, scale: Scale, y: f64) {
    for mark in &lane.marks {
        let x = scale.x(mark.at_ns);
        match mark.kind {
            MarkKind::Panic => panic_sign(canvas, x, y + BAR / 2.0),
            MarkKind::Deadlock => deadlock_sign(canvas, x - 1.0, y + BAR / 2.0),
            MarkKind::Spawn | MarkKind::Join => {}
        }
    }
}

pub(super) fn panic_sign(canvas: &mut Canvas, x: f64, y: f64) {
    canvas.round_rect("fl-bad", Rect::new(x - 5.5, y - 5.5, 11.0, 11.0), 5.5);
    canvas.text("fl-inv", x, y + 3.3, "!");
}

pub(super) fn deadlock_sign(canvas: &mut Canvas, x: f64, y: f64) {
    let d = format!("M{} {}l8 8m0 -8l-8 8", num(x - 4.0), num(y - 4.0));
    canvas.path("class=\"fl-x\"", &d);
}
