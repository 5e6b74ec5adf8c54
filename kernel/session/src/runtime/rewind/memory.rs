//! Which pages a process has written, and putting them back.
//!
//! The system notes the first write to each page (`userfaultfd` with asynchronous write protection,
//! read by `PAGEMAP_SCAN`; Linux 6.7, see its `pagemap.rst`). Such a write costs what the first
//! write to a page of a copied process costs, and finding all of them takes one walk through the
//! page tables.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ffi::{c_int, c_ulong, c_void};
use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;

use rustix::ioctl::{self, Ioctl, IoctlOutput, Opcode, Updater, opcode};
use rustix::mm::{UserfaultfdFlags, userfaultfd};
use rustix::process::Pid;

const PAGE: usize = 4096;

/// Stretches of memory that are told at most. A small program's process has a tenth.
const MOST_STRETCHES: usize = 4096;

/// Pages that are put back at most, 8 MiB: where there are more, a copy costs less.
const MOST_PAGES: usize = 2048;

/// Pieces of memory that the system writes in one call, at most.
const MOST_PIECES: usize = 1024;

/// Lets the system note what this process writes to memory of its own, for as long as the
/// descriptor is open.
///
/// # Errors
/// Where the system can't, or may not.
pub fn watch() -> io::Result<OwnedFd> {
    /// What the system itself does when it writes is noted all the same.
    const USER_MODE_ONLY: UserfaultfdFlags = UserfaultfdFlags::from_bits_retain(1);
    const NOTED_BY_THE_SYSTEM: u64 = 1 << 15;
    const OF_WRITES: u64 = 2;
    const FORGET: u64 = 1;
    const BEGIN: Opcode = opcode::read_write::<Interface>(0xaa, 0x3f);
    const REGISTER: Opcode = opcode::read_write::<Register>(0xaa, 0);

    #[repr(C)]
    struct Interface {
        version: u64,
        features: u64,
        calls: u64,
    }
    #[repr(C)]
    struct Register {
        start: u64,
        length: u64,
        mode: u64,
        calls: u64,
    }

    // SAFETY: no fault is handed to anybody, so no memory becomes what it was not.
    let watch = unsafe { userfaultfd(UserfaultfdFlags::CLOEXEC | USER_MODE_ONLY) }?;
    let mut interface = Interface {
        version: 0xaa,
        features: NOTED_BY_THE_SYSTEM,
        calls: 0,
    };
    // SAFETY: the call takes this struct (`linux/userfaultfd.h`).
    unsafe { ioctl::ioctl(&watch, Updater::<BEGIN, _>::new(&mut interface)) }?;
    for stretch in writable(&fs::read_to_string("/proc/self/maps")?) {
        let mut register = Register {
            start: stretch.start as u64,
            length: stretch.len() as u64,
            mode: OF_WRITES,
            calls: 0,
        };
        // SAFETY: as above; the memory stays as it is.
        unsafe { ioctl::ioctl(&watch, Updater::<REGISTER, _>::new(&mut register)) }?;
    }
    // What was written before counts as not written.
    let mut scan = Scan::new(IS_PRESENT | WAS_WRITTEN, &mut []);
    scan.flags = FORGET;
    scan.told = 0;
    // SAFETY: it is asked for no stretches.
    unsafe { ioctl::ioctl(File::open("/proc/self/pagemap")?, &mut scan) }?;
    Ok(watch)
}

/// The memory of its own that a process can write, of what its `maps` say.
fn writable(maps: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    maps.lines().filter_map(|line| {
        let (addresses, rest) = line.split_once(' ')?;
        let (start, end) = addresses.split_once('-')?;
        let address = |text| usize::from_str_radix(text, 16).ok();
        let is_its_own = rest.starts_with("rw") && rest.as_bytes().get(3) == Some(&b'p');
        is_its_own.then_some(address(start)?..address(end)?)
    })
}

/// A stretch of memory, as the system tells it.
#[derive(Clone, Copy, Default)]
#[repr(C)]
struct Stretch {
    start: u64,
    end: u64,
    kinds: u64,
}

const IS_WATCHED: u64 = 1;
const WAS_WRITTEN: u64 = 1 << 1;
const IS_PRESENT: u64 = 1 << 3;

/// A question about a process's pages (`struct pm_scan_arg` of `linux/fs.h`).
#[repr(C)]
struct Scan {
    size: u64,
    flags: u64,
    start: u64,
    end: u64,
    walked: u64,
    stretches: u64,
    most: u64,
    most_pages: u64,
    inverted: u64,
    all_of: u64,
    any_of: u64,
    told: u64,
}

