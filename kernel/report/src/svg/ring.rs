//! A deadlock's cycle as a small ring: threads and what they wait for, in turn.

use unicode_width::UnicodeWidthStr;

use super::canvas::{Canvas, Rect, WIDTH, num};
use crate::model::{Finding, FindingKind, Ref, Report};
use crate::words::width::fit;

/// Longer rings are told in text only.
const MOST: usize = 6;
/// Most columns of a name in it.
const NODE: usize = 24;

/// Whether the picture shows this finding's ring (if it is the first such).
pub(crate) fn shows_ring(finding: &Finding) -> bool {
    finding.ring
        && finding.kind == FindingKind::Deadlock
        && (1..=MOST).contains(&finding.edges.len())
}

/// Draws the first deadlock's ring at the top.
pub(super) fn draw(canvas: &mut Canvas, report: &Report) {
    let rings = report
        .findings
        .iter()
        .filter(|finding| finding.ring && finding.kind == FindingKind::Deadlock);
    let Some(finding) = rings
        .into_iter()
        .find(|finding| (1..=MOST).contains(&finding.edges.len()))
    else {
        return;
    };
    let edges = &finding.edges;
    let count = 2 * edges.len();
    let (rx, ry) = if edges.len() <= 2 {
        (215.0, 34.0)
    } else {
        (270.0, 62.0)
    };
    let (cx, cy) = (WIDTH / 2.0, canvas.y + ry + 22.0);
    let spot = |index: usize| {
        let angle = std::f64::consts::PI * (1.0 + 2.0 * index as f64 / count as f64);
        (cx + rx * angle.cos(), cy + ry * angle.sin())
    };
    // A thread that waits for itself has its two lines side by side.
    let apart = if edges.len() == 1 { 5.0 } else { 0.0 };
    let beside = |(x, y): (f64, f64), by: f64| (x, y + by);
    for (position, edge) in edges.iter().enumerate() {
        let (thread, thing) = (2 * position, 2 * position + 1);
        // A long ring has no room for words beside its lines; the finding tells the places.
        let has_room = edges.len() <= 2;
        let waits = edge.at.as_ref().map(|at| at.words(report.cell));
        let held = edge.held_at.as_ref().map(|at| at.words(report.cell));
        let words = if has_room { "waits" } else { "" };
        link(
            canvas,
            beside(spot(thread), -apart),
            beside(spot(thing), -apart),
            words,
            waits.as_deref().filter(|_| has_room),
        );
        let is_held = matches!(edge.waits_for, Ref::Lock(_) | Ref::Once(_));
        let words = if is_held && has_room { "held by" } else { "" };
        link(
            canvas,
            beside(spot(thing), apart),
            beside(spot((thing + 1) % count), apart),
            words,
            held.as_deref().filter(|_| is_held && has_room),
        );
    }
    for (position, edge) in edges.iter().enumerate() {
        node(canvas, spot(2 * position), &edge.label, "fl-node");
        node(canvas, spot(2 * position + 1), &edge.object, "fl-thing");
    }
    if edges.len() > 2 {
        let all_locks = edges
            .iter()
            .all(|edge| matches!(edge.waits_for, Ref::Lock(_)));
        let words = if all_locks {
            "Each thread waits for a lock that the next one holds."
        } else {
            "Each thread waits for the next one."
        };
        canvas.text("fl-c fl-m", cx, cy + 4.0, words);
    }
    canvas.y = cy + ry + 20.0;
}

fn half_width(text: &str) -> f64 {
    text.width().min(NODE) as f64 * 3.4 + 9.0
}

fn node(canvas: &mut Canvas, (x, y): (f64, f64), text: &str, class: &str) {
    let text = fit(text, NODE);
    let half = half_width(&text);
    let round = if class == "fl-node" { 3.0 } else { 10.0 };
    let rect = Rect::new(x - half, y - 10.0, 2.0 * half, 20.0);
    canvas.round_rect(class, rect, round);
    canvas.text("fl-c fl-b", x, y + 4.0, &text);
}

/// A line with an arrowhead in its middle, and words beside it.
fn link(canvas: &mut Canvas, from: (f64, f64), to: (f64, f64), words: &str, at: Option<&str>) {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy).max(1.0);
    let (ux, uy) = (dx / length, dy / length);
    let (mx, my) = (from.0 + dx / 2.0, from.1 + dy / 2.0);
    let d = format!(
        "M{} {}L{} {}",
        num(from.0),
        num(from.1),
        num(to.0),
        num(to.1)
    );
    canvas.path("class=\"fl-ring\"", &d);
    let head = format!(
        "M{} {}L{} {}L{} {}z",
        num(mx + 6.0 * ux),
        num(my + 6.0 * uy),
        num(mx - 4.0 * ux - 4.0 * uy),
        num(my - 4.0 * uy + 4.0 * ux),
        num(mx - 4.0 * ux + 4.0 * uy),
        num(my - 4.0 * uy - 4.0 * ux)
    );
    canvas.path("class=\"fl-ringhead\"", &head);
    let text = match at {
        Some(at) => format!("{words} ({at})"),
        None => words.to_owned(),
    };
    let outward = if ux > 0.0 { -9.0 } else { 15.0 };
    canvas.text("fl-c fl-m", mx, my + outward, text.trim());
}
