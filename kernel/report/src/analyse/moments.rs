//! The moment at which an event can have taken effect: what gives as soon as it began, what takes
//! when it was done.
//!
//! A thread writes down that it sent or notified after it did, and may lose its core in between:
//! the one that it woke has then gone on at an earlier time than it was woken at. Where that shows,
//! the moment is put back to the latest one that is possible.

use std::collections::BTreeMap;

use record::snapshot::{Action, Event, Object, ObjectSlot, Snapshot, ThreadSlot, WaitKind};

use super::events::ended_well;

/// The moment of each event, by its position.
pub(super) fn moments(snapshot: &Snapshot) -> Vec<u64> {
    let mut moments: Vec<u64> = snapshot.events.iter().map(moment).collect();
    let earliest = earliest(&snapshot.events);
    let channels = messages(&snapshot.events);
    put_sends_before_receives(snapshot, &channels, &earliest, &mut moments);
    put_receives_before_sends(snapshot, &channels, &earliest, &mut moments);
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
fn put_sends_before_receives(
    snapshot: &Snapshot,
    channels: &BTreeMap<ObjectSlot, Messages>,
    earliest: &[u64],
    moments: &mut [u64],
) {
    let events = &snapshot.events;
    for (index, messages) in channels {
        let mut receives = messages.receives.clone();
        receives.sort_by_key(|&position| moments[position]);
        let object = snapshot.objects.iter().find(|it| it.index == *index);
        let mut received: u64 = 0;
        for &receive in &receives {
            let at = moments[receive];
            received = received.saturating_add(u64::from(events[receive].times));
            loop {
                let (there, later): (Vec<usize>, Vec<usize>) = messages
                    .sends
                    .iter()
                    .partition(|&&position| moments[position] <= at);
                let sent = there
                    .iter()
                    .map(|&position| u64::from(events[position].times));
                let sent = sent.fold(object.map_or(0, queued_before), u64::saturating_add);
                let late = later
                    .into_iter()
                    .min_by_key(|&position| (earliest[position] > at, moments[position]));
                match late {
                    Some(send) if sent < received => moments[send] = at,
                    _ => break,
                }
            }
        }
    }
}

/// In no channel are more messages than it has room for: who waited for room sends when something
/// was taken out, which the receiver may write down later.
fn put_receives_before_sends(
    snapshot: &Snapshot,
    channels: &BTreeMap<ObjectSlot, Messages>,
    earliest: &[u64],
    moments: &mut [u64],
) {
    let times = |position: usize| u64::from(snapshot.events[position].times);
    for (index, messages) in channels {
        let object = snapshot.objects.iter().find(|it| it.index == *index);
        let capacity = object.and_then(|object| object.counters.capacity);
        let Some(capacity) = capacity.filter(|&capacity| capacity > 0) else {
            continue;
        };
        let mut sends = messages.sends.clone();
        sends.sort_by_key(|&position| moments[position]);
        let mut sent = object.map_or(0, queued_before);
        for send in sends {
            let at = moments[send];
            sent = sent.saturating_add(times(send));
            loop {
                let (before, later): (Vec<usize>, Vec<usize>) = messages
                    .receives
                    .iter()
                    .partition(|&&position| moments[position] < at);
                let received = before.into_iter().map(times);
                let received = received.fold(0, u64::saturating_add);
                let late = later
                    .into_iter()
                    .filter(|&position| earliest[position] < at)
                    .min_by_key(|&position| moments[position]);
                match late {
                    Some(receive) if sent > received.saturating_add(capacity) => {
                        moments[receive] = at - 1;
                    }
                    _ => break,
                }
            }
        }
    }
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
