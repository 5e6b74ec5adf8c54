//! The first sentence of a report, recording by recording.

#[path = "language/language.rs"]
mod language;

use language::recording;
use report::Input;

/// The story of the report of a recording.
fn story(text: &str) -> String {
    let it = recording(text);
    let input = Input {
        snapshot: &it.snapshot,
        context: &it.context,
    };
    report::build(&input).expect("a report").story
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(story(text), expected);
}

#[test]
fn who_waited_for_whom_and_what_was_lost() {
    check(
        "wall 41; mutex A counter i32 @2; channel C tx->rx i32 @3 dead lost 1
         T1 spawn T2 worker-1 1 @5; T1 spawn T3 worker-2 1 @5
         T2 lock A 2..34 @7; T3 wait A 4..34 @7 by T2; T3 lock A 34..35 @7
         T2 send C 36 @8; T2 send C 37 @8; T1 recv C 36 @11; T2 end 38; T3 end 39",
        "main + 2 threads, 41 ms; worker-2 waited 30 ms for `counter`, held by worker-1 at line 7; \
         tx → rx: 2 sent, 1 received, 1 lost.",
    );
}

#[test]
fn a_send_that_failed_lost_no_message() {
    check(
        "wall 5; channel C tx->rx i32 @3 dead lost 1 refused 1; T1 drop C 2 @4",
        "1 thread, 5 ms; tx → rx: 0 sent, 0 received, 1 refused.",
    );
}

#[test]
fn many_who_wait_are_counted() {
    check(
        "wall 60; mutex A stock u8 @2; T1 spawn T2 1 @5; T1 spawn T3 1 @5; T1 spawn T4 1 @5; T1 spawn T5 1 @5; T1 spawn T6 1 @5
         T2 lock A 2..12 @7; T3 wait A 2..12 @7 by T2; T3 lock A 12..22 @7; T4 wait A 3..12 @7 by T2; T4 lock A 22..23 @7
         T5 wait A 2..12 @7 by T2; T5 lock A 23..24 @7; T6 wait A 2..12 @7 by T2; T6 wait A 13..23 @7 by T2; T6 lock A 40..41 @7",
        "main + 5 threads, 60 ms; `stock` locked 5 times; 4 threads waited 5 times for it, 49 ms in all.",
    );
    // One thread, again and again.
    check(
        "wall 30; mutex A stock u8 @2; T1 spawn T2 keeper 1 @5; T2 lock A 2..3 @7; T1 lock A 2.5..3.5
         T1 wait A 5..6 @9 by T2; T1 wait A 7..8 @9 by T2; T1 wait A 9..10 @9 by T2; T1 wait A 11..12 @9 by T2; T1 wait A 13..14 @9 by T2",
        "main + 1 thread, 30 ms; `stock` locked 2 times; main waited 5 times for it, 5 ms in all.",
    );
}

#[test]
fn without_a_wait_what_was_locked() {
    check(
        "wall 5; mutex A m i32 @1; T1 lock A 1..2; T1 lock A 3..4; T1 try A 2.5; T1 try A 2.6",
        "1 thread, 5 ms; `m` locked 2 times, never contended, 2 tries failed.",
    );
    check(
        "wall 5; mutex A shards[0] i32 @1; mutex B shards[1] i32 @1; T1 spawn T2 1 @2; T2 lock A 1..2 @3; T2 lock B 2..3 @3; T1 lock A 3..4 @3",
        "main + 1 thread, 5 ms; 2 locks taken 3 times in all, never contended.",
    );
}

#[test]
fn who_ended_the_wait() {
    let threads = "wall 50; T1 spawn T2 chef 1 @2; T1 spawn T3 1 @3;";
    let cases = [
        (
            "condvar V ready @1; T2 condvar V 3..30 @5 by T1; T1 notify V 30 @9",
            "chef waited 27 ms to be notified on `ready` by main",
        ),
        (
            "barrier B gate @1 size 2; T2 barrier B 3..30 @5 by T3",
            "chef waited 27 ms at `gate`, until T3 came",
        ),
        (
            "oncelock O TABLE u8 @1; T2 once O 3..30 @5 by T3",
            "chef waited 27 ms for `TABLE` to be initialised by T3",
        ),
        (
            "sync C tx->rx u8 @1 cap 1; T2 send C 3..30 @5 by T1",
            "chef waited 27 ms for capacity in `tx → rx`, until main received; tx → rx: 1 sent, 0 received, 1 queued",
        ),
    ];
    for (what, told) in cases {
        check(
            &format!("{threads} {what}"),
            &format!("main + 2 threads, 50 ms; {told}."),
        );
    }
    check(
        "wall 50; T1 spawn T2 1 @rayon-core_1.13.0!120; condvar V - @rayon-core_1.13.0!81 nameless
         T1 condvar V 2..23 @rayon-core_1.13.0!95 by T2",
        "main + 1 thread, 50 ms; main waited 21 ms in rayon-core 1.13.0; rayon-core 1.13.0 spawned 1 thread.",
    );
}

