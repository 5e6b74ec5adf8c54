//! What a thread tried that came to nothing.

use super::around::Cause;
use super::model::{ExploredStep, Failure};

/// A message to a channel whose receiver another thread had dropped.
pub(super) fn sent_to_nobody(failure: &Failure) -> Option<Cause> {
    let steps = &failure.steps;
    let panic = steps.iter().rfind(|step| step.operation == "panic")?;
    if !panic.value.as_deref()?.contains("SendError") {
        return None;
    }
    let sent = steps
        .iter()
        .rposition(|step| step.thread == panic.thread && step.operation == "send")?;
    let send = &steps[sent];
    let receives = |step: &&ExploredStep| {
        let is_it = ["receive", "try receive", "resume"].contains(&step.operation.as_str());
        is_it && step.object == send.object
    };
    let close = steps[..sent].iter().rfind(|step| {
        let mut own = steps.iter().filter(|it| it.thread == step.thread);
        step.operation == "close" && step.object == send.object && own.any(|it| receives(&it))
    })?;
    let name = send.object.as_deref()?;
    Some(Cause {
        words: format!(
            "{} drops the receiver of `{name}`{} before {} sends to it{}",
            failure.who(close.thread),
            close.line(),
            failure.who(send.thread),
            send.line()
        ),
        help: Some(
            "Receive until all senders are dropped (`for message in receiver`), or let a sender \
             go on where nobody listens any more."
                .into(),
        ),
    })
}

/// An attempt in vain after which its thread goes on, where the nearest run that passes does
/// something else at that very step.
pub(super) fn in_vain(failure: &Failure) -> Option<Cause> {
    let steps = &failure.steps;
    let instead = failure.passing.as_ref()?.instead.as_ref()?;
    let at = steps
        .iter()
        .position(|step| step.step == instead.step && step.in_vain)?;
    let tried = &steps[at];
    let name = tried.object.as_deref()?;
    let (who, line) = (failure.who(tried.thread), tried.line());
    let others = |step: &&ExploredStep| step.thread != tried.thread && step.object == tried.object;
    let words = match tried.operation.as_str() {
        "try lock" | "try read lock" => {
            let mut before = steps[..at].iter().rev().filter(others);
            let holds = before.find(|step| !step.in_vain && step.operation.ends_with("lock"))?;
            let has = !holds.operation.ends_with("unlock");
            has.then(|| {
                let holder = failure.who(holds.thread);
                format!("{who} tries to lock `{name}`{line} while {holder} has it")
            })?
        }
        "try receive" => {
            let mut after = steps[at..].iter().filter(others);
            let sends = after.find(|step| step.operation.ends_with("send") && !step.in_vain)?;
            let sender = failure.who(sends.thread);
            let to = sends.line();
            format!("{who} tries to receive from `{name}`{line} before {sender} sends to it{to}")
        }
        "try send" => {
            let mut before = steps[..at].iter().filter(others);
            let is_open = before.all(|step| step.operation != "close");
            is_open.then(|| format!("{who} tries to send to `{name}`{line} while it is full"))?
        }
        _ => return None,
    };
    Some(Cause::told(format!("{words}, and goes on")))
}

#[cfg(test)]
mod tests {
    use super::super::model::PassingRun;
    use super::super::model::tests::{done, panics};
    use super::*;

    fn panic(thread: u32, message: &str) -> ExploredStep {
        ExploredStep {
            thread,
            operation: "panic".into(),
            value: Some(message.into()),
            ..ExploredStep::default()
        }
    }

    #[test]
    fn who_drops_a_receiver_too_early_is_named() {
        let dropped = |message| {
            panics(vec![
                done(3, "receive", 10),
                done(3, "close", 11),
                done(2, "send", 7),
                panic(2, message),
            ])
        };
        let error = "called `Result::unwrap()` on an `Err` value: SendError { .. }";
        assert_eq!(
            sent_to_nobody(&dropped(error)).unwrap().words,
            "T3 drops the receiver of `n` (line 11) before T2 sends to it (line 7)"
        );
        assert!(sent_to_nobody(&dropped("no such job")).is_none());
        let sender = panics(vec![
            done(3, "close", 11),
            done(2, "send", 7),
            panic(2, error),
        ]);
        assert!(sent_to_nobody(&sender).is_none());
    }

    #[test]
    fn who_gives_up_is_named_where_another_order_passes() {
        let tried = |operation: &str| ExploredStep {
            step: 5,
            in_vain: true,
            ..done(1, operation, 9)
        };
        let told = |before: Vec<ExploredStep>, operation: &str, after: Vec<ExploredStep>, step| {
            let mut steps = before;
            steps.push(tried(operation));
            steps.extend(after);
            let passing = PassingRun {
                token: String::new(),
                instead: Some(ExploredStep {
                    step,
                    ..done(2, "unlock", 3)
                }),
            };
            let failure = Failure {
                passing: Some(passing),
                ..panics(steps)
            };
            in_vain(&failure).map(|cause| cause.words)
        };
        let held = || vec![done(2, "read lock", 3)];
        assert_eq!(
            told(held(), "try lock", vec![], 5).unwrap(),
            "T1 tries to lock `n` (line 9) while T2 has it, and goes on"
        );
        assert_eq!(told(held(), "try lock", vec![], 4), None);
        let free = vec![done(2, "read lock", 3), done(2, "read unlock", 3)];
        assert_eq!(told(free, "try lock", vec![], 5), None);
        assert_eq!(
            told(vec![], "try receive", vec![done(2, "send", 3)], 5).unwrap(),
            "T1 tries to receive from `n` (line 9) before T2 sends to it (line 3), and goes on"
        );
        assert_eq!(
            told(vec![], "try send", vec![], 5).unwrap(),
            "T1 tries to send to `n` (line 9) while it is full, and goes on"
        );
        assert_eq!(told(vec![done(2, "close", 3)], "try send", vec![], 5), None);
    }
}
