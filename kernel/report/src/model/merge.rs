//! Puts together what is too short to be drawn, and says for how much it stands.

use super::activity::Activity;
use super::timeline::{HoldBar, Lane, Mix, Segment};

/// How long, in units of the resolution, short pieces are put together before a new segment begins.
const PIECE: u64 = 6;

/// Puts together what is too short.
pub(crate) struct Merger {
    resolution: u64,
    done: Vec<Segment>,
    pending: Option<Pending>,
}

/// Short pieces that lie side by side.
struct Pending {
    start: u64,
    end: u64,
    pieces: u64,
    stuck: bool,
    time: [u64; Activity::ALL.len()],
    longest: Segment,
}

impl Merger {
    pub(crate) fn new(resolution: u64) -> Merger {
        Merger {
            resolution,
            done: Vec::new(),
            pending: None,
        }
    }

    pub(crate) fn push(&mut self, segment: Segment) {
        let length = segment.end_ns - segment.start_ns;
        if length >= self.resolution || segment.for_ever {
            self.flush();
            self.emit(segment);
            return;
        }
        let pending = self.pending.get_or_insert_with(|| Pending {
            start: segment.start_ns,
            end: segment.start_ns,
            pieces: 0,
            stuck: false,
            time: [0; Activity::ALL.len()],
            longest: segment.clone(),
        });
        pending.end = segment.end_ns;
        pending.pieces += segment.merged.max(1);
        pending.stuck |= segment.stuck;
        for (state, time) in parts(&segment) {
            pending.time[state as usize] += time;
        }
        if length > pending.longest.end_ns - pending.longest.start_ns {
            pending.longest = segment;
        }
        if pending.end - pending.start >= self.resolution.saturating_mul(PIECE) {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let Some(pending) = self.pending.take() else {
            return;
        };
        // Of equals the first, so that the choice never depends on anything but the data.
        let most = pending.time.iter().max().copied().unwrap_or(0);
        let state = Activity::ALL
            .into_iter()
            .find(|&state| pending.time[state as usize] == most)
            .unwrap_or(Activity::Running);
        let same = pending.longest.state == state;
        self.emit(Segment {
            start_ns: pending.start,
            end_ns: pending.end,
            state,
            object: pending.longest.object.filter(|_| same),
            line: pending.longest.line.filter(|_| same),
            within: pending.longest.within.filter(|_| same),
            merged: if pending.pieces > 1 {
                pending.pieces
            } else {
                0
            },
            mix: mix(&pending.time, state),
            stuck: pending.stuck,
            for_ever: false,
        });
    }

    /// Adds a segment, or lengthens the last when it goes on with the same.
    fn emit(&mut self, segment: Segment) {
        let resolution = self.resolution;
        match self.done.last_mut() {
            Some(last)
                if last.end_ns == segment.start_ns && goes_on(last, &segment, resolution) =>
            {
                last.mix = join_mixes(last, &segment);
                if (last.object, last.line) != (segment.object, segment.line) {
                    (last.object, last.line) = (None, None);
                }
                if last.within != segment.within {
                    last.within = None;
                }
                last.end_ns = segment.end_ns;
                last.merged += segment.merged;
                last.stuck |= segment.stuck;
            }
            _ => self.done.push(segment),
        }
    }

    pub(crate) fn finish(mut self, most: usize) -> Vec<Segment> {
        self.flush();
        thin_segments(self.done, self.resolution, most)
    }
}

/// Whether a segment shows the same as the one before it. Of merged ones, much alike is enough, as
/// far as the change over time can still be seen.
fn goes_on(last: &Segment, next: &Segment, resolution: u64) -> bool {
    if last.state != next.state || (last.merged > 0) != (next.merged > 0) {
        return false;
    }
    if next.merged == 0 {
        return next.state == Activity::Running;
    }
    let share = |segment: &Segment| segment.mix.map_or(1000, |mix| mix.permille);
    let also = |segment: &Segment| segment.mix.map(|mix| mix.also);
    also(last) == also(next)
        && share(last).abs_diff(share(next)) < 150
        && next.end_ns - last.start_ns < resolution.saturating_mul(24)
}

/// A segment's time, by activity.
fn parts(segment: &Segment) -> impl Iterator<Item = (Activity, u64)> {
    let length = segment.end_ns - segment.start_ns;
    let own = match segment.mix {
        Some(mix) => (u128::from(length) * u128::from(mix.permille) / 1000) as u64,
        None => length,
    };
    let also = segment.mix.map(|mix| (mix.also, length - own));
    [(segment.state, own)].into_iter().chain(also)
}

/// What else there was, when it was more than a twentieth.
fn mix(time: &[u64; Activity::ALL.len()], state: Activity) -> Option<Mix> {
    let most = time[state as usize];
    let other = |also: &Activity| *also != state;
    let also = Activity::ALL
        .into_iter()
        .filter(other)
        .rev()
        .max_by_key(|&also| time[also as usize])?;
    let total = u128::from(most) + u128::from(time[also as usize]);
    let permille = (u128::from(most) * 1000).checked_div(total)? as u16;
    (permille < 950).then_some(Mix { also, permille })
}

/// The mix of two segments of the same two activities, side by side.
fn join_mixes(one: &Segment, other: &Segment) -> Option<Mix> {
    let (mix, more) = (one.mix?, other.mix?);
    let length = |segment: &Segment| u128::from(segment.end_ns - segment.start_ns);
    let sum = length(one) * u128::from(mix.permille) + length(other) * u128::from(more.permille);
    let permille = sum.checked_div(length(one) + length(other))? as u16;
    Some(Mix {
        also: mix.also,
        permille,
    })
}

/// Merges ever more coarsely until there are at most `most`.
pub(crate) fn thin_segments(
    mut segments: Vec<Segment>,
    mut resolution: u64,
    most: usize,
) -> Vec<Segment> {
    while segments.len() > most.max(1) && resolution < u64::MAX {
        resolution = resolution.saturating_mul(2);
        let mut coarser = Merger::new(resolution);
        for segment in segments {
            coarser.push(segment);
        }
        coarser.flush();
        segments = coarser.done;
    }
    segments
}

/// Adds a bar, or lengthens the last one when the pause between them can't be seen.
pub(crate) fn join_hold(bars: &mut Vec<HoldBar>, bar: HoldBar, resolution: u64) {
    let short = |bar: &HoldBar| bar.end_ns - bar.start_ns < resolution || bar.merged > 0;
    if let Some(last) = bars.last_mut()
        && bar.start_ns < last.end_ns.saturating_add(resolution)
        && bar.end_ns >= last.start_ns
        && short(last)
        && (short(&bar) || bar.merged > 0)
    {
        if last.lock != bar.lock {
            last.lock = None;
        }
        last.shared &= bar.shared;
        let held = held(last).saturating_add(held(&bar));
        last.end_ns = last.end_ns.max(bar.end_ns);
        let length = u128::from(last.end_ns - last.start_ns).max(1);
        let share = (held * 1000 / length).min(1000) as u16;
        last.held_permille = Some(share).filter(|&share| share < 950);
        last.merged = last.merged.max(1) + bar.merged.max(1);
    } else {
        bars.push(bar);
    }
}

/// How long a lock was held within a bar.
fn held(bar: &HoldBar) -> u128 {
    let share = bar.held_permille.unwrap_or(1000);
    u128::from(bar.end_ns - bar.start_ns) * u128::from(share) / 1000
}

/// Merges ever more coarsely until there are at most `most`.
pub(crate) fn thin_holds(bars: &mut Vec<HoldBar>, mut resolution: u64, most: usize) {
    while bars.len() > most && resolution < u64::MAX {
        resolution = resolution.saturating_mul(2);
        let mut thinner: [Vec<HoldBar>; 2] = [Vec::new(), Vec::new()];
        for bar in bars.drain(..) {
            let level = usize::from(bar.level.min(1));
            join_hold(&mut thinner[level], bar, resolution);
        }
        bars.extend(thinner.into_iter().flatten());
    }
    bars.sort_by_key(|bar| (bar.start_ns, bar.level));
}

impl Lane {
    /// Halves the number of pieces, as far as it is large.
    pub(crate) fn coarsen(&mut self, resolution: u64) {
        let most = (self.segments.len() / 2).max(12);
        self.segments = thin_segments(std::mem::take(&mut self.segments), resolution, most);
        let most = (self.holds.len() / 2).max(8);
        thin_holds(&mut self.holds, resolution, most);
        self.marks.truncate((self.marks.len() / 2).max(6));
    }
}