#[test]
fn what_a_stopped_cell_hung_in() {
    check(
        "wall 4000; outcome interrupted; mutex A m i32 @1; channel C tx->rx u8 @2; T1 spawn T2 holder 1 @4; T1 spawn T3 waiter 1 @5
         T2 lock A 2..4000 @4; T3 wait A 100..4000 @5 cancelled; T1 recv C 2..4000 @6 cancelled; T2 sleep 3..4000 @4 cancelled",
        "main + 2 threads, 4 s; stopped by you; waiter waited 3.9 s for `m`, held by holder at line 4.",
    );
    check(
        "wall 4000; outcome interrupted; channel C tx->rx u8 @2; T1 spawn T2 1 @4; T1 recv C 2..4000 @6 cancelled",
        "main + 1 thread, 4 s; stopped by you; main waited 4 s for a message from `tx → rx`.",
    );
}

#[test]
fn a_cell_that_runs_tells_who_waits_now() {
    check(
        "live; wall 20000; mutex A m i32 @1; channel C tx->rx u8 @2; T1 spawn T2 holder 1 @4; T1 spawn T3 waiter 1 @5
         T1 blocked recv C 2 @6; T3 blocked A 100 @5; T2 blocked sleep 5 @4",
        "main + 2 threads, 20 s so far; waiter has waited 20 s for `m` at line 5.",
    );
    check(
        "live; wall 20000; channel C tx->rx u8 @2; T1 spawn T2 1 @4; T1 blocked recv C 2 @6",
        "main + 1 thread, 20 s so far; main has waited 20 s for a message from `tx → rx` at line 6.",
    );
}

#[test]
fn a_crash_is_told_before_all_else() {
    check(
        "wall 9; outcome crashed exit code 3; T1 spawn T2 1 @2; T1 spawn T3 1 @2; T3 end 4; ended 5 T2: T2 A @3 T3 @2",
        "main + 2 threads, deadlock after 5 ms; its process ended with exit code 3.",
    );
}

#[test]
fn names_change_nothing_around_them() {
    check(
        "wall 50; mutex A a i32 @1; T1 spawn T2 שלום 1 @2; T1 spawn T3 a`b`c 1 @3; T3 lock A 1..30 @4; T2 wait A 3..30 @5 by T3",
        "main + 2 threads, 50 ms; \u{2068}שלום\u{2069} waited 27 ms for `a`, held by a'b'c at line 4.",
    );
}

#[test]
fn what_std_makes_for_a_cell_is_the_cells() {
    // `Arc::<Mutex<_>>::default()` makes its mutex in alloc.
    check(
        "wall 50; mutex A - u8 @alloc!7 nameless; T1 spawn T2 1 @2; T2 lock A 1..30 @4; T1 wait A 3..30 @5 by T2",
        "main + 1 thread, 50 ms; main waited 27 ms for Mutex 1, held by T2 at line 4.",
    );
    // Used by a dependency alone, it is the dependency's business.
    check(
        "wall 50; mutex A - u8 @alloc!7 nameless; T1 spawn T2 1 @2; T2 lock A 1..30 @rayon-core_1.13.0!4",
        "main + 1 thread, 50 ms.",
    );
}

#[test]
fn several_holders_are_named_in_turn() {
    check(
        "wall 42; mutex A a u8 @1; T1 spawn T2 1 @2; T1 spawn T3 1 @2; T1 spawn T4 1 @2; T2 lock A 1..12 @3
         T3 wait A 1..12 @3 by T2; T3 lock A 12..22 @3; T4 wait A 1..22 @3 by T3; T4 lock A 22..30 @3; T4 end 30; T3 end 30; T2 end 30",
        "main + 3 threads, 42 ms; T4 waited 21 ms for `a`, held in turn by T2 and T3.",
    );
}

