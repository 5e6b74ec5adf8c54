//! One thread's lane: bars, hold bars, marks.

use std::collections::BTreeMap;

use unicode_width::UnicodeWidthStr;

use super::canvas::{Canvas, num};
use super::frame::{BAR, HOLD, Scale};
use crate::columns;
use crate::model::{Activity, Lane, MarkKind, Mix, Segment};
use crate::model::{Ref, Report};
use crate::words::names;
use crate::words::units::{count, duration};

/// Narrower shapes are drawn together, without texts of their own.
const NARROW: f64 = 3.0;

/// Where a state's bar lies within a lane: from the top, and how high. Running stands out, what a thread
/// chose to wait for (a join, a sleep) steps back.
fn extent(state: Activity) -> (f64, f64) {
    match state {
        Activity::Running => (0.0, BAR),
        Activity::Join => (4.0, 6.0),
        Activity::Sleep => (5.5, 3.0),
        Activity::Starting => (6.5, 1.0),
        Activity::Gap => (2.5, 9.0),
        _ => (1.5, 11.0),
    }
}

/// A bar of one state, its outline included.
pub(super) fn bar(
    canvas: &mut Canvas,
    state: Activity,
    x: f64,
    y: f64,
    w: f64,
    h: f64,
    title: &str,
) {
    let (top, height) = extent(state);
    let (y, h) = (y + top * h / BAR, height * h / BAR);
    let fill = canvas.fill(state);
    canvas.rect(&fill, x, y, w, h, title);
    if let Some(colour) = outline(state).filter(|_| w >= NARROW) {
        let attributes = format!("class=\"fl-o\" style=\"stroke:var({colour})\"");
        canvas.rect(&attributes, x + 0.5, y + 0.5, w - 1.0, h - 1.0, "");
    }
}

fn outline(state: Activity) -> Option<&'static str> {
    match state {
        Activity::Lock => Some("--fl-lock"),
        Activity::Channel => Some("--fl-chan"),
        Activity::Join => Some("--fl-join"),
        Activity::Condvar | Activity::Barrier | Activity::Once | Activity::Park => Some("--fl-sig"),
        Activity::Starting | Activity::Running | Activity::Sleep | Activity::Gap => None,
    }
}

/// Draws a lane's bars and holds at `y`.
pub(super) fn draw(canvas: &mut Canvas, report: &Report, lane: &Lane, scale: Scale, y: f64) {
    for state in Activity::ALL {
        segments(canvas, report, lane, scale, y, state);
    }
    holds(canvas, report, lane, scale, y + BAR + 1.0);
}

fn segments(
    canvas: &mut Canvas,
    report: &Report,
    lane: &Lane,
    scale: Scale,
    y: f64,
    state: Activity,
) {
    let (top, height) = extent(state);
    let mut together = String::new();
    let mut outlines = String::new();
    let mut mixes = Mixes::default();
    let mut captions = Vec::new();
    let is_off_core = state == Activity::Running && lane.cpu_permille.is_some_and(|cpu| cpu < 850);
    for segment in lane
        .segments
        .iter()
        .filter(|segment| segment.state == state)
    {
        let x = scale.x(segment.start_ns);
        let w = (scale.x(segment.end_ns) - x).max(0.7);
        let shape = |h: f64| {
            format!(
                "M{} {}h{}v{}h-{}z",
                num(x),
                num(y + top),
                num(w),
                num(h),
                num(w)
            )
        };
        if segment.stuck {
            outlines += &shape(height);
        }
        if let Some(mix) = segment.mix {
            mixes.add(state, mix, x, y, w);
            continue;
        }
        if w < NARROW || !canvas.has_room(300) {
            together += &shape(height);
            continue;
        }
        let title = if canvas.hover {
            tip(report, lane, segment)
        } else {
            String::new()
        };
        if is_off_core {
            // The solid part is the share of running that was spent on a core.
            let share = f64::from(lane.cpu_permille.unwrap_or(1000)) / 1000.0 * BAR;
            canvas.rect("class=\"fl-off\"", x, y, w, BAR, &title);
            canvas.rect("class=\"fl-run\"", x, y + BAR - share, w, share, "");
        } else {
            bar(canvas, state, x, y, w, BAR, &title);
        }
        captions.push((segment, x, w));
    }
    if !together.is_empty() {
        let fill = if is_off_core {
            "class=\"fl-off\"".to_owned()
        } else {
            canvas.fill(state)
        };
        canvas.path(&fill, &together);
    }
    mixes.draw(canvas);
    canvas.path("class=\"fl-stuck\"", &outlines);
    for (segment, x, w) in captions {
        caption(canvas, report, segment, x, y, w);
    }
}

/// Many short pieces: the two states that took most, one over the other, as high as their shares. Running
/// is always below, so that lanes compare. All of one state are drawn together.
#[derive(Default)]
struct Mixes {
    paths: BTreeMap<Activity, String>,
}

impl Mixes {
    fn add(&mut self, state: Activity, mix: Mix, x: f64, y: f64, w: f64) {
        let share = f64::from(mix.permille) / 1000.0 * BAR;
        let (lower, upper, share) = if mix.also == Activity::Running {
            (Activity::Running, state, BAR - share)
        } else {
            (state, mix.also, share)
        };
        let mut part = |state, y: f64, h: f64| {
            let (x, y, w, h) = (num(x), num(y), num(w), num(h));
            *self.paths.entry(state).or_default() += &format!("M{x} {y}h{w}v{h}h-{w}z");
        };
        part(upper, y, BAR - share);
        part(lower, y + BAR - share, share);
    }

    fn draw(self, canvas: &mut Canvas) {
        for (state, d) in self.paths {
            let fill = canvas.fill(state);
            canvas.path(&fill, &d);
        }
    }
}

/// What and where, on the segment, as far as it fits.
fn caption(canvas: &mut Canvas, report: &Report, segment: &Segment, x: f64, y: f64, w: f64) {
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
        canvas.rect(
            "class=\"fl-p-ground\"",
            x + (w - width) / 2.0,
            y + 2.5,
            width,
            9.0,
            "",
        );
        canvas.text("fl-t fl-c", x + w / 2.0, y + 10.5, text);
    }
}

/// What shows on hovering.
fn tip(report: &Report, lane: &Lane, segment: &Segment) -> String {
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

/// Thin bars under a lane while it holds locks, with the locks' letters.
fn holds(canvas: &mut Canvas, report: &Report, lane: &Lane, scale: Scale, y: f64) {
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
        let title = format!("{} holds {lock}{shared}: {length}{times}", lane.label);
        canvas.rect(&format!("class=\"fl-h{style}\""), x, y, w, 8.0, &title);
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

/// Panics and deadlocks, over everything else.
pub(super) fn marks(canvas: &mut Canvas, lane: &Lane, scale: Scale, y: f64) {
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
    canvas.round_rect("fl-bad", x - 5.5, y - 5.5, 11.0, 11.0, 5.5);
    canvas.text("fl-inv", x, y + 3.3, "!");
}

pub(super) fn deadlock_sign(canvas: &mut Canvas, x: f64, y: f64) {
    let d = format!("M{} {}l8 8m0 -8l-8 8", num(x - 4.0), num(y - 4.0));
    canvas.path("class=\"fl-x\"", &d);
}
