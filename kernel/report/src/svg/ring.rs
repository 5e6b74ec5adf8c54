//! A deadlock's cycle as a small ring: threads and what they wait for, in turn.

use unicode_width::UnicodeWidthStr;

use super::canvas::{Canvas, Rect, WIDTH, num};
use crate::model::{At, Edge, Finding, FindingKind, Holding, Ref, Report};
use crate::words::width::fit;

/// Longer rings are told in text only.
const MOST: usize = 6;
/// Most columns of a name in it.
const NODE: usize = 24;

/// Whether the picture shows this finding's ring (if it is the first such).
pub(crate) fn shows_ring(finding: &Finding) -> bool {
    let is_ring = finding.ring && finding.kind == FindingKind::Deadlock;
    is_ring && (1..=MOST).contains(&finding.edges.len())
}

/// Draws the first deadlock's ring at the top.
pub(super) fn draw(canvas: &mut Canvas, report: &Report) {
    let Some(finding) = report.findings.iter().find(|finding| shows_ring(finding)) else {
        return;
    };
    let ring = Ring::new(&finding.edges, canvas.y);
    ring.links(canvas, report.cell);
    for (position, edge) in ring.edges.iter().enumerate() {
        node(canvas, ring.spot(2 * position), &edge.label, "fl-node");
        node(
            canvas,
            ring.spot(2 * position + 1),
            &edge.object,
            "fl-thing",
        );
    }
    if !ring.is_small() {
        let (x, y) = ring.middle;
        canvas.text("fl-c fl-m", x, y + 4.0, ring.summary());
    }
    canvas.y = ring.middle.1 + ring.radii.1 + 20.0;
}

/// A place on the sheet.
type Point = (f64, f64);

/// The ring's shape: threads and things in turn on an ellipse.
struct Ring<'e> {
    edges: &'e [Edge],
    middle: Point,
    radii: Point,
}

impl<'e> Ring<'e> {
    fn new(edges: &'e [Edge], top: f64) -> Ring<'e> {
        let radii = if edges.len() <= 2 {
            (215.0, 34.0)
        } else {
            (270.0, 62.0)
        };
        Ring {
            edges,
            middle: (WIDTH / 2.0, top + radii.1 + 22.0),
            radii,
        }
    }

    /// A long ring has no room for words beside its lines; the finding tells the places.
    fn is_small(&self) -> bool {
        self.edges.len() <= 2
    }

    /// Where the node with this number lies.
    fn spot(&self, index: usize) -> Point {
        let count = 2 * self.edges.len();
        let part = 2.0 * (index % count) as f64 / count as f64;
        let angle = std::f64::consts::PI * (1.0 + part);
        let ((x, y), (rx, ry)) = (self.middle, self.radii);
        (x + rx * angle.cos(), y + ry * angle.sin())
    }

    /// The lines between the nodes.
    fn links(&self, canvas: &mut Canvas, cell: u32) {
        // A thread that waits for itself has its two lines side by side.
        let apart = if self.edges.len() == 1 { 5.0 } else { 0.0 };
        let words = |text: &str, at: &Option<At>| match at {
            _ if !self.is_small() => String::new(),
            Some(at) => format!("{text} ({})", at.words(cell)),
            None => text.to_owned(),
        };
        for (position, edge) in self.edges.iter().enumerate() {
            let beside = |index: usize, by: f64| {
                let (x, y) = self.spot(index);
                (x, y + by)
            };
            let (thread, thing) = (2 * position, 2 * position + 1);
            let waits = words("waits", &edge.at);
            link(
                canvas,
                beside(thread, -apart),
                beside(thing, -apart),
                &waits,
            );
            let held = match edge.waits_for {
                Ref::Lock(_) | Ref::Once(_) => match edge.holding {
                    Holding::Holds => words("held by", &edge.held_at),
                    Holding::Took => words("taken by", &edge.held_at),
                    Holding::WaitsBefore => words("waits to write", &None),
                },
                _ => String::new(),
            };
            link(
                canvas,
                beside(thing, apart),
                beside(thing + 1, apart),
                &held,
            );
        }
    }

    /// What all edges say, in a sentence.
    fn summary(&self) -> &'static str {
        let is_lock = |edge: &Edge| matches!(edge.waits_for, Ref::Lock(_));
        if self.edges.iter().all(is_lock) {
            "Each thread waits for a lock that the next one holds."
        } else {
            "Each thread waits for the next one."
        }
    }
}

fn half_width(text: &str) -> f64 {
    text.width().min(NODE) as f64 * 3.4 + 9.0
}

fn node(canvas: &mut Canvas, (x, y): Point, text: &str, class: &str) {
    let text = fit(text, NODE);
    let half = half_width(&text);
    let round = if class == "fl-node" { 3.0 } else { 10.0 };
    let rect = Rect::new(x - half, y - 10.0, 2.0 * half, 20.0);
    canvas.round_rect(class, rect, round);
    canvas.text("fl-c fl-b", x, y + 4.0, &text);
}

/// A line with an arrowhead in its middle, and words beside it.
fn link(canvas: &mut Canvas, from: Point, to: Point, words: &str) {
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
    let outward = if ux > 0.0 { -9.0 } else { 15.0 };
    canvas.text("fl-c fl-m", mx, my + outward, words);
}