#[test]
fn who_held_it_mostly_is_said_so() {
    check(
        "wall 42; mutex A a u8 @1; T1 spawn T2 1 @2; T1 spawn T3 1 @2; T1 spawn T4 1 @2; T2 lock A 1..18 @3
         T3 wait A 1..18 @3 by T2; T3 lock A 18..22 @3; T4 wait A 1..22 @3 by T3; T4 lock A 22..30 @3; T4 end 30; T3 end 30; T2 end 30",
        "main + 3 threads, 42 ms; T4 waited 21 ms for `a`, held mostly by T2 at line 3.",
    );
}

#[test]
fn what_only_goes_on_beside_the_cell_is_not_its_story() {
    check(
        "wall 50; mutex B beside u8 @1 old; of T9 2 5; T1 spawn T2 1 @2; T9 lock B 3..3.1 @4; T2 end 20",
        "main + 1 thread + T5 of [2], 50 ms.",
    );
}

/// A race of looking and doing shows in no wait.
#[test]
fn who_had_a_lock_in_between() {
    check(
        "unit us; wall 900; mutex A tickets i32 @1; T1 spawn T2 ada 1 @2; T1 spawn T3 bob 1 @2
         T2 lock A 5..6 @3; T3 lock A 7..8 @3; T3 lock A 9..10 @4; T2 lock A 11..12 @4; T2 end 50; T3 end 50",
        "main + 2 threads, 900 µs; bob had `tickets` between two times that ada had it (lines 3 and 4).",
    );
}

/// A place in a crate says nothing to who wrote the cell; the call that led there does.
#[test]
fn a_wait_in_a_crate_is_told_by_the_line_that_led_there() {
    check(
        "wall 50; condvar V - @rayon-core_1.13.0!81 nameless
         T1 spawn T2 1 @rayon-core_1.13.0!95<4
         T1 condvar V 3..30 @rayon-core_1.13.0!95<6 by T2; T2 end 40",
        "main + 1 thread, 50 ms; main waited 27 ms at line 6, in rayon-core 1.13.0; \
         rayon-core 1.13.0 spawned 1 thread.",
    );
    // A runtime's thread waits anew for each step of its task, and not for one thing.
    check(
        "wall 50; condvar V - @tokio_1.54.1!81 nameless; condvar W - @tokio_1.54.1!90 nameless
         T1 spawn T2 1 @tokio_1.54.1!95<4
         T1 condvar V 3..10 @tokio_1.54.1!95<6 by T2; T1 condvar V 11..30 @tokio_1.54.1!95<6 by T2
         T1 condvar W 31..32 @tokio_1.54.1!95<9 by T2; T2 end 40",
        "main + 1 thread, 50 ms; main waited 3 times, mostly at line 6, in tokio 1.54.1, 27 ms in all; \
         tokio 1.54.1 spawned 1 thread.",
    );
}

#[test]
fn readers_hold_a_lock_at_once() {
    check(
        "wall 42; rwlock A a u8 @1; T1 spawn T2 1 @2; T1 spawn T3 1 @2; T1 spawn T4 1 @2; T2 read A 1..22 @3
         T3 read A 1..21 @3; T4 wait A 1..22 @3 by T2; T4 lock A 22..30 @3; T4 end 30; T3 end 30; T2 end 30",
        "main + 3 threads, 42 ms; T4 waited 21 ms for `a`, held by T2 and T3.",
    );
}

#[test]
fn who_began_to_wait_before_the_cell_is_counted_to_nobody() {
    // T2 waited once in this cell, T3 and T4 since before it.
    let mut it = recording(
        "wall 50; mutex A a u8 @1; T1 spawn T2 1 @2; T2 lock A 1..2 @3; T2 wait A 40..45 @3 by T1
         T3 blocked A 30 @3; T4 blocked A 30 @3",
    );
    it.snapshot.objects[0].counters.contended = 1;
    let input = Input {
        snapshot: &it.snapshot,
        context: &it.context,
    };
    assert_eq!(
        report::build(&input).expect("a report").story,
        "main + 3 threads, 50 ms; `a` locked 1 time, contended 1 time, 45 ms waited in all."
    );
}
