//! Data races: found where nothing orders two accesses, and never where something does.

use explore::Order::{self, *};
use explore::{
    Guided, Heuristic, Memory, Object, Race, Races, Random, Reduced, Strategy, ThreadId, Touch,
    Trace,
};

use crate::machine::Outcome;
use crate::program::*;
use crate::run;

fn races(threads: Vec<Code>) -> bool {
    let program = Program::with_main(threads, vec![read(0, 0)]).weak();
    let fails = |strategy: &mut dyn Strategy, runs: usize| {
        (0..runs).any(|_| {
            let over = strategy.is_finished();
            !over && run(&program, strategy, Trace::default()).0.end == Outcome::FAILED
        })
    };
    let by_all = fails(&mut Reduced::new(), 20_000);
    let at_random = fails(&mut Guided::new(Heuristic::Portfolio, 1), 500);
    assert_eq!(by_all, at_random);
    by_all
}

#[test]
fn what_is_not_ordered_races() {
    assert!(races(vec![vec![write(0, 1)], vec![write(0, 2)]]));
    assert!(races(vec![vec![write(0, 1)], vec![read(0, 0)]]));
    assert!(!races(vec![vec![read(0, 0)], vec![read(0, 0)]]));
    assert!(!races(vec![vec![write(0, 1)], vec![read(0, 1)]]));
}

#[test]
fn locks_and_messages_order() {
    let locked = |mutex| vec![lock(mutex), read(0, 0), write(0, 1), unlock(mutex)];
    assert!(!races(vec![locked(0), locked(0), locked(0)]));
    assert!(races(vec![locked(0), locked(1)]));
    let sender = vec![write(0, 1), send(0, c(1))];
    assert!(!races(vec![
        sender.clone(),
        vec![receive(0, 0), write(0, 2)]
    ]));
    assert!(races(vec![sender, vec![write(0, 2), receive(0, 0)]]));
}

#[test]
fn publishing_needs_release_and_acquire() {
    let threads = |stores, loads| {
        let reader = vec![
            load_as(0, 1, loads),
            when(|all| all[0] == 1, vec![read(1, 0)]),
        ];
        vec![vec![write(0, 1), store_as(1, 1, stores)], reader]
    };
    assert!(!races(threads(Release, Acquire)));
    assert!(!races(threads(SeqCst, SeqCst)));
    assert!(races(threads(Relaxed, Acquire)));
    assert!(races(threads(Release, Relaxed)));
    let fenced = |before: Order, after: Order| {
        let then = vec![fence(after), read(1, 0)];
        let reader = vec![load_as(0, 1, Relaxed), when(|all| all[0] == 1, then)];
        vec![
            vec![write(0, 1), fence(before), store_as(1, 1, Relaxed)],
            reader,
        ]
    };
    assert!(!races(fenced(Release, Acquire)));
    assert!(races(fenced(Acquire, Release)));
}

/// A count of owners: the last one may only look after it has seen what the others did.
#[test]
fn the_last_drop_needs_acquire() {
    let drops = |order: Order, fenced: bool| {
        let mut last = vec![write(0, 0)];
        if fenced {
            last.insert(0, fence(Acquire));
        }
        vec![
            read(0, 0),
            add_as(1, 1, 1, order),
            when(|all| all[1] == 2, last),
        ]
    };
    let three = |order, fenced| {
        vec![
            drops(order, fenced),
            drops(order, fenced),
            drops(order, fenced),
        ]
    };
    assert!(!races(three(Release, true)));
    assert!(!races(three(AcquireRelease, false)));
    assert!(races(three(Release, false)));
    assert!(races(three(Relaxed, true)));
}

fn touch(thread: u32, writes: bool) -> Touch {
    Touch {
        thread: ThreadId(thread),
        writes,
        ..Touch::default()
    }
}

#[test]
fn bytes_are_told_apart_and_freed_memory_is_forgotten() {
    let (mut memory, mut races) = (Memory::new(), Races::new());
    let mut access = |address, size, touch: Touch, forget: Option<(u64, u64)>| {
        if let Some((address, size)) = forget {
            races.forget(address, size);
        }
        races.access(address, size, touch, memory.knows(touch.thread))
    };
    assert_eq!(access(100, 4, touch(1, true), None), None);
    assert_eq!(access(104, 4, touch(2, true), None), None);
    assert_eq!(access(96, 4, touch(2, true), None), None);
    let found = access(103, 1, touch(2, false), None);
    assert_eq!(
        found,
        Some(Race {
            first: touch(1, true),
            second: touch(2, false)
        })
    );
    assert!(access(90, 100, touch(3, true), None).is_some());
    assert_eq!(access(100, 4, touch(4, true), Some((80, 200))), None);
    assert!(access(102, 1, touch(5, true), Some((100, 2))).is_some());
    assert_eq!(access(100, 2, touch(6, true), Some((0, 1 << 40))), None);
}

