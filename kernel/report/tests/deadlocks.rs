//! What a report says of a deadlock fits what was recorded: its advice, its tables, its threads.

#[path = "language/language.rs"]
mod language;

use language::recording;
use report::{FindingKind, HtmlOptions, Input, Report, TextOptions};

fn report(text: &str) -> Report {
    let it = recording(&format!("wall 9; outcome deadlocked; {text}"));
    report::build(&Input {
        snapshot: &it.snapshot,
        context: &it.context,
    })
    .expect("a report")
}

fn text(report: &Report) -> String {
    let mut text = String::new();
    report::text(report, &mut text, &TextOptions::default()).unwrap();
    text
}

#[test]
fn advice_speaks_of_notifications_that_there_were() {
    let silent = report("condvar V ready @1; nobody 5 T1: T1 condvar V @4");
    let detail = &silent.findings[0].detail;
    assert!(detail.contains("Nobody has notified `ready`"), "{detail}");
    let early = report("condvar V ready @1; T1 notify V 2 @3; nobody 5 T1: T1 condvar V @4");
    let detail = &early.findings[0].detail;
    assert!(detail.contains("comes before the wait"), "{detail}");
}

/// A guard of the person's own that notifies when it is dropped does so while a deadlock unwinds.
#[test]
fn notifications_while_it_unwinds_are_left_out() {
    let found = report(
        "condvar V ready @1 unheard 2; nobody 5 T1: T1 condvar V @4; T1 notify V 7 @3; T1 notify V 8 @3",
    );
    let row = &found.condvars[0];
    assert_eq!((row.notifies, row.notifies_unheard), (0, 0));
}

#[test]
fn how_a_crate_waits_is_not_for_the_user_to_change() {
    let found = report(
        "T1 spawn T2 1 @3; nobody 5 T1: T1 join T2 @6, T2 park @crossbeam-channel_0.5.17!162",
    );
    let finding = &found.findings[0];
    let title = "Deadlock: T2 waits inside crossbeam-channel 0.5.17, \
                 and no thread is left that could end that";
    assert_eq!(finding.title, title);
    assert!(
        finding.detail.contains("last sender is dropped"),
        "{finding:?}"
    );
    assert!(!finding.detail.contains("unpark"), "{finding:?}");
    // A `park` of the user's own is.
    let own = report("nobody 5 T1: T1 park @4");
    assert!(own.findings[0].detail.contains("`unpark`"));
}

/// A job of a pool that waits keeps its thread from the other jobs. Where a thread of the pool had
/// nothing to do, there was none.
#[test]
fn a_job_waits_for_one_that_gets_no_thread() {
    let advice = |threads: &str, waits: &str| {
        let found = report(&format!(
            "channel C tx->rx u8 @1; condvar V - @rayon-core_1.13.0!81 nameless; {threads}; nobody 5 T1: \
             T1 condvar V @rayon-core_1.13.0!95, {waits}"
        ));
        found.findings[0].detail.clone()
    };
    let of_pool = "T1 spawn T2 1 @rayon-core_1.13.0!7";
    let alone = advice(of_pool, "T2 recv C @4");
    assert!(
        alone.contains("T2 is the only thread of rayon's pool"),
        "{alone}"
    );
    let two = "T1 spawn T2 1 @rayon-core_1.13.0!7; T1 spawn T3 2 @rayon-core_1.13.0!7";
    let both = advice(two, "T2 recv C @4, T3 recv C @4");
    assert!(both.contains("all 2 threads of rayon's pool"), "{both}");
    let idle = advice(two, "T2 recv C @4, T3 condvar V @rayon-core_1.13.0!95");
    let of_users = advice("T1 spawn T2 1 @3", "T2 recv C @4");
    assert!(
        !idle.contains("pool") && !of_users.contains("pool"),
        "{idle} {of_users}"
    );
}

#[test]
fn who_waits_for_a_message_has_a_sender_left() {
    // Unwinding has dropped the last sender before the recording was read.
    let found = report("channel C tx->rx u8 @1 senders 0; nobody 5 T1: T1 recv C @4");
    assert_eq!(found.channels[0].senders, 1);
    let text = text(&found);
    assert!(
        text.contains("open") && !text.contains("no sender left"),
        "{text}"
    );
}

