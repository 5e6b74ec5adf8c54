//! Recordings of every version of the format, kept as files: the reader must go on reading them, or
//! refuse them.
//!
//! `FEARLESS_BLESS=1 cargo test -p record --test fixtures` writes the present version's anew.

mod support;

use std::fs::File;
use std::path::PathBuf;

use record::Region;
use record::layout::VERSION;
use record::snapshot::{Action, ObjectKind, ThreadState};
use support::Pages;

fn path(version: u32) -> PathBuf {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");
    PathBuf::from(folder).join(format!("version-{version}.pages"))
}

/// The stretches of bytes that are not zeros: offset (8 bytes), length (4 bytes), the bytes.
fn pack(pages: &Pages) -> Vec<u8> {
    let mut packed = Vec::new();
    for (at, page) in pages {
        for (number, part) in page
            .chunks(64)
            .enumerate()
            .filter(|(_, part)| part.iter().any(|byte| *byte != 0))
        {
            packed.extend_from_slice(&(at + number as u64 * 64).to_le_bytes());
            packed.extend_from_slice(&(part.len() as u32).to_le_bytes());
            packed.extend_from_slice(part);
        }
    }
    packed
}

fn unpack(mut packed: &[u8]) -> Pages {
    let mut pages = Pages::new();
    while let Some((head, rest)) = packed.split_at_checked(12) {
        let at = u64::from_le_bytes(head[..8].try_into().expect("8 bytes"));
        let length = u32::from_le_bytes(head[8..].try_into().expect("4 bytes")) as usize;
        pages.push((at, rest[..length].to_vec()));
        packed = &rest[length..];
    }
    pages
}

#[test]
fn every_version_is_read() {
    if std::env::var_os("FEARLESS_BLESS").is_some() {
        let region = Region::create().expect("a recording");
        let file = File::from(region.fd().try_clone_to_owned().expect("its descriptor"));
        let packed = pack(&support::recorded_work(&file));
        std::fs::write(path(VERSION), packed).expect("writes the fixture");
    }
    for version in 1..=VERSION {
        let packed = std::fs::read(path(version)).expect("a fixture of each version");
        let region = Region::create().expect("a recording");
        let file = File::from(region.fd().try_clone_to_owned().expect("its descriptor"));
        let baseline = region.baseline();
        support::restore(&file, &unpack(&packed));
        let snapshot = region.snapshot(1, &baseline);
        assert_eq!(snapshot.threads.len(), 4);
        let finished = snapshot
            .threads
            .iter()
            .filter(|thread| thread.state == ThreadState::Finished);
        assert_eq!(finished.count(), 3);
        assert_eq!(snapshot.objects.len(), 4);
        for object in &snapshot.objects {
            assert_eq!(
                (object.kind, object.counters.acquisitions),
                (ObjectKind::Mutex, 500 + support::UNTIMED)
            );
            assert_eq!(object.type_name, "alloc::string::String");
        }
        assert_eq!((snapshot.events.len(), snapshot.gaps.len()), (2004, 0));
        let uses: u64 = snapshot
            .events
            .iter()
            .map(|event| u64::from(event.times))
            .sum();
        assert_eq!(uses, 2004 + 8 * support::UNTIMED);
        let waits = snapshot
            .events
            .iter()
            .filter(|event| matches!(event.action, Action::Wait { .. }));
        assert_eq!(waits.count(), 4 * 72);
        assert_eq!(snapshot.locations.len(), 1);
        assert!(snapshot.locations[0].file.ends_with("mod.rs"));
    }
}

#[test]
fn another_version_is_refused() {
    use std::os::unix::fs::FileExt;
    let region = Region::create().expect("a recording");
    let file = File::from(region.fd().try_clone_to_owned().expect("its descriptor"));
    support::restore(
        &file,
        &unpack(&std::fs::read(path(VERSION)).expect("a fixture")),
    );
    let at = std::mem::offset_of!(record::layout::Header, version) as u64;
    file.write_all_at(&(VERSION + 1).to_le_bytes(), at)
        .expect("writes");
    let snapshot = region.snapshot(1, &region.baseline());
    assert!(snapshot.threads.is_empty() && snapshot.events.is_empty());
}