impl Scan {
    /// About all watched pages of which that is true.
    fn new(all_of: u64, stretches: &mut [Stretch]) -> Scan {
        let most = stretches.len() as u64;
        Scan {
            size: size_of::<Scan>() as u64,
            flags: 0,
            start: 0,
            // All of a process's.
            end: (1 << 47) - PAGE as u64,
            walked: 0,
            stretches: match stretches {
                [] => 0,
                some => some.as_mut_ptr().expose_provenance() as u64,
            },
            most,
            most_pages: 0,
            inverted: 0,
            all_of: IS_WATCHED | all_of,
            any_of: 0,
            told: IS_PRESENT | WAS_WRITTEN,
        }
    }
}

// SAFETY: the call takes this struct, and writes at most `most` stretches to where they are asked
// for: the caller's, for as long as the question is (see `ask`).
unsafe impl Ioctl for &mut Scan {
    type Output = usize;
    const IS_MUTATING: bool = true;

    fn opcode(&self) -> Opcode {
        opcode::read_write::<Scan>(b'f', 16)
    }

    fn as_ptr(&mut self) -> *mut c_void {
        (&raw mut **self).cast()
    }

    unsafe fn output_from_ptr(told: IoctlOutput, _: *mut c_void) -> rustix::io::Result<usize> {
        Ok(told as usize)
    }
}

/// The memory of a process, as it was at one moment: what to put back, and how to find it.
pub struct Memory {
    process: Pid,
    /// Its pages, for questions.
    pages: File,
    /// The memory of a process in which it stays as it was.
    image: File,
    /// What was asked of it already, by address.
    known: BTreeMap<usize, Box<[u8; PAGE]>>,
    /// All that was watched.
    before: Vec<Stretch>,
    stretches: Vec<Stretch>,
}

impl Memory {
    /// That of a process which waits, and watches itself; `image` has the same memory for good.
    ///
    /// # Errors
    /// Where the system does not tell.
    pub fn of(process: Pid, image: Pid) -> io::Result<Memory> {
        let mut memory = Memory {
            process,
            pages: File::open(format!("/proc/{process}/pagemap"))?,
            image: File::open(format!("/proc/{image}/mem"))?,
            known: BTreeMap::new(),
            before: Vec::new(),
            stretches: vec![Stretch::default(); MOST_STRETCHES],
        };
        memory.before = memory.ask()?.to_vec();
        Ok(memory)
    }

    /// All that is watched, and whether it is in memory and was written.
    fn ask(&mut self) -> io::Result<&[Stretch]> {
        let mut scan = Scan::new(0, &mut self.stretches);
        // SAFETY: the stretches are this value's, and live on.
        let told = unsafe { ioctl::ioctl(&self.pages, &mut scan) }?;
        if told == MOST_STRETCHES {
            return Err(io::Error::other("memory in too many pieces"));
        }
        Ok(&self.stretches[..told])
    }

    /// Puts back what the process has ever written, or given back; it must not run meanwhile. To
    /// forget what was written takes longer than to put it back again, and what was forgotten
    /// takes longer to write.
    ///
    /// # Errors
    /// Where that was too much, or the system refuses. The memory is then anything.
    pub fn put_back(&mut self) -> io::Result<()> {
        let before = std::mem::take(&mut self.before);
        let now = self.ask()?;
        if !whole_of(now).eq(whole_of(&before)) {
            return Err(io::Error::other("its memory lies elsewhere"));
        }
        let changed = changed(&before, now);
        self.before = before;
        if changed.len() > MOST_PAGES {
            return Err(io::Error::other("too many pages were written"));
        }
        let mut pieces = Vec::with_capacity(changed.len());
        for &page in &changed {
            let content = match self.known.entry(page) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => {
                    let mut content = Box::new([0; PAGE]);
                    self.image.read_exact_at(&mut *content, page as u64)?;
                    unknown.insert(content)
                }
            };
            pieces.push(Piece {
                start: content.as_mut_ptr().cast(),
                length: PAGE,
            });
        }
        let places: Vec<Piece> = changed.iter().map(|&page| Piece::at(page)).collect();
        for (pieces, places) in pieces.chunks(MOST_PIECES).zip(places.chunks(MOST_PIECES)) {
            write(self.process, pieces, places)?;
        }
        Ok(())
    }
}

