//! One thread's lane: a bar for each stretch of what it did.

use std::collections::BTreeMap;

use super::canvas::{Canvas, Rect, num};
use super::captions::{caption, tip};
use super::holds::{self, Labels};
use super::scale::{BAR, NARROW, RIGHT, Scale};
use super::style::hue;
use crate::model::{Activity, Lane, Mix, Ref, Report, Segment};

/// Where an activity's bar lies within a lane: from the top, and how high. Running stands out, what
/// a thread chose to wait for (a join, a sleep) steps back.
fn extent(activity: Activity) -> (f64, f64) {
    match activity {
        Activity::Running => (0.0, BAR),
        Activity::Join => (4.0, 6.0),
        Activity::Sleep => (5.5, 3.0),
        Activity::Starting | Activity::Idle => (6.5, 1.0),
        Activity::Scheduled => (3.5, 7.0),
        Activity::Gap => (2.5, 9.0),
        _ => (1.5, 11.0),
    }
}

/// A bar of one activity, its outline included; `rect` is the lane's whole height, `hue` a lock's.
pub(super) fn bar(
    canvas: &mut Canvas,
    activity: Activity,
    hue: Option<u8>,
    rect: Rect,
    title: &str,
) {
    let Rect { x, y, w, h } = rect;
    let (top, height) = extent(activity);
    let (y, h) = (y + top * h / BAR, height * h / BAR);
    let fill = canvas.fill(activity, hue);
    canvas.rect(&fill, Rect::new(x, y, w, h), title);
    if let Some(colour) = outline(activity, hue).filter(|_| w >= NARROW) {
        let attributes = format!("class=\"fl-o\" style=\"stroke:var({colour})\"");
        let inside = Rect::new(x + 0.5, y + 0.5, w - 1.0, h - 1.0);
        canvas.rect(&attributes, inside, "");
    }
}

fn outline(activity: Activity, hue: Option<u8>) -> Option<String> {
    let colour = match (activity, hue) {
        (Activity::Lock, Some(hue)) => return Some(format!("--fl-l{hue}")),
        (Activity::Lock, None) => "--fl-lock",
        (Activity::Channel, _) => "--fl-chan",
        (Activity::Join, _) => "--fl-join",
        (Activity::Condvar | Activity::Barrier | Activity::Once | Activity::Park, _) => "--fl-sig",
        (
            Activity::Starting
            | Activity::Running
            | Activity::Sleep
            | Activity::Scheduled
            | Activity::Idle
            | Activity::Gap,
            _,
        ) => return None,
    };
    Some(colour.to_owned())
}

/// The hue of the lock that a segment waits for.
fn hue_of(segment: &Segment) -> Option<u8> {
    match segment.object {
        Some(Ref::Lock(id)) => Some(hue(id)),
        _ => None,
    }
}

/// Draws a lane's bars and holds at `y`.
pub(super) fn draw(
    canvas: &mut Canvas,
    report: &Report,
    lane: &Lane,
    (scale, labels): (Scale, Labels),
    y: f64,
) {
    for activity in Activity::ALL {
        let mut layer = Layer {
            report,
            lane,
            scale,
            y,
            activity,
            together: BTreeMap::new(),
            outlines: String::new(),
            mixes: Mixes::default(),
            captions: Vec::new(),
        };
        for segment in &lane.segments {
            if segment.state == activity {
                layer.add(canvas, segment);
            }
        }
        layer.finish(canvas);
    }
    holds::draw(canvas, report, lane, (scale, labels), y + BAR + 1.0);
}

/// All of a lane's segments of one activity.
struct Layer<'r> {
    report: &'r Report,
    lane: &'r Lane,
    scale: Scale,
    y: f64,
    activity: Activity,
    /// The narrow ones, as one path a hue.
    together: BTreeMap<Option<u8>, String>,
    /// Around those that did not end well.
    outlines: String,
    mixes: Mixes,
    /// The segments with room for words, and where they lie.
    captions: Vec<(&'r Segment, f64, f64)>,
}

impl<'r> Layer<'r> {
    /// Of the time it was running, the part on a core, when that is worth showing.
    fn on_core(&self) -> Option<f64> {
        let cpu = self.lane.cpu_permille.filter(|cpu| *cpu < 850)?;
        (self.activity == Activity::Running).then_some(f64::from(cpu) / 1000.0)
    }

    fn add(&mut self, canvas: &mut Canvas, segment: &'r Segment) {
        let (top, height) = extent(self.activity);
        let x = self.scale.x(segment.start_ns);
        let end = if segment.for_ever {
            RIGHT
        } else {
            self.scale.x(segment.end_ns)
        };
        let w = (end - x).max(0.7);
        let shape = {
            let (x, y, w, h) = (num(x), num(self.y + top), num(w), num(height));
            format!("M{x} {y}h{w}v{h}h-{w}z")
        };
        if segment.stuck && !segment.for_ever {
            self.outlines += &shape;
        }
        if let Some(mix) = segment.mix {
            self.mixes
                .add(self.activity, mix, Rect::new(x, self.y, w, BAR));
            return;
        }
        if w < NARROW || !canvas.has_room(300) {
            *self.together.entry(hue_of(segment)).or_default() += &shape;
            return;
        }
        let title = if canvas.hover {
            tip(self.report, self.lane, segment)
        } else {
            String::new()
        };
        let whole = Rect::new(x, self.y, w, BAR);
        if let Some(share) = self.on_core() {
            // The solid part is the share of running that was spent on a core.
            let high = share * BAR;
            let solid = Rect::new(x, self.y + BAR - high, w, high);
            canvas.rect("class=\"fl-off\"", whole, &title);
            canvas.rect("class=\"fl-run\"", solid, "");
        } else {
            bar(canvas, self.activity, hue_of(segment), whole, &title);
        }
        self.captions.push((segment, x, w));
    }

    /// What is drawn in one piece, and the words over everything.
    fn finish(self, canvas: &mut Canvas) {
        for (hue, d) in &self.together {
            let fill = if self.on_core().is_some() {
                "class=\"fl-off\"".to_owned()
            } else {
                canvas.fill(self.activity, *hue)
            };
            canvas.path(&fill, d);
        }
        self.mixes.draw(canvas);
        canvas.path("class=\"fl-stuck\"", &self.outlines);
        for (segment, x, w) in self.captions {
            let rect = Rect::new(x, self.y, w, BAR);
            caption(canvas, self.report, self.lane, segment, rect);
        }
    }
}

/// Many short pieces: the two activities that took most, one over the other, as high as their
/// shares. Running is always below, so that lanes compare. All of one are drawn together.
#[derive(Default)]
struct Mixes {
    paths: BTreeMap<Activity, String>,
}

impl Mixes {
    fn add(&mut self, activity: Activity, mix: Mix, rect: Rect) {
        let Rect { x, y, w, .. } = rect;
        let share = f64::from(mix.permille) / 1000.0 * BAR;
        let (lower, upper, share) = if mix.also == Activity::Running {
            (Activity::Running, activity, BAR - share)
        } else {
            (activity, mix.also, share)
        };
        let mut part = |activity, y: f64, h: f64| {
            let (x, y, w, h) = (num(x), num(y), num(w), num(h));
            *self.paths.entry(activity).or_default() += &format!("M{x} {y}h{w}v{h}h-{w}z");
        };
        part(upper, y, BAR - share);
        part(lower, y + BAR - share, share);
    }

    fn draw(self, canvas: &mut Canvas) {
        for (activity, d) in self.paths {
            let fill = canvas.fill(activity, None);
            canvas.path(&fill, &d);
        }
    }
}
