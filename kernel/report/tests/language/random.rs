//! Random programs: threads that work, sleep, and take locks, run step by step, and written down as
//! a recording. Some end in a deadlock; then one thread unwinds, and the others meet what it left.

use std::fmt::Write;

/// A repeatable source of numbers.
pub struct Numbers(pub u64);

impl Numbers {
    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit.max(1)
    }
}

/// What a thread does at the moment.
#[derive(Clone, Copy, PartialEq)]
enum Doing {
    Works(u64),
    Waits { lock: usize, since: u64 },
    Ended,
}

/// A thread of the program while it runs.
struct Thread {
    doing: Doing,
    left: u64,
    /// Locks, and since when.
    held: Vec<(usize, u64)>,
}

/// A program's recording in the tests' language.
pub fn program(seed: u64) -> String {
    let mut numbers = Numbers(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let threads = 2 + numbers.below(5) as usize;
    let mut run = Run {
        locks: vec![None; 1 + numbers.below(4) as usize],
        threads: Vec::new(),
        text: format!("cell {}; unit us; ", 1 + numbers.below(9)),
        now: 0,
        proved: None,
        numbers,
    };
    for index in 0..threads {
        let (start, left) = (run.numbers.below(40), 1 + run.numbers.below(12));
        let _ = writeln!(run.text, "T1 spawn T{} {start} @{}", index + 2, index + 2);
        run.threads.push(Thread {
            doing: Doing::Works(start + 1 + run.numbers.below(20)),
            left,
            held: Vec::new(),
        });
    }
    run.finish()
}

struct Run {
    numbers: Numbers,
    threads: Vec<Thread>,
    /// Who holds each.
    locks: Vec<Option<usize>>,
    text: String,
    now: u64,
    proved: Option<u64>,
}

impl Run {
    fn finish(mut self) -> String {
        while let Some(index) = self.next() {
            self.step(index);
        }
        let end = self.now + 5 + self.numbers.below(50);
        for index in 0..self.threads.len() {
            let _ = writeln!(
                self.text,
                "T1 join T{} 41..{} @30",
                index + 2,
                self.now.max(42)
            );
            if index == 0 {
                break;
            }
        }
        let outcome = if self.proved.is_some() {
            "deadlocked"
        } else {
            "ok"
        };
        let _ = writeln!(self.text, "outcome {outcome}; wall {end}");
        self.text
    }

    /// Who acts next.
    fn next(&mut self) -> Option<usize> {
        let works = |thread: &Thread| match thread.doing {
            Doing::Works(until) => Some(until),
            _ => None,
        };
        let threads = self.threads.iter().enumerate();
        let next = threads.filter_map(|(index, thread)| Some((works(thread)?, index)));
        if let Some((at, index)) = next.min() {
            self.now = self.now.max(at);
            return Some(index);
        }
        self.unwind_one()
    }

    /// Nobody works: one of those who wait is made to unwind.
    fn unwind_one(&mut self) -> Option<usize> {
        let waits = |thread: &Thread| matches!(thread.doing, Doing::Waits { .. });
        let victim = self.threads.iter().position(waits)?;
        self.now += 3;
        if self.proved.is_none() {
            self.proved = Some(self.now);
            let mut edges = Vec::new();
            for (index, thread) in self.threads.iter().enumerate() {
                if let Doing::Waits { lock, .. } = thread.doing {
                    let by = self.locks[lock].map_or(0, |holder| holder + 2);
                    edges.push(format!("T{} L{lock} @{} T{by} @3", index + 2, index + 2));
                }
            }
            let _ = writeln!(
                self.text,
                "nobody {} T{}: {}",
                self.now,
                victim + 2,
                edges.join(", ")
            );
        }
        self.now += 2;
        if let Doing::Waits { lock, since } = self.threads[victim].doing {
            let (thread, now) = (victim + 2, self.now);
            let _ = writeln!(
                self.text,
                "T{thread} wait L{lock} {since}..{now} @{thread} deadlocked"
            );
            let _ = writeln!(self.text, "T{thread} panic {now} @{thread} deadlock");
        }
        self.threads[victim].left = 0;
        self.threads[victim].doing = Doing::Works(self.now);
        Some(victim)
    }

    fn step(&mut self, index: usize) {
        let (name, now) = (index + 2, self.now);
        if self.threads[index].left == 0 {
            while !self.threads[index].held.is_empty() {
                self.release(index);
            }
            self.threads[index].doing = Doing::Ended;
            let _ = writeln!(self.text, "T{name} end {now}");
            return;
        }
        self.threads[index].left -= 1;
        let pause = 1 + self.numbers.below(30);
        self.threads[index].doing = Doing::Works(now + pause);
        match self.numbers.below(5) {
            0 => {
                let _ = writeln!(self.text, "T{name} sleep {now}..{} @{name}", now + pause);
            }
            1 | 2 if !self.threads[index].held.is_empty() => self.release(index),
            _ => self.acquire(index),
        }
    }

    fn acquire(&mut self, index: usize) {
        let lock = self.numbers.below(self.locks.len() as u64) as usize;
        match self.locks[lock] {
            Some(holder) if holder == index => {}
            Some(_) => {
                self.threads[index].doing = Doing::Waits {
                    lock,
                    since: self.now,
                };
            }
            None => {
                self.locks[lock] = Some(index);
                self.threads[index].held.push((lock, self.now));
            }
        }
    }

    /// Gives back what it took last, and wakes one who waits.
    fn release(&mut self, index: usize) {
        let Some((lock, since)) = self.threads[index].held.pop() else {
            return;
        };
        let (name, now) = (index + 2, self.now);
        let _ = writeln!(self.text, "T{name} lock L{lock} {since}..{now} @{name}");
        self.locks[lock] = None;
        let waits = |thread: &Thread| matches!(thread.doing, Doing::Waits { lock: wanted, .. } if wanted == lock);
        let Some(next) = self.threads.iter().position(waits) else {
            return;
        };
        if let Doing::Waits { since, .. } = self.threads[next].doing {
            let waiter = next + 2;
            let _ = writeln!(
                self.text,
                "T{waiter} wait L{lock} {since}..{now} @{waiter} by T{name}"
            );
        }
        self.locks[lock] = Some(next);
        self.threads[next].held.push((lock, now));
        self.threads[next].doing = Doing::Works(now + 1 + self.numbers.below(20));
    }
}
