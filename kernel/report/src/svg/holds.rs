//! What a thread held: thin bars under its lane, in the hue of the lock.

use std::collections::{BTreeMap, BTreeSet};

use unicode_width::UnicodeWidthStr;

use super::canvas::{Canvas, Rect, num};
use super::scale::{HOLD, NARROW, RIGHT, Scale};
use super::style::{HUES, hold_class, hue};
use crate::columns;
use crate::model::{HoldBar, Lane, Ref, Report, Timeline};
use crate::words::names;
use crate::words::units::{count, duration};

/// How high a bar is, and how wide a column of its words.
const HEIGHT: f64 = 11.0;
const COLUMN: f64 = 6.0;
/// A bar without room for any word.
const SHORT: f64 = 12.0;

/// Thin bars under a lane while it holds locks, with the locks' names.
pub(super) fn draw(
    canvas: &mut Canvas,
    report: &Report,
    lane: &Lane,
    (scale, labels): (Scale, Labels),
    y: f64,
) {
    let mut together: BTreeMap<String, String> = BTreeMap::new();
    let mut rooms: BTreeMap<String, String> = BTreeMap::new();
    for hold in &lane.holds {
        let class = hold_class(hold.lock.map(hue));
        let (x, end) = extent(lane, hold, scale);
        let w = (end - x).max(0.8);
        let y = y + f64::from(hold.level) * HOLD;
        // Many short holds fill as much of the bar as they took of its time.
        let full = hold
            .held_permille
            .map_or(1.0, |share| f64::from(share) / 1000.0);
        let high = (HEIGHT * full).max(1.0);
        let top = y + HEIGHT - high;
        if w < NARROW || !canvas.has_room(120) {
            *together.entry(class).or_default() += &format!(
                "M{} {}h{}v{}h-{}z",
                num(x),
                num(top),
                num(w),
                num(high),
                num(w)
            );
            continue;
        }
        let title = title(report, lane, hold);
        if full < 1.0 {
            let stroke = hold
                .lock
                .map_or("--fl-hold".to_owned(), |id| format!("--fl-l{}", hue(id)));
            let rest = HEIGHT - high - 1.0;
            *rooms.entry(stroke).or_default() += &format!(
                "M{} {}h{}v{}h-{}z",
                num(x + 0.5),
                num(y + 0.5),
                num(w - 1.0),
                num(rest),
                num(w - 1.0)
            );
        }
        canvas.rect(&class, Rect::new(x, top, w, high), &title);
        if full == 1.0
            && let Some(label) = hold.lock.and_then(|id| labels.on(report, id))
            && fits(label.width(), w)
        {
            canvas.text("fl-l fl-hl", x + 3.0, y + 9.2, &label);
        }
    }
    for (stroke, d) in &rooms {
        let attributes = format!("class=\"fl-room\" style=\"stroke:var({stroke})\"");
        canvas.path(&attributes, d);
    }
    for (class, d) in &together {
        canvas.path(class, d);
    }
}

/// What is written on the bars of a picture, the same way on all of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Labels {
    /// The locks' names, for which all bars have room.
    Names,
    /// Nothing: the legend has each lock's hue and name.
    None,
    /// The locks' letters in the table: they are more than there are hues.
    Letters,
}

impl Labels {
    /// For this picture.
    pub(super) fn of(report: &Report, timeline: &Timeline, scale: Scale) -> Labels {
        let lanes = timeline.lanes.iter();
        let bars = lanes.flat_map(|lane| lane.holds.iter().map(move |hold| (lane, hold)));
        let has_room = |(lane, hold): (&Lane, &HoldBar)| {
            let Some(id) = hold.lock.filter(|_| hold.held_permille.is_none()) else {
                return true;
            };
            let (x, end) = extent(lane, hold, scale);
            let width = columns::reference(report, Ref::Lock(id)).width();
            // Where nothing has room, nothing is missed.
            end - x < SHORT || fits(width, end - x)
        };
        if bars.clone().all(has_room) {
            return Labels::Names;
        }
        let locks: BTreeSet<u32> = bars.filter_map(|(_, hold)| hold.lock).collect();
        match locks.len() > HUES as usize {
            true => Labels::Letters,
            false => Labels::None,
        }
    }

    fn on(self, report: &Report, id: u32) -> Option<String> {
        match self {
            Labels::Names => Some(columns::reference(report, Ref::Lock(id))),
            Labels::None => None,
            Labels::Letters => Some(names::letter(id.saturating_sub(1) as usize)),
        }
    }
}

/// Whether so many columns of words have room on a bar.
fn fits(columns: usize, w: f64) -> bool {
    columns as f64 * COLUMN + 4.0 <= w
}

/// Where a bar begins and ends.
fn extent(lane: &Lane, hold: &HoldBar, scale: Scale) -> (f64, f64) {
    let is_open = lane.is_open() && hold.end_ns >= lane.end_ns;
    let end = if is_open { RIGHT } else { scale.x(hold.end_ns) };
    (scale.x(hold.start_ns), end)
}

/// What shows on hovering.
fn title(report: &Report, lane: &Lane, hold: &HoldBar) -> String {
    let lock = hold.lock.map_or_else(
        || "several locks".to_owned(),
        |id| columns::reference(report, Ref::Lock(id)),
    );
    let length = hold.end_ns - hold.start_ns;
    let shared = if hold.shared { " for reading" } else { "" };
    let who = &lane.label;
    match (hold.merged, hold.held_permille) {
        (0, _) => format!("{who} holds {lock}{shared}: {}", duration(length)),
        (n, share) => {
            let held = u128::from(length) * u128::from(share.unwrap_or(1000)) / 1000;
            format!(
                "{who} holds {lock}{shared} {} times: {} of {}",
                count(n),
                duration(held as u64),
                duration(length)
            )
        }
    }
}