/// The watched memory, without what is told of its parts.
fn whole_of(stretches: &[Stretch]) -> impl Iterator<Item = (u64, u64)> + '_ {
    stretches
        .chunk_by(|one, next| one.end == next.start)
        .filter_map(|part| Some((part.first()?.start, part.last()?.end)))
}

/// The pages of the same memory that were written, and those that are there no more: given back to
/// the system, they are zeros.
fn changed(before: &[Stretch], now: &[Stretch]) -> Vec<usize> {
    let mut changed = Vec::new();
    let mut before = before.iter().peekable();
    for stretch in now {
        while let Some(was) = before.peek() {
            let (start, end) = (stretch.start.max(was.start), stretch.end.min(was.end));
            let is_changed = match stretch.kinds & IS_PRESENT {
                0 => was.kinds & IS_PRESENT != 0,
                _ => stretch.kinds & WAS_WRITTEN != 0,
            };
            if is_changed {
                changed.extend((start as usize..end as usize).step_by(PAGE));
            }
            if was.end > stretch.end {
                break;
            }
            before.next();
            if end == stretch.end {
                break;
            }
        }
    }
    changed
}

/// A piece of memory (`struct iovec`).
#[repr(C)]
struct Piece {
    start: *mut c_void,
    length: usize,
}

impl Piece {
    fn at(page: usize) -> Piece {
        Piece {
            start: std::ptr::without_provenance_mut(page),
            length: PAGE,
        }
    }
}

unsafe extern "C" {
    fn process_vm_writev(
        process: c_int,
        here: *const Piece,
        pieces: c_ulong,
        there: *const Piece,
        places: c_ulong,
        flags: c_ulong,
    ) -> isize;
}

fn write(process: Pid, pieces: &[Piece], places: &[Piece]) -> io::Result<()> {
    // SAFETY: the pieces are pages that the caller has; it is a copy of this process, which waits
    // to have its memory put back.
    let written = unsafe {
        process_vm_writev(
            process.as_raw_nonzero().get(),
            pieces.as_ptr(),
            pieces.len() as c_ulong,
            places.as_ptr(),
            places.len() as c_ulong,
            0,
        )
    };
    match usize::try_from(written) {
        Err(_) => Err(io::Error::last_os_error()),
        Ok(written) if written == pieces.len() * PAGE => Ok(()),
        Ok(_) => Err(io::ErrorKind::WriteZero.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(pages: Range<u64>, kinds: u64) -> Stretch {
        let page = PAGE as u64;
        Stretch {
            start: pages.start * page,
            end: pages.end * page,
            kinds,
        }
    }

    #[test]
    fn what_was_written_and_what_is_gone_has_changed() {
        const WRITTEN: u64 = IS_PRESENT | WAS_WRITTEN;
        let before = [
            stretch(1..4, IS_PRESENT),
            stretch(4..6, WAS_WRITTEN),
            stretch(8..10, IS_PRESENT),
        ];
        let now = [
            stretch(1..2, WRITTEN),
            stretch(2..3, IS_PRESENT),
            stretch(3..5, WAS_WRITTEN),
            stretch(5..6, WRITTEN),
            stretch(8..9, 0),
            stretch(9..10, IS_PRESENT),
        ];
        let pages: Vec<_> = changed(&before, &now)
            .iter()
            .map(|page| page / PAGE)
            .collect();
        assert_eq!(pages, [1, 3, 5, 8]);
        assert_eq!(changed(&before, &before), [0; 0]);
        assert!(whole_of(&before).eq(whole_of(&now)));
        let elsewhere = [stretch(1..6, 0), stretch(8..11, 0)];
        assert!(!whole_of(&before).eq(whole_of(&elsewhere)));
    }

    #[test]
    fn only_memory_of_its_own_is_watched() {
        let maps = "00400000-00452000 r-xp 00000000 08:02 173521 /usr/bin/main\n\
            00651000-00652000 rw-p 00051000 08:02 173521 /usr/bin/main\n\
            7f01000-7f02000 rw-s 00000000 00:01 12 /memfd:recording (deleted)\n\
            7ffc000-7ffd000 rw-p 00000000 00:00 0 [stack]\n";
        let watched: Vec<_> = writable(maps).collect();
        assert_eq!(watched, [0x651000..0x652000, 0x7ffc000..0x7ffd000]);
    }
}
