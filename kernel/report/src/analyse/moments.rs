//! The moment at which an event can have taken effect: what gives as soon as it began, what takes
//! when it was done.
//!
//! A thread writes down that it sent or notified after it did, and may lose its core in between:
//! the one that it woke has then gone on at an earlier time than it was woken at. Where that shows,
//! the moment is put back to the latest one that is possible.

use std::collections::{BTreeMap, VecDeque};

use record::snapshot::{Action, Event, Object, ObjectSlot, Snapshot, ThreadSlot, WaitKind};

use super::events::ended_well;

/// The moment of each event, by its position.
pub(super) fn moments(snapshot: &Snapshot) -> Vec<u64> {
    let mut moments: Vec<u64> = snapshot.events.iter().map(moment).collect();
    let earliest = earliest(&snapshot.events);
    for (index, messages) in &messages(&snapshot.events) {
        let object = snapshot.objects.iter().find(|it| it.index == *index);
        let queued = object.map_or(0, queued_before);
        let capacity = object.and_then(|object| object.counters.capacity);
        sends_before_receives(messages, queued).apply(&snapshot.events, &earliest, &mut moments);
        if let Some(capacity) = capacity.filter(|&capacity| capacity > 0) {
            receives_before_sends(messages, queued, capacity).apply(
                &snapshot.events,
                &earliest,
                &mut moments,
            );
        }
    }
    put_notifies_before_wakes(&snapshot.events, &earliest, &mut moments);
    moments
}

/// As far as the event itself tells. A send that waited for room begins when there was some.
fn moment(event: &Event) -> u64 {
    match event.action {
        Action::Receive { .. } | Action::Wait { .. } => event.end_ns,
        _ => event.start_ns,
    }
}

/// Before when each event can't have begun: its thread was busy with another one.
fn earliest(events: &[Event]) -> Vec<u64> {
    let mut positions: Vec<usize> = (0..events.len()).collect();
    positions.sort_by_key(|&position| (events[position].thread, events[position].sequence));
    let mut earliest = vec![0; events.len()];
    for pair in positions.windows(2) {
        let before = &events[pair[0]];
        if before.thread != events[pair[1]].thread {
            continue;
        }
        earliest[pair[1]] = match before.action {
            // The message may be taken before the sender knows that it has waited long enough.
            Action::Wait {
                kind: WaitKind::Channel,
                shared_or_send: true,
                ..
            } => before.start_ns,
            // It may be handed to the receiver before he knows, too.
            Action::Wait {
                kind: WaitKind::Channel,
                ..
            } if matches!(events[pair[1]].action, Action::Receive { .. }) => before.start_ns,
            // A hold is written down when it ends, and what was done meanwhile before it.
            _ => before.end_ns,
        };
    }
    earliest
}

/// The messages of a channel: the positions of its sends and receives.
#[derive(Default)]
struct Messages {
    sends: Vec<usize>,
    receives: Vec<usize>,
}

/// The messages of each channel.
fn messages(events: &[Event]) -> BTreeMap<ObjectSlot, Messages> {
    let mut channels: BTreeMap<ObjectSlot, Messages> = BTreeMap::new();
    for (position, event) in events.iter().enumerate() {
        match event.action {
            Action::Send { object, .. } => channels.entry(object).or_default().sends.push(position),
            Action::Receive { object, .. } => {
                channels.entry(object).or_default().receives.push(position);
            }
            _ => {}
        }
    }
    channels
}

/// Of no channel more was received than sent, at any moment.
fn sends_before_receives(messages: &Messages, queued: u64) -> Rule<'_> {
    Rule {
        first: &messages.sends,
        before: queued,
        then: &messages.receives,
        needed: 0,
        apart: 0,
        at_any_rate: true,
    }
}

/// In no channel are more messages than it has room for: who waited for room sends when something
/// was taken out, which the receiver may write down later.
fn receives_before_sends(messages: &Messages, queued: u64, capacity: u64) -> Rule<'_> {
    Rule {
        first: &messages.receives,
        before: capacity,
        then: &messages.sends,
        needed: queued,
        apart: 1,
        at_any_rate: false,
    }
}

/// Each of some events needs one of others before it. Which one it was isn't known, but how many.
struct Rule<'m> {
    /// The positions of those that come first.
    first: &'m [usize],
    /// So many of them need not have been done.
    before: u64,
    /// The positions of those that need them.
    then: &'m [usize],
    /// So many of these were done in earlier cells.
    needed: u64,
    /// How many nanoseconds lie between the two, at least.
    apart: u64,
    /// Whether one is moved though its thread seems to have been busy with another event.
    at_any_rate: bool,
}

impl Rule<'_> {
    /// Moves those that come too late to the last moment that is early enough, the soonest first.
    fn apply(&self, events: &[Event], earliest: &[u64], moments: &mut [u64]) {
        let times = |position: usize| u64::from(events[position].times);
        let mut later = VecDeque::from(by_moment(self.first, moments));
        let (mut there, mut needed) = (self.before, self.needed);
        for then in by_moment(self.then, moments) {
            needed = needed.saturating_add(times(then));
            let Some(limit) = moments[then].checked_sub(self.apart) else {
                continue;
            };
            let in_time = later.partition_point(|&first| moments[first] <= limit);
            there = later
                .drain(..in_time)
                .map(times)
                .fold(there, u64::saturating_add);
            while there < needed {
                let fits = later.iter().position(|&first| earliest[first] <= limit);
                let next = fits.or(self.at_any_rate.then_some(0));
                let Some(first) = next.and_then(|next| later.remove(next)) else {
                    break;
                };
                moments[first] = limit;
                there = there.saturating_add(times(first));
            }
        }
    }
}

fn by_moment(positions: &[usize], moments: &[u64]) -> Vec<usize> {
    let mut positions = positions.to_vec();
    positions.sort_by_key(|&position| moments[position]);
    positions
}

/// How many messages an earlier cell left in the channel.
fn queued_before(channel: &Object) -> u64 {
    let counters = &channel.counters;
    let lost = counters.lost.saturating_sub(counters.refused);
    let gone = counters.received.saturating_add(lost);
    gone.saturating_add(counters.queued)
        .saturating_sub(counters.sent)
}

/// Who was woken from a condition variable was notified before.
fn put_notifies_before_wakes(events: &[Event], earliest: &[u64], moments: &mut [u64]) {
    for wait in events {
        let Action::Wait {
            kind: WaitKind::Condvar,
            target,
            waker,
            outcome,
            ..
        } = wait.action
        else {
            continue;
        };
        if waker == ThreadSlot::NONE || !ended_well(outcome) {
            continue;
        }
        let notifies: Vec<usize> = (0..events.len())
            .filter(|&position| is_notify(&events[position], waker, target.object()))
            .collect();
        let waited = wait.start_ns..=wait.end_ns;
        if notifies.iter().any(|&it| waited.contains(&moments[it])) {
            continue;
        }
        let late = notifies
            .into_iter()
            .filter(|&it| moments[it] > wait.end_ns && earliest[it] <= wait.end_ns)
            .min_by_key(|&it| moments[it]);
        if let Some(notify) = late {
            moments[notify] = wait.end_ns;
        }
    }
}

fn is_notify(event: &Event, by: ThreadSlot, condvar: ObjectSlot) -> bool {
    event.thread == by && matches!(event.action, Action::Notify { object, .. } if object == condvar)
}
