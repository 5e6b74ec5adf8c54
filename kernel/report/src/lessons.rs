//! Which lesson explains a finding.

use crate::model::FindingKind;

/// A heading of a lesson.
pub(crate) struct Lesson {
    /// The notebook's file, which begins with the lesson's number.
    file: &'static str,
    /// The heading as it is read.
    heading: &'static str,
}

/// The file of the first lesson: where it lies, the others do.
pub const FIRST_LESSON: &str = "00-processes-and-threads.ipynb";

const SPAWNING: &str = "01-spawning.ipynb";
const MESSAGES: &str = "02-message-passing.ipynb";
const MUTEXES: &str = "03-mutexes.ipynb";
const DEADLOCKS: &str = "06-deadlocks.ipynb";
const MORE_TOOLS: &str = "08-more-tools.ipynb";
const OTHER_MODELS: &str = "09-other-models.ipynb";

impl Lesson {
    /// Where a kind of finding is taught.
    pub(crate) fn on(kind: FindingKind) -> Lesson {
        use FindingKind as Kind;
        let (file, heading) = match kind {
            Kind::BlockedWorker
            | Kind::LongPoll
            | Kind::NeverPolled
            | Kind::StarvedBranch
            | Kind::StdGuardAcrossAwait => (OTHER_MODELS, "M:N: many tasks on few threads"),
            Kind::Convoy => (MUTEXES, "The convoy"),
            Kind::Deadlock => (DEADLOCKS, "Four rules"),
            Kind::HeldAcrossWait | Kind::LetUnderscoreLock => (MUTEXES, "Where a lock is released"),
            Kind::HeldAcrossWork => (MUTEXES, "while let: two cooks, one at work"),
            Kind::LockOrder => (DEADLOCKS, "The ring that didn't close this time"),
            Kind::Poisoned => (MUTEXES, "A panic while the lock is held"),
            Kind::ReceiverDroppedEarly | Kind::UnreceivedMessages => {
                (MESSAGES, "When the receiver is gone")
            }
            Kind::RunningAtEnd => (SPAWNING, "When main ends"),
            Kind::SerialSpawns => (SPAWNING, "Spawn, join, spawn, join: one at a time"),
            Kind::StoppedWaiting => (DEADLOCKS, "Slow is not stuck"),
            Kind::UnheardNotification => (MORE_TOOLS, "A notification that nobody heard"),
            Kind::UnjoinedPanic => (SPAWNING, "Names and panics"),
            Kind::WaitOutsideLoop => (MORE_TOOLS, "Why while and not if"),
        };
        Lesson { file, heading }
    }

    /// `Lesson 03: The convoy.`
    pub(crate) fn words(&self) -> String {
        format!("Lesson {}: {}.", &self.file[..2], self.heading)
    }

    /// Where that stands, for a notebook beside the lessons.
    pub(crate) fn link(&self) -> String {
        format!("{}#{}", self.file, self.heading.replace(' ', "-"))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{FIRST_LESSON, Lesson};
    use crate::model::FindingKind;

    #[test]
    fn each_heading_is_there() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../notebooks");
        assert!(folder.join(FIRST_LESSON).is_file());
        for kind in FindingKind::ALL {
            let lesson = Lesson::on(kind);
            let text = std::fs::read_to_string(folder.join(lesson.file)).expect("a lesson");
            let cells: serde_json::Value = serde_json::from_str(&text).expect("a notebook");
            let cells = cells["cells"].as_array().expect("cells").iter();
            let mut lines = cells
                .filter_map(|cell| cell["source"].as_array())
                .flatten()
                .filter_map(|line| line.as_str());
            let is_it = |line: &str| {
                let heading = line.trim_start_matches('#').trim().replace('`', "");
                line.starts_with('#') && heading == lesson.heading
            };
            assert!(lines.any(is_it), "{kind}: {}", lesson.heading);
        }
    }
}
