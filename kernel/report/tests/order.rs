//! The steps in order: only what can have happened so.

#[path = "language/language.rs"]
mod language;

use language::recording;
use report::{Input, Report};

fn report(text: &str) -> Report {
    let it = recording(text);
    report::build(&Input {
        snapshot: &it.snapshot,
        context: &it.context,
    })
    .expect("a report")
}

/// The steps of a recording: thread, what it did, and with what.
fn steps(text: &str) -> Vec<String> {
    let order = report(text).order.expect("steps in order");
    let step = |step: &report::OrderStep| {
        let object = step.object.clone().unwrap_or_default();
        format!("T{} {} {object}", step.thread, step.operation.name())
    };
    order.steps.iter().map(step).collect()
}

/// Main loses its core after it sent, before it wrote that down.
#[test]
fn nothing_is_received_before_it_was_sent() {
    let late = "unit us; wall 90; channel C tx->rx u8 @1; T1 spawn T2 1 @2
        T2 recv C 3..5 @7; T2 recv C 6 @8; T1 send C 4 @3; T1 send C 40 @4; T1 send C 41 @5; T2 recv C 42 @9; T2 end 50; T1 join T2 45..51";
    let expected = [
        "T1 send tx → rx",
        "T2 receive tx → rx",
        "T1 send tx → rx",
        "T2 receive tx → rx",
        "T1 send tx → rx",
        "T2 receive tx → rx",
    ];
    assert_eq!(steps(late), expected);
    let one = "unit us; wall 90; channel C tx->rx u8 @1; mutex A sum u8 @1; T1 spawn T2 1 @2
        T1 lock A 1.5..2; T2 recv C 3..5 @7; T1 send C 60 @3; T2 lock A 7..8; T2 end 50; T1 join T2 61..62";
    let expected = [
        "T1 lock sum",
        "T1 send tx → rx",
        "T2 receive tx → rx",
        "T2 lock sum",
    ];
    assert_eq!(steps(one), expected);
}

/// The sender that was busy with something else until then can't be the one.
#[test]
fn of_two_senders_the_one_that_can_have_sent() {
    let text = "unit us; wall 90; channel C tx->rx u8 @1; mutex A sum u8 @1; T1 spawn T2 1 @2; T1 spawn T3 1 @2
        T2 lock A 3..20; T2 send C 30 @5; T3 send C 40 @6; T1 recv C 4..10 @8; T1 recv C 35 @9; T2 end 50; T3 end 50; T1 join T2 45..51; T1 join T3 52..53";
    let expected = [
        "T2 lock sum",
        "T3 send tx → rx",
        "T1 receive tx → rx",
        "T2 send tx → rx",
        "T1 receive tx → rx",
    ];
    assert_eq!(steps(text), expected);
}

/// What an earlier cell has left in the channel is there to be received.
#[test]
fn messages_of_an_earlier_cell_come_first() {
    let text = "unit us; wall 90; channel C tx->rx u8 @1 old; T1 spawn T2 1 @2
        T2 recv C 5 @7; T1 send C 20 @3; T2 recv C 21 @7; T2 recv C 22 @7; T1 send C 23; T2 end 50; T1 join T2 45..51";
    let steps = steps(text);
    assert_eq!(steps[0], "T2 receive tx → rx", "{steps:?}");
}

/// Who sends into a full channel has sent when there was room.
#[test]
fn a_send_that_waited_comes_after_what_made_room() {
    let text = "unit us; wall 90; sync C tx->rx u8 @1 cap 1; T1 spawn T2 1 @2
        T1 send C 3 @4; T2 recv C 8 @7; T1 send C 4..9 @5; T2 recv C 12 @8; T2 end 50; T1 join T2 45..51";
    let expected = [
        "T1 send tx → rx",
        "T2 receive tx → rx",
        "T1 send tx → rx",
        "T2 receive tx → rx",
    ];
    assert_eq!(steps(text), expected);
}

/// Who waits may be handed its message, and the sender goes on before the receiver does.
#[test]
fn no_channel_holds_more_than_it_has_room_for() {
    let text = "unit us; wall 90; sync C tx->rx u8 @1 cap 2; T1 spawn T2 1 @2
        T2 send C 10 @3; T2 send C 11 @3; T2 send C 12 @3; T1 recv C 4..14 @4; T1 recv C 15 @4; T1 recv C 16 @4; T2 end 50; T1 join T2 45..51";
    let expected = [
        "T2 send tx → rx",
        "T1 receive tx → rx",
        "T2 send tx → rx",
        "T1 receive tx → rx",
    ];
    assert_eq!(steps(text), expected);
    // Who has not begun to wait by then has received nothing.
    let late = steps(&text.replace("T1 recv C 4..14", "T1 recv C 13..14"));
    let sends = late.iter().filter(|it| it.contains("send")).count();
    assert_eq!(sends, 1, "{late:?}");
}

