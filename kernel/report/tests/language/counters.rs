//! What the recorder counts, derived from the events.

use record::snapshot::*;

use super::Recording;

impl Recording {
    /// Sorts the events and derives the counters from them.
    pub(super) fn finish(&mut self) {
        self.context.cell = self.snapshot.cell;
        self.snapshot
            .events
            .sort_by_key(|event| (event.start_ns, event.thread, event.sequence));
        let objects = &mut self.snapshot.objects;
        for event in &self.snapshot.events {
            count(objects, event);
        }
        // A wait that goes on is part of every sum.
        for thread in &mut self.snapshot.threads {
            if let Some(waiting) = thread.waiting {
                let so_far = self.snapshot.wall_ns - waiting.since_ns;
                thread.blocked_ns[waiting.kind as usize] += so_far;
                if let Some(of) = waited_for(objects, waiting.target) {
                    of.contended += u64::from(waiting.kind == WaitKind::Lock);
                    add(waited(of, waiting.kind, waiting.shared_or_send), so_far);
                }
            }
        }
        for object in objects.iter_mut() {
            let counters = &mut object.counters;
            if counters.receiver_alive {
                counters.queued = counters.sent.saturating_sub(counters.received);
            }
        }
    }
}

fn counters(objects: &mut [Object], index: ObjectSlot) -> &mut Counters {
    &mut objects[index.index() - 1].counters
}

fn add(total: &mut Total, ns: u64) {
    total.total += ns;
    total.max = total.max.max(ns);
}

/// The counters of what a wait is for; `None` where that is no object.
fn waited_for(objects: &mut [Object], target: WaitTarget) -> Option<&mut Counters> {
    match target {
        WaitTarget::Object(object) => Some(counters(objects, object)),
        WaitTarget::Thread(_) | WaitTarget::Nothing => None,
    }
}

/// The sum that a wait goes into.
fn waited(of: &mut Counters, kind: WaitKind, sends: bool) -> &mut Total {
    if kind == WaitKind::Channel && sends {
        &mut of.send_wait_ns
    } else {
        &mut of.wait_ns
    }
}

/// Counts one event.
fn count(objects: &mut [Object], event: &Event) {
    let length = event.end_ns - event.start_ns;
    match event.action {
        Action::Hold { object, shared } => {
            let of = counters(objects, object);
            of.acquisitions += 1;
            of.reads += u64::from(shared);
            add(&mut of.hold_ns, length);
        }
        Action::Wait {
            kind,
            target,
            shared_or_send: sends,
            ..
        } => {
            if let Some(of) = waited_for(objects, target) {
                let is_send = kind == WaitKind::Channel && sends;
                of.contended += u64::from(kind == WaitKind::Lock);
                of.waits += u64::from(!is_send);
                add(waited(of, kind, sends), length);
            }
        }
        Action::Send { object, .. } => {
            let of = counters(objects, object);
            of.sent += 1;
            of.max_queued = of.max_queued.max(of.sent.saturating_sub(of.received));
        }
        Action::Receive { object, .. } => counters(objects, object).received += 1,
        Action::Notify { object, .. } => counters(objects, object).notifies += 1,
        Action::TryFailed { object } => counters(objects, object).failed_tries += 1,
        _ => {}
    }
}
