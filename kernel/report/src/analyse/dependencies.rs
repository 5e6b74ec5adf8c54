//! What dependencies made, folded to a line a crate.

use std::collections::{BTreeMap, BTreeSet};

use record::snapshot::ObjectKind;

use super::facts::Facts;
use crate::model::DependencyRow;
use crate::words::names;

/// The crates, by name.
pub(crate) fn rows(facts: &Facts<'_>) -> Vec<DependencyRow> {
    let mut crates: BTreeMap<&str, DependencyRow> = BTreeMap::new();
    fn row<'m, 'k>(
        crates: &'m mut BTreeMap<&'k str, DependencyRow>,
        krate: &'k str,
    ) -> &'m mut DependencyRow {
        crates.entry(krate).or_insert_with(|| DependencyRow {
            krate: names::clean(krate, 80),
            threads: 0,
            locks: 0,
            channels: 0,
            wait_ns: 0,
        })
    }
    for (thread, &id) in facts.snapshot.threads.iter().zip(&facts.thread_ids) {
        if let Some(krate) = facts.dependency(thread.spawned_at).filter(|_| id != 0) {
            row(&mut crates, krate).threads += 1;
        }
    }
    let mut kept_users_waiting: BTreeSet<&str> = BTreeSet::new();
    for (position, object) in facts.snapshot.objects.iter().enumerate() {
        let Some(krate) = facts.dependency(object.created_at) else {
            continue;
        };
        if facts.scan.user_waits[position] > 0 {
            kept_users_waiting.insert(krate);
        }
        let row = row(&mut crates, krate);
        match object.kind {
            ObjectKind::Mutex | ObjectKind::RwLock => row.locks += 1,
            ObjectKind::Channel | ObjectKind::SyncChannel => row.channels += 1,
            _ => {}
        }
        // That a pool's own workers have nothing to do is no waiting of the cell's.
        let waited = facts.scan.user_waits[position];
        row.wait_ns = row.wait_ns.saturating_add(waited);
    }
    // What made only initialisers, or whose pool slept through the cell, isn't worth a line.
    let says_something = |krate: &str, row: &DependencyRow| {
        row.threads > 0 || row.locks > 0 || row.channels > 0 || kept_users_waiting.contains(krate)
    };
    crates
        .into_iter()
        .filter(|(krate, row)| says_something(krate, row))
        .map(|(_, row)| row)
        .collect()
}