#[test]
fn nobody_wakes_before_the_notification() {
    let text = "unit us; wall 90; condvar V ready @1; T1 spawn T2 1 @2
        T2 condvar V 3..5 @7 by T1; T1 notify V 30 @3; T2 end 50; T1 join T2 45..51";
    let expected = ["T2 wait ready", "T1 notify ready", "T2 wake ready"];
    assert_eq!(steps(text), expected);
}

/// What is given back between two lines is told, and of that lock each time: who is not told to
/// give it back would seem to have kept it.
/// Who comes last to a barrier opens it, and is as much a part of its order.
#[test]
fn who_opens_a_barrier_comes_to_it_too() {
    let text = "unit us; wall 90; barrier B gate @1 size 2; T1 spawn T2 1 @2; T1 spawn T3 1 @2
        T2 barrier B 4..30 @5 by T3; T3 barrier B 29 @5; T2 end 50; T3 end 50; T1 scope 2..51";
    let expected = ["T2 wait gate", "T3 wait gate", "T2 wake gate"];
    assert_eq!(steps(text), expected);
}

/// A pool of an earlier cell has nothing to do while the main thread waits for itself.
#[test]
fn a_crates_idle_threads_are_no_part_of_a_deadlock() {
    let text = "wall 90; outcome deadlocked; mutex A map u8 @1; mutex B log u8 @1; T1 lock B 1..2 @3; T1 spawn T2 1 @rayon-core_1.13.0!81; T1 lock A 3..90 @4
        T2 blocked park 2 @rayon-core_1.13.0!187; nobody 50 T1: T1 A @5 T1 @4, T2 park @rayon-core_1.13.0!187";
    assert_eq!(steps(text), ["T1 lock log", "T1 lock map", "T1 wait map"]);
}

#[test]
fn who_looks_and_takes_gives_the_lock_back_between() {
    let text = "unit us; wall 90; mutex A tickets i32 @1; T1 spawn T2 1 @2; T1 spawn T3 1 @2
        T2 lock A 5..6 @3; T3 lock A 7..8 @3; T3 lock A 9..10 @4; T2 lock A 11..12 @4; T2 end 50; T3 end 50; T1 join T2 45..51; T1 join T3 52..53; T1 lock A 60..61 @8";
    let expected = [
        "T2 lock tickets",
        "T2 unlock tickets",
        "T3 lock tickets",
        "T3 unlock tickets",
        "T3 lock tickets",
        "T3 unlock tickets",
        "T2 lock tickets",
        "T2 unlock tickets",
        "T1 lock tickets",
        "T1 unlock tickets",
    ];
    assert_eq!(steps(text), expected);
}

/// What a race is made of is said, and that it may be one; nothing of it where all goes in turn.
#[test]
fn what_was_seen_before_another_had_the_lock_may_be_old() {
    let said = |text: &str| {
        let report = report(text);
        let mut page = String::new();
        report::text(&report, &mut page, &report::TextOptions::default()).expect("a text");
        let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
        let begin = page
            .find("T3 has tickets")
            .or(page.find("T2 has tickets"))?;
        Some(page[begin..].split(" What was").next()?.to_owned())
    };
    let head = "unit us; wall 900; mutex A tickets i32 @1; T1 spawn T2 1 @2; T1 spawn T3 1 @2
        T2 end 50; T3 end 50; T1 join T2 45..51; T1 join T3 52..53;";
    let race = "T2 lock A 5..6 @3; T3 lock A 7..8 @3; T3 lock A 9..10 @4; T2 lock A 11..12 @4";
    assert_eq!(
        said(&format!("{head} {race}")).as_deref(),
        Some("T3 has tickets (⑤) between two times that T2 has it (① and ⑦)")
    );
    let in_turn = "T2 lock A 5..6 @3; T2 lock A 7..8 @4; T3 lock A 9..10 @3; T3 lock A 11..12 @4";
    assert_eq!(said(&format!("{head} {in_turn}")), None);
    let by_readers = "rwlock B tickets i32 @1; T2 read B 5..6 @3; T3 read B 7..8 @3; T3 read B 9..10 @4; T2 read B 11..12 @4";
    assert_eq!(said(&format!("{head} {by_readers}")), None);
}

