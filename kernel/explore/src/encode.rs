//! A trace as plain words, so that it can lie in memory that processes share.

use crate::point::{Object, Operation, Pending, ThreadId};
use crate::trace::{Datum, Effect, End, Order, Spinning, Step, Trace};

const NONE: u64 = u64::MAX;

const ENDS: [End; 6] = [
    End::Finished,
    End::Failed,
    End::Deadlocked,
    End::Livelocked,
    End::Cut,
    End::Redundant,
];

impl Trace {
    /// Appends the trace to `words`.
    pub fn encode(&self, words: &mut Vec<u64>) {
        let end = ENDS.iter().position(|end| *end == self.end).unwrap_or(0);
        words.extend([
            (self.spinning as u64) << 32 | end as u64,
            self.steps.len() as u64,
            self.options.len() as u64,
            self.data.len() as u64,
            self.blocked.len() as u64,
        ]);
        for step in &self.steps {
            put_pending(words, &step.pending);
            put_effect(words, step);
        }
        for pending in self.options.iter().chain(&self.blocked) {
            put_pending(words, pending);
        }
        for datum in &self.data {
            words.push(u64::from(datum.chosen) << 32 | u64::from(datum.of));
        }
    }

    /// Reads what [`Trace::encode`] wrote; nothing where it did not write that.
    pub fn decode(words: &[u64]) -> Option<Trace> {
        let mut words = words.iter().copied();
        let (spinning, end) = halves(words.next()?);
        let end = *ENDS.get(end as usize)?;
        let spinning = match spinning {
            0 => Spinning::No,
            1 => Spinning::GaveWay,
            _ => Spinning::Counted,
        };
        let steps = words.next()?;
        let options = words.next()?;
        let data = words.next()?;
        let blocked = words.next()?;
        let mut trace = Trace {
            end,
            spinning,
            ..Trace::default()
        };
        for _ in 0..steps {
            let pending = take_pending(&mut words)?;
            let (step, ranges) = take_effect(&mut words, pending)?;
            if u64::from(ranges[1]) > options || u64::from(ranges[3]) > data {
                return None;
            }
            trace.push_raw(step, ranges);
        }
        for _ in 0..options {
            trace.options.push(take_pending(&mut words)?);
        }
        for _ in 0..blocked {
            trace.blocked.push(take_pending(&mut words)?);
        }
        for _ in 0..data {
            let (chosen, of) = halves(words.next()?);
            trace.data.push(Datum { chosen, of });
        }
        Some(trace)
    }
}

fn put_pending(words: &mut Vec<u64>, pending: &Pending) {
    let flags = pending.operation as u64 | u64::from(pending.writes) << 8;
    words.push(u64::from(pending.thread.0) << 32 | flags);
    words.push(u64::from(pending.place));
    words.push(pending.object.0);
    words.push(pending.also.0);
}

fn take_pending(words: &mut impl Iterator<Item = u64>) -> Option<Pending> {
    let (thread, flags) = halves(words.next()?);
    Some(Pending {
        thread: ThreadId(thread),
        operation: Operation::from_number(flags as u8)?,
        writes: flags & 0x100 != 0,
        place: words.next()? as u32,
        object: Object(words.next()?),
        also: Object(words.next()?),
    })
}

fn put_effect(words: &mut Vec<u64>, step: &Step) {
    let effect = &step.effect;
    let order = effect.order.map_or(0xff, |order| order as u64);
    let bits = [
        step.preempted,
        effect.stale,
        effect.blocked,
        effect.failed,
        effect.read.is_some(),
        effect.written.is_some(),
    ];
    let flags = bits
        .iter()
        .rev()
        .fold(0, |all, bit| all << 1 | u64::from(*bit));
    words.push(order << 8 | flags);
    words.push(effect.read.unwrap_or(0));
    words.push(effect.written.unwrap_or(0));
    words.push(effect.reads_from.map_or(NONE, u64::from));
    words.push(effect.woke.map_or(NONE, |thread| u64::from(thread.0)));
    let ranges = Trace::ranges(step);
    words.push(u64::from(ranges[0]) << 32 | u64::from(ranges[1]));
    words.push(u64::from(ranges[2]) << 32 | u64::from(ranges[3]));
}

fn take_effect(
    words: &mut impl Iterator<Item = u64>,
    pending: Pending,
) -> Option<(Step, [u32; 4])> {
    let flags = words.next()?;
    let has = |bit: u32| flags >> bit & 1 == 1;
    let (read, written) = (words.next()?, words.next()?);
    let (reads_from, woke) = (words.next()?, words.next()?);
    let known = |word: u64| (word != NONE).then_some(word as u32);
    let effect = Effect {
        read: has(4).then_some(read),
        written: has(5).then_some(written),
        order: Order::from_number((flags >> 8) as u8),
        reads_from: known(reads_from),
        stale: has(1),
        blocked: has(2),
        failed: has(3),
        woke: known(woke).map(ThreadId),
    };
    let mut step = Step::default();
    (step.pending, step.effect, step.preempted) = (pending, effect, has(0));
    let (options, data) = (halves(words.next()?), halves(words.next()?));
    Some((step, [options.0, options.1, data.0, data.1]))
}

fn halves(word: u64) -> (u32, u32) {
    ((word >> 32) as u32, word as u32)
}