#[test]
fn threads_that_come_to_the_same_one_after_the_other_are_one_finding() {
    let found = report(
        "rwlock R cache u8 @1; T1 spawn T2 1 @3; T1 spawn T3 1 @3
         T2 read R 2..8 @4; T3 read R 2..7 @4
         deadlock 5 T3: T3 R @5 T3 @4; deadlock 7 T2: T2 R @5 T2 @4",
    );
    let titles: Vec<&str> = found.findings.iter().map(|it| it.title.as_str()).collect();
    let title = "Deadlock: T3 wants to write `cache` at line 5 while it still reads it";
    assert_eq!(titles, [title]);
    let detail = &found.findings[0].detail;
    assert!(detail.contains("T2 came to the same"), "{detail}");
}

#[test]
fn a_name_that_several_threads_have_tells_none_from_another() {
    let found = report(
        "mutex A a i32 @1; mutex B b i32 @2; T1 spawn T2 worker 1 @3; T1 spawn T3 worker 1 @3
         deadlock 5 T3: T2 B @6 T3 @5, T3 A @6 T2 @5",
    );
    assert_eq!(
        found.findings[0].title,
        "Deadlock: T2 and T3 wait for each other (`b` and `a`)"
    );
    let edge = &found.findings[0].edges[0];
    assert_eq!(edge.label, "T2 worker");
}

#[test]
fn a_lesson_is_linked_where_it_lies_beside_the_notebook() {
    let report = report("mutex A a i32 @1; deadlock 5 T1: T1 A @3 T1 @2");
    let html = |lessons_beside| {
        let options = HtmlOptions {
            lessons_beside,
            ..HtmlOptions::default()
        };
        let mut html = String::new();
        report::html(&report, &mut html, &options).unwrap();
        html
    };
    let link = "<a href=\"06-deadlocks.ipynb#Four-rules\">Lesson 06: Four rules</a>";
    assert!(html(false).contains("Lesson 06: Four rules.") && !html(false).contains(link));
    // The rich form stands in a link of its own: another within would end it.
    let page = html(true);
    let (rich, after) = page.split_once("</a>").expect("the rich form's end");
    assert_eq!(rich.matches("<a ").count(), 1);
    assert!(after.contains(link), "{after}");
}

/// One wait more than there is news for: the data said so, and no notification was missed.
#[test]
fn who_has_looked_since_has_missed_nothing() {
    let queue = "wall 20; condvar V ready @1 unheard 1; mutex A queue u8 @1; T1 spawn T2 1 @1
         T1 notify V 2 @3; T2 lock A 3..4 @5; T2 lock A 5..6 @5; nobody 9 T2: T1 join T2 @7, T2 condvar V @6";
    let found = report(queue);
    let kinds: Vec<_> = found.findings.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [FindingKind::Deadlock]);
    let detail = &found.findings[0].detail;
    assert!(detail.contains("this wait is one too many"), "{detail}");
    // It has only taken the lock to wait: the news may have come before.
    let early = report(&queue.replace("T2 lock A 5..6 @5;", ""));
    let kinds: Vec<_> = early.findings.iter().map(|it| it.kind).collect();
    assert_eq!(
        kinds,
        [FindingKind::Deadlock, FindingKind::UnheardNotification]
    );
    let detail = &early.findings[0].detail;
    assert!(detail.contains("comes before the wait"), "{detail}");
}

/// A thread that is no victim holds on; nothing in a cell lasts longer than up to its deadlock.
#[test]
fn what_goes_on_after_the_proof_is_left_out() {
    let mut it = recording(
        "wall 20; mutex A held u8 @1; T1 spawn T2 1 @1; T2 blocked park 3 @4
         nobody 9 T1: T1 A @7 T2 @3, T2 park @4",
    );
    let lock = &mut it.snapshot.objects[0];
    lock.held_by = vec![it.snapshot.threads[1].index];
    lock.held_since_ns = Some(2_000_000);
    lock.counters.hold_ns.total = 18_000_000;
    lock.counters.hold_ns.max = 18_000_000;
    let found = report::build(&Input {
        snapshot: &it.snapshot,
        context: &it.context,
    })
    .unwrap();
    let held = found.locks[0].hold_ns;
    assert_eq!((held.total, held.max), (7_000_000, 7_000_000));
}