#[test]
fn freeing_is_a_write_to_all_of_a_block() {
    let (mut memory, mut races) = (Memory::new(), Races::new());
    let (one, two, lock) = (ThreadId(1), ThreadId(2), Object(1));
    let frees = |thread| Touch {
        frees: true,
        ..touch(thread, true)
    };
    let reads = touch(1, false);
    assert_eq!(races.access(120, 4, reads, memory.knows(one)), None);
    let next_to_it = races.free(128, 64, frees(2), memory.knows(two));
    assert_eq!(next_to_it, None);
    let found = races.free(64, 64, frees(2), memory.knows(two));
    let first = reads;
    let second = frees(2);
    assert_eq!(found, Some(Race { first, second }));
    // Whoever gets it next has nothing to do with that.
    races.forget(64, 64);
    assert_eq!(
        races.access(120, 4, touch(2, true), memory.knows(two)),
        None
    );
    memory.release(two, lock);
    memory.acquire(one, lock);
    assert_eq!(races.free(64, 64, frees(1), memory.knows(one)), None);
}

#[test]
fn freed_memory_is_not_to_be_used_whatever_orders_that() {
    let (mut memory, mut races) = (Memory::new(), Races::new());
    let (one, two, lock) = (ThreadId(1), ThreadId(2), Object(1));
    let first = Touch {
        frees: true,
        ..touch(1, true)
    };
    let atomic = Touch {
        atomic: true,
        ..touch(2, false)
    };
    for second in [touch(2, false), touch(2, true), atomic, touch(1, false)] {
        races.clear();
        races.access(72, 8, touch(1, true), memory.knows(one));
        assert_eq!(races.free(64, 32, first, memory.knows(one)), None);
        memory.release(one, lock);
        memory.acquire(two, lock);
        let knows = memory.knows(second.thread);
        let found = races.access(68, 1, second, knows);
        assert_eq!(found, Some(Race { first, second }));
    }
    let second = Touch { step: 5, ..first };
    races.clear();
    races.free(64, 32, first, memory.knows(one));
    let found = races.free(64, 32, second, memory.knows(one));
    assert_eq!(found, Some(Race { first, second }));
}

#[test]
fn atomic_accesses_race_with_plain_ones_alone() {
    let (mut memory, mut races) = (Memory::new(), Races::new());
    let (one, two) = (ThreadId(1), ThreadId(2));
    let atomic = |thread| Touch {
        atomic: true,
        ..touch(thread, true)
    };
    assert_eq!(races.access(8, 8, atomic(1), memory.knows(one)), None);
    assert_eq!(races.access(8, 8, atomic(2), memory.knows(two)), None);
    assert!(
        races
            .access(8, 8, touch(1, false), memory.knows(one))
            .is_some()
    );
    let lock = Object(1);
    races.clear();
    assert_eq!(races.access(8, 8, touch(1, true), memory.knows(one)), None);
    memory.release(one, lock);
    memory.acquire(two, lock);
    assert_eq!(races.access(8, 8, touch(2, true), memory.knows(two)), None);
    // What comes after the release is not ordered.
    assert!(
        races
            .access(8, 8, touch(1, true), memory.knows(one))
            .is_some()
    );
}

/// What is found is compared with a list of all accesses: nothing is left out, and nothing made up.
#[test]
fn each_race_is_one_of_a_list_of_all_accesses() {
    struct Earlier {
        byte: u64,
        number: u32,
        touch: Touch,
    }
    let mut random = Random::new(1);
    let (mut raced, mut races) = (0, Races::new());
    for _ in 0..2_000 {
        races.clear();
        let (mut memory, mut all) = (Memory::new(), Vec::<Earlier>::new());
        for step in 0..30 {
            let thread = ThreadId(1 + random.below(3) as u32);
            let object = Object(1 + random.below(2) as u64);
            let address = 500 + random.below(40) as u64;
            let size = 1 + random.below(24) as u64;
            let end = address + size;
            let touch = Touch {
                thread,
                step,
                place: step * 3,
                writes: random.chance(1, 8),
                atomic: random.chance(1, 3),
                frees: false,
            };
            let knows = match random.below(10) {
                0..3 => {
                    memory.release(thread, object);
                    continue;
                }
                3..6 => {
                    memory.acquire(thread, object);
                    continue;
                }
                6 => {
                    races.forget(address, size);
                    all.retain(|it| !(address..end).contains(&it.byte));
                    continue;
                }
                _ => memory.knows(thread),
            };
            let conflicts = |it: &&Earlier| {
                (address..end).contains(&it.byte)
                    && (it.touch.writes || touch.writes)
                    && !(it.touch.atomic && touch.atomic)
                    && knows
                        .get(it.touch.thread.0 as usize)
                        .is_none_or(|known| *known < it.number)
            };
            let expected: Vec<Touch> = all.iter().filter(conflicts).map(|it| it.touch).collect();
            let found = races.access(address, size, touch, knows);
            assert_eq!(found.is_some(), !expected.is_empty());
            if let Some(found) = found {
                assert!(expected.contains(&found.first) && found.second == touch);
                raced += 1;
                break;
            }
            let number = knows[thread.0 as usize];
            all.extend((address..end).map(|byte| Earlier {
                byte,
                number,
                touch,
            }));
        }
    }
    assert!((500..1_900).contains(&raced), "{raced} of them raced");
}
