//! What `:explore` found, as it is shown.

use report::explore::{
    Exploration, ExploredStep, Failure, FailureKind, OutcomeCount, PassingRun, RunOutcome, StepAt,
    StepThread, Verdict, html, text,
};

fn step(number: u32, thread: u32, operation: &str, object: &str, line: u32) -> ExploredStep {
    ExploredStep {
        step: number,
        thread,
        operation: operation.into(),
        object: (!object.is_empty()).then(|| object.to_owned()),
        lock: ["orders", "stock"]
            .iter()
            .position(|lock| *lock == object)
            .map(|lock| lock as u32 + 1),
        at: Some(StepAt {
            cell: 1,
            line,
            column: 1,
        }),
        ..ExploredStep::default()
    }
}

fn outcome(outcome: RunOutcome, title: &str, times: u64) -> OutcomeCount {
    OutcomeCount {
        outcome,
        title: title.into(),
        printed: String::new(),
        error: None,
        times,
        token: None,
    }
}

/// T2 has `stock` and wants `orders`, T3 the other way round; main joins them.
fn deadlock() -> Exploration {
    let stuck = |step: ExploredStep, by: u32| ExploredStep {
        blocked_on: Some(by),
        ..step
    };
    let thread = |id| StepThread { id, name: None };
    Exploration {
        version: 1,
        cell: 1,
        file: None,
        verdict: Verdict::Failed,
        schedules: 3,
        schedules_to_failure: Some(3),
        seconds: 0.1,
        per_second: 30.0,
        strategy: "portfolio".into(),
        memory: "weak".into(),
        complete: false,
        preemption_bound: None,
        cut: 0,
        seed: 1,
        outcomes: vec![
            outcome(RunOutcome::Ok, "printed nothing", 2),
            outcome(RunOutcome::Deadlocked, "deadlocked", 1),
        ],
        failure: Some(Failure {
            kind: FailureKind::Deadlock,
            title: "Deadlock: T2 waits for `orders`, which T3 has".into(),
            token: Some("AR".into()),
            preemptions: 1,
            fewest: true,
            passing: Some(PassingRun {
                token: "AS".into(),
                instead: Some(step(10, 2, "lock", "orders", 11)),
            }),
            threads: vec![thread(1), thread(2), thread(3)],
            steps: vec![
                step(9, 2, "lock", "stock", 10),
                step(11, 3, "lock", "orders", 16),
                stuck(step(12, 1, "join", "", 20), 1),
                stuck(step(12, 2, "lock", "orders", 11), 3),
                stuck(step(12, 3, "lock", "stock", 17), 2),
            ],
            omitted: 8,
        }),
        notes: Vec::new(),
    }
}

/// As ordinary reports tell a deadlock: in a box, with what would help, each lock in its hue.
#[test]
fn a_deadlock_is_told_as_in_ordinary_reports() {
    let help = "Take the locks in the same order everywhere, first `orders`, then `stock`";
    let plain = text(&deadlock());
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        plain.contains(&format!("What would help: {help}")),
        "{plain}"
    );
    let page = html(&deadlock());
    assert!(page.contains("<div class=\"fl-find fl-error\"><b>Deadlock: "));
    assert!(page.contains("<b>What would help:</b> Take the locks in the same order everywhere"));
    assert!(page.contains("<span class=\"fl-k0\">■</span> locks orders"));
    assert!(page.contains("<span class=\"fl-k1\">■</span> locks stock"));
}

/// Where the order that passes goes another way has a row of its own, between the steps.
#[test]
fn the_step_that_passes_is_in_the_table() {
    let plain = text(&deadlock());
    let begins: Vec<String> = plain
        .lines()
        .skip_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .take(3)
        .map(str::to_owned)
        .collect();
    assert_eq!(begins, ["9", "10", "11"], "{plain}");
    let of_marked = |line: &&str| line.contains("10 ◇");
    let marked = plain.lines().find(of_marked).expect("a marked row");
    assert!(marked.contains("locks orders · line 11"), "{marked}");
    assert!(
        plain.contains("does at step 10 what is marked ◇:"),
        "{plain}"
    );
    assert!(html(&deadlock()).contains("<td>10 ◇</td>"));
    // Where the table has no place for it, it is told in words.
    let mut elsewhere = deadlock();
    let failure = elsewhere.failure.as_mut().expect("a failure");
    let passing = failure.passing.as_mut().expect("a run that passes");
    passing.instead = Some(step(10, 7, "lock", "orders", 11));
    let plain = text(&elsewhere);
    assert!(!plain.contains('◇'), "{plain}");
    assert!(
        plain.contains("goes on with T7: locks orders · line 11, at step"),
        "{plain}"
    );
}

/// Red is what fails: the ring, not who joins it; outcomes that are wrong, not the others.
#[test]
fn only_what_is_wrong_is_red() {
    let page = html(&deadlock());
    let red: Vec<&str> = page
        .split("class=\"fl-bad-text\">")
        .skip(1)
        .filter_map(|rest| rest.split("</td>").next())
        .collect();
    assert_eq!(red.len(), 3, "{red:?}");
    assert!(red[0].ends_with("waits for orders, held by T3 · line 11"));
    assert!(red[1].ends_with("waits for stock, held by T2 · line 17"));
    assert_eq!(red[2], "deadlocked");
}
