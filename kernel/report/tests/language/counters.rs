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
        let add = |total: &mut Total, ns: u64| {
            total.total += ns;
            total.max = total.max.max(ns);
        };
        for event in &self.snapshot.events {
            let length = event.end_ns - event.start_ns;
            fn counters(objects: &mut [Object], index: ObjectIndex) -> &mut Counters {
                &mut objects[index as usize - 1].counters
            }
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
                    shared_or_send,
                    ..
                } => match kind {
                    WaitKind::Join | WaitKind::Park | WaitKind::Sleep => {}
                    WaitKind::Channel if shared_or_send => {
                        add(&mut counters(objects, target).send_wait_ns, length);
                    }
                    _ => {
                        let of = counters(objects, target);
                        of.contended += u64::from(kind == WaitKind::Lock);
                        of.waits += 1;
                        add(&mut of.wait_ns, length);
                    }
                },
                Action::Send { object, .. } => {
                    counters(objects, object).sent += 1;
                    let queued =
                        counters(objects, object).sent - counters(objects, object).received;
                    counters(objects, object).max_queued =
                        counters(objects, object).max_queued.max(queued);
                }
                Action::Receive { object, .. } => counters(objects, object).received += 1,
                Action::Notify { object, .. } => counters(objects, object).notifies += 1,
                Action::TryFailed { object } => counters(objects, object).failed_tries += 1,
                _ => {}
            }
        }
        // A wait that goes on is part of every sum.
        for thread in &mut self.snapshot.threads {
            let Some(waiting) = thread.waiting else {
                continue;
            };
            let so_far = self.snapshot.wall_ns - waiting.since_ns;
            thread.blocked_ns[waiting.kind as usize] += so_far;
            if matches!(
                waiting.kind,
                WaitKind::Join | WaitKind::Park | WaitKind::Sleep
            ) {
                continue;
            }
            let of = &mut objects[waiting.target as usize - 1].counters;
            of.contended += u64::from(waiting.kind == WaitKind::Lock);
            if waiting.kind == WaitKind::Channel && waiting.shared_or_send {
                add(&mut of.send_wait_ns, so_far);
            } else {
                add(&mut of.wait_ns, so_far);
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