/// What only a thread of an earlier cell does beside this one says nothing of it.
#[test]
fn what_goes_on_beside_the_cell_is_no_step_of_it() {
    let text = "wall 50; mutex A mine u8 @1; mutex B beside u8 @1 old; of T9 2 5; T1 spawn T2 1 @2
        T9 lock B 3..3.1 @4; T1 lock A 5..5.1 @4; T9 lock B 6..6.1 @4; T2 lock A 7..7.1 @5; T1 lock A 8..8.1 @4; T2 end 20";
    assert_eq!(
        steps(text),
        ["T1 lock mine", "T2 lock mine", "T1 lock mine"]
    );
    let shared = text.replace("T2 lock A 7", "T2 lock B 6.5..6.6 @5; T2 lock A 7");
    assert_eq!(steps(&shared).len(), 6, "{:?}", steps(&shared));
}

#[test]
fn who_drops_a_receiver_and_messages_with_it_is_told() {
    let text = "unit us; wall 90; channel C tx->rx u8 @1 lost 1; T1 spawn T2 1 @2
        T1 send C 3 @3; T1 send C 4 @4; T2 recv C 6 @7; T2 drop C 8 @9; T2 end 50; T1 join T2 45..51";
    let expected = [
        "T1 send tx → rx",
        "T1 send tx → rx",
        "T2 receive tx → rx",
        "T2 drop_receiver tx → rx",
    ];
    assert_eq!(steps(text), expected);
}

/// The report as text, its spaces single.
fn page(text: &str) -> String {
    let mut page = String::new();
    report::text(&report(text), &mut page, &report::TextOptions::default()).expect("a text");
    page.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is done over and over is one step, of so many times.
#[test]
fn equal_steps_in_a_row_are_one() {
    let text = "unit us; wall 900; channel C tx->rx u8 @1; T1 spawn T2 1 @2
        T1 send C 3 @3; T1 send C 4 @3; T1 send C 5 @3; T1 send C 6 @4; T2 recv C 8 @7; T2 recv C 9 @7; T2 end 50; T1 join T2 45..51";
    let order = report(text).order.expect("steps in order");
    let told: Vec<(u32, u32, u64)> = order
        .steps
        .iter()
        .map(|step| (step.step, step.thread, step.times))
        .collect();
    assert_eq!(told, [(1, 1, 3), (2, 1, 1), (3, 2, 2)]);
    let page = page(text);
    assert!(page.contains("sends to tx → rx 3 times · line 3"), "{page}");
}

/// Who locks twice gives the lock back between: that is a step, or it is said that it is none.
#[test]
fn nobody_seems_to_lock_twice() {
    let head = "unit us; wall 900; mutex A tickets i32 @1; T1 spawn T2 1 @2; T1 spawn T3 1 @2
        T2 end 50; T3 end 50; T1 join T2 45..51; T1 join T3 52..53;";
    let few = format!("{head} T2 lock A 5..6 @3; T2 lock A 7..8 @4; T3 lock A 9..10 @3");
    let expected = [
        "T2 lock tickets",
        "T2 unlock tickets",
        "T2 lock tickets",
        "T3 lock tickets",
    ];
    assert_eq!(steps(&few), expected);
    let said = "Who locks again has unlocked before";
    assert!(!page(&few).contains(said));
    // Too many for that.
    let many: String = (0..9)
        .map(|at| {
            format!(
                "; T2 lock A {}..{} @3; T2 lock A {}..{} @4",
                6 + 4 * at,
                7 + 4 * at,
                8 + 4 * at,
                9 + 4 * at
            )
        })
        .collect();
    let many = format!("{head} T3 lock A 5..5.5 @3{many}");
    assert_eq!(steps(&many).len(), 19);
    assert!(page(&many).contains(said));
}

/// Main loses its core after it took a message out, before it wrote that down; the sender, which
/// waited for the room, goes on at once.
#[test]
fn no_channel_is_fuller_than_it_can_be() {
    let late = "unit us; wall 90; sync C tx->rx u8 @1 cap 2; T1 spawn T2 1 @2
        T2 send C 2 @3; T2 send C 3 @3; T2 send C 20 @3; T2 send C 40 @3; T2 end 41
        T1 recv C 21 @5; T1 recv C 44 @5; T1 recv C 50 @5; T1 recv C 51 @5; T1 join T2 60..61";
    let events = steps(late);
    let mut queued: i64 = 0;
    for step in &events {
        queued += match step.as_str() {
            "T2 send tx → rx" => 1,
            "T1 receive tx → rx" => -1,
            other => panic!("{other}"),
        };
        assert!((0..=2).contains(&queued), "{events:?}");
    }
}
