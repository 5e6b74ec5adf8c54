//! References in words.

use crate::model::{Ref, Report};

/// What a reference stands for: a name, or kind and number.
pub(crate) fn reference(report: &Report, reference: Ref) -> String {
    let named = |name: Option<&Option<String>>, otherwise: String| {
        name.cloned().flatten().unwrap_or(otherwise)
    };
    match reference {
        Ref::Lock(id) => {
            let row = report.locks.iter().find(|row| row.id == id);
            named(row.map(|row| &row.name), format!("lock {id}"))
        }
        Ref::Channel(id) => {
            let row = report.channels.iter().find(|row| row.id == id);
            named(row.map(|row| &row.name), format!("channel {id}"))
        }
        Ref::Condvar(id) => {
            let row = report.condvars.iter().find(|row| row.id == id);
            named(row.map(|row| &row.name), format!("condvar {id}"))
        }
        Ref::Barrier(id) => {
            let row = report.barriers.iter().find(|row| row.id == id);
            named(row.map(|row| &row.name), format!("barrier {id}"))
        }
        Ref::Semaphore(id) => {
            let row = report.semaphores.iter().find(|row| row.id == id);
            named(row.map(|row| &row.name), format!("semaphore {id}"))
        }
        Ref::Once(id) => {
            let row = report.initialisers.iter().find(|row| row.id == id);
            named(row.map(|row| &row.name), format!("initialiser {id}"))
        }
        Ref::Thread(id) => report
            .threads
            .iter()
            .find(|row| row.id == id)
            .map_or_else(|| format!("T{id}"), |row| row.label.clone()),
        Ref::Task(id) => report
            .tasks
            .iter()
            .find(|row| row.id == id)
            .map_or_else(|| format!("task {id}"), |row| row.label.clone()),
        Ref::Park(_) => "unpark".to_owned(),
        Ref::Sleep(_) => "the clock".to_owned(),
        Ref::Scope(_) => "its scope".to_owned(),
        Ref::Stdio(_) => "stdout".to_owned(),
    }
}
