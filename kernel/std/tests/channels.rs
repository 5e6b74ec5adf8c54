//! The queue behind channels: every message comes once, each sender's in its order, none outlives
//! the channel, and a bound is kept.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{TryRecvError, TrySendError, channel, sync_channel};
use std::sync::{Arc, Barrier};
use std::thread;

/// Enough for several of the queue's blocks.
const MANY: usize = 1_000;

/// Counts how often it is dropped.
struct Counted<'a>(&'a AtomicUsize);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn messages_of_several_senders_come_once_and_in_order() {
    const SENDERS: usize = 4;
    let (tx, rx) = channel();
    let start = Barrier::new(SENDERS + 1);
    thread::scope(|scope| {
        for sender in 0..SENDERS {
            let (tx, start) = (tx.clone(), &start);
            scope.spawn(move || {
                start.wait();
                for number in 0..MANY {
                    tx.send((sender, number)).unwrap();
                }
            });
        }
        drop(tx);
        start.wait();
        let mut next = [0; SENDERS];
        for (sender, number) in rx {
            assert_eq!(number, next[sender]);
            next[sender] += 1;
        }
        assert_eq!(next, [MANY; SENDERS]);
    });
}

#[test]
fn a_bound_is_kept_and_every_place_is_used() {
    const BOUND: usize = 40;
    let (tx, rx) = sync_channel(BOUND);
    for round in 0..MANY {
        for number in 0..BOUND {
            tx.try_send(round * BOUND + number).unwrap();
        }
        assert_eq!(tx.try_send(0), Err(TrySendError::Full(0)));
        // One place, and then all.
        assert_eq!(rx.recv(), Ok(round * BOUND));
        tx.try_send(0).unwrap();
        assert!(matches!(tx.try_send(0), Err(TrySendError::Full(_))));
        assert_eq!(rx.try_iter().count(), BOUND);
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    }
}

#[test]
fn senders_that_wait_for_room_all_get_through() {
    let (tx, rx) = sync_channel(2);
    thread::scope(|scope| {
        for _ in 0..3 {
            let tx = tx.clone();
            scope.spawn(move || (0..MANY).for_each(|_| tx.send(1).unwrap()));
        }
        drop(tx);
        assert_eq!(rx.iter().sum::<usize>(), 3 * MANY);
    });
}

#[test]
fn what_was_sent_before_the_last_sender_went_is_received() {
    let (tx, rx) = channel();
    (0..MANY).for_each(|number| tx.send(number).unwrap());
    drop(tx);
    assert!(rx.iter().eq(0..MANY));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
}

#[test]
fn what_nobody_receives_is_dropped_once() {
    let dropped = AtomicUsize::new(0);
    for received in [0, 1, 30, 31, 32, 62, 63, 100] {
        dropped.store(0, Ordering::Relaxed);
        let (tx, rx) = channel();
        (0..100).for_each(|_| assert!(tx.send(Counted(&dropped)).is_ok()));
        assert_eq!(rx.try_iter().take(received).count(), received);
        assert_eq!(dropped.load(Ordering::Relaxed), received);
        drop(rx);
        assert_eq!(dropped.load(Ordering::Relaxed), 100);
        // A message that is refused comes back.
        let refused = tx.send(Counted(&dropped)).unwrap_err();
        assert_eq!(dropped.load(Ordering::Relaxed), 100);
        drop(refused);
        assert_eq!(dropped.load(Ordering::Relaxed), 101);
    }
}

/// A receiver that goes while others send: what they were told was sent is dropped, and the rest
/// comes back to them.
#[test]
fn no_message_is_lost_or_dropped_twice_when_the_receiver_goes() {
    for _ in 0..200 {
        let (sent, dropped) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let (tx, rx) = channel();
        let start = Barrier::new(3);
        thread::scope(|scope| {
            for _ in 0..2 {
                let tx = tx.clone();
                scope.spawn(|| {
                    let tx = tx;
                    start.wait();
                    for _ in 0..100 {
                        sent.fetch_add(1, Ordering::Relaxed);
                        if tx.send(Counted(&dropped)).is_err() {
                            return;
                        }
                    }
                });
            }
            start.wait();
            drop(rx);
        });
        let all = sent.load(Ordering::Relaxed);
        assert_eq!(dropped.load(Ordering::Relaxed), all);
    }
}

/// Sizes and alignments of all sorts.
#[test]
fn any_type_goes_through() {
    #[repr(align(256))]
    #[derive(Debug, PartialEq)]
    struct Wide(u8);
    let (tx, rx) = channel();
    (0..100).for_each(|number| tx.send(Wide(number)).unwrap());
    assert!(rx.try_iter().eq((0..100).map(Wide)));
    let (tx, rx) = channel();
    (0..100).for_each(|_| tx.send(()).unwrap());
    assert_eq!(rx.try_iter().count(), 100);
    let (tx, rx) = sync_channel(1);
    let large = [7_u8; 1 << 16];
    tx.send(large).unwrap();
    assert_eq!(rx.recv(), Ok(large));
    let (tx, rx) = channel();
    let shared = Arc::new(1);
    tx.send(Arc::clone(&shared)).unwrap();
    drop((tx, rx));
    assert_eq!(Arc::strong_count(&shared), 1);
}
