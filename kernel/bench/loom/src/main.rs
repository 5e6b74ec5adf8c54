//! Prints how many executions a second loom does of the program of `../explore --rate`; with the
//! name of a small program of `tests/explore`, at which execution it finds its mistake. All in
//! loom's own words.

use std::sync::atomic::{AtomicUsize as Count, Ordering::Relaxed};
use std::time::Instant;

use loom::sync::atomic::{AtomicI32, AtomicUsize, Ordering::SeqCst};
use loom::sync::{Arc, Mutex};
use loom::thread;

type Program = (&'static str, fn());

/// The programs, and what says how many executions there were.
const PROGRAMS: [Program; 4] = [
    ("account", account),
    ("deadlock01", deadlock),
    ("lazy01", lazy),
    ("reorder_3", reorder),
];
static EXECUTIONS: Count = Count::new(0);

fn main() {
    if let Some(name) = std::env::args().nth(1) {
        let chosen = PROGRAMS.into_iter().find(|(known, _)| *known == name);
        let (_, program) = chosen.expect("one of the programs below");
        // loom can't go on after a deadlock.
        std::panic::set_hook(Box::new(move |_| {
            println!("{name}: fails at execution {}", EXECUTIONS.load(Relaxed));
            std::process::exit(0)
        }));
        explore(program);
        return;
    }
    // It goes through all executions, which are few, and then begins anew.
    const ENOUGH: usize = 20_000;
    let start = Instant::now();
    while EXECUTIONS.load(Relaxed) < ENOUGH {
        explore(load_and_store);
    }
    let all = EXECUTIONS.load(Relaxed);
    println!("{:.0}", all as f64 / start.elapsed().as_secs_f64());
}

fn explore(program: fn()) {
    loom::model(move || {
        EXECUTIONS.fetch_add(1, Relaxed);
        program();
    });
}

fn wait_for(threads: Vec<thread::JoinHandle<()>>) {
    for thread in threads {
        thread.join().unwrap();
    }
}

fn load_and_store() {
    let n = Arc::new(AtomicUsize::new(0));
    let body = |n: Arc<AtomicUsize>| {
        move || {
            let seen = n.load(SeqCst);
            n.store(seen + 1, SeqCst);
        }
    };
    wait_for((0..2).map(|_| thread::spawn(body(n.clone()))).collect());
}

fn account() {
    struct Account {
        balance: i64,
        paid: (bool, bool),
    }
    let account = Arc::new(Mutex::new(Account {
        balance: 1,
        paid: (false, false),
    }));
    let (first, second, third) = (account.clone(), account.clone(), account);
    wait_for(vec![
        thread::spawn(move || {
            let mut account = first.lock().unwrap();
            account.balance += 2;
            account.paid.0 = true;
        }),
        thread::spawn(move || {
            let mut account = second.lock().unwrap();
            account.balance -= 4;
            account.paid.1 = true;
        }),
        thread::spawn(move || {
            let account = third.lock().unwrap();
            if account.paid == (true, true) {
                assert_eq!(account.balance, 3);
            }
        }),
    ]);
}

fn deadlock() {
    let (a, b) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
    let both = |first: Arc<Mutex<i32>>, second: Arc<Mutex<i32>>| {
        move || {
            let mut first = first.lock().unwrap();
            let mut second = second.lock().unwrap();
            *first += 1;
            *second += 1;
        }
    };
    wait_for(vec![
        thread::spawn(both(a.clone(), b.clone())),
        thread::spawn(both(b, a)),
    ]);
}

fn lazy() {
    let data = Arc::new(Mutex::new(0));
    let add = |by: i32, data: Arc<Mutex<i32>>| move || *data.lock().unwrap() += by;
    let (first, second) = (data.clone(), data.clone());
    wait_for(vec![
        thread::spawn(add(1, first)),
        thread::spawn(add(2, second)),
        thread::spawn(move || assert!(*data.lock().unwrap() <= 2)),
    ]);
}

fn reorder() {
    let (a, b) = (Arc::new(AtomicI32::new(0)), Arc::new(AtomicI32::new(0)));
    let set = |a: Arc<AtomicI32>, b: Arc<AtomicI32>| {
        move || {
            a.store(1, SeqCst);
            b.store(-1, SeqCst);
        }
    };
    wait_for(vec![
        thread::spawn(set(a.clone(), b.clone())),
        thread::spawn(set(a.clone(), b.clone())),
        thread::spawn(move || {
            let seen = (a.load(SeqCst), b.load(SeqCst));
            assert!(seen == (0, 0) || seen == (1, -1), "{seen:?}");
        }),
    ]);
}
