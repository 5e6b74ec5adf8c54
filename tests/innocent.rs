//# Ordinary programs, each a cell: none may be accused of anything. See `test_findings.py`.
//# program: pool condvar
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;
struct Pool {
    jobs: Mutex<(VecDeque<Box<dyn FnOnce() + Send>>, bool)>,
    ready: Condvar,
}
{
    let pool = Arc::new(Pool {
        jobs: Mutex::new((VecDeque::new(), false)),
        ready: Condvar::new(),
    });
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let p = pool.clone();
            thread::spawn(move || {
                loop {
                    let job = {
                        let mut g = p.jobs.lock().unwrap();
                        loop {
                            if let Some(j) = g.0.pop_front() {
                                break Some(j);
                            }
                            if g.1 {
                                break None;
                            }
                            g = p.ready.wait(g).unwrap();
                        }
                    };
                    match job {
                        Some(j) => j(),
                        None => break,
                    }
                }
            })
        })
        .collect();
    for i in 0..20 {
        pool.jobs.lock().unwrap().0.push_back(Box::new(move || {
            thread::sleep(Duration::from_micros(200));
            std::hint::black_box(i);
        }));
        pool.ready.notify_one();
    }
    pool.jobs.lock().unwrap().1 = true;
    pool.ready.notify_all();
    for w in workers {
        w.join().unwrap();
    }
}
//# program: pool shared receiver
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;
{
    let (tx, rx) = mpsc::channel::<u64>();
    let rx = Arc::new(Mutex::new(rx));
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let rx = rx.clone();
            thread::spawn(move || {
                loop {
                    let job = rx.lock().unwrap().recv();
                    match job {
                        Ok(n) => {
                            thread::sleep(Duration::from_micros(100 * n));
                        }
                        Err(_) => break,
                    }
                }
            })
        })
        .collect();
    for i in 0..20 {
        tx.send(i).unwrap();
    }
    drop(tx);
    for w in workers {
        w.join().unwrap();
    }
}
//# program: pipeline
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
{
    let (a, b) = mpsc::sync_channel::<u32>(4);
    let (c, d) = mpsc::sync_channel::<u32>(4);
    let t1 = thread::spawn(move || {
        for i in 0..50 {
            a.send(i).unwrap();
        }
    });
    let t2 = thread::spawn(move || {
        for i in b {
            thread::sleep(Duration::from_micros(50));
            if c.send(i * 2).is_err() {
                break;
            }
        }
    });
    let sum: u32 = d.iter().take(50).sum();
    println!("{sum}");
    t1.join().unwrap();
    t2.join().unwrap();
}
//# program: cache rwlock
use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use std::thread;
{
    let cache: Arc<RwLock<HashMap<u32, u64>>> = Default::default();
    let ts: Vec<_> = (0..4)
        .map(|t| {
            let c = cache.clone();
            thread::spawn(move || {
                for i in 0..200u32 {
                    let k = (i * 7 + t) % 50;
                    if let Some(v) = c.read().unwrap().get(&k) {
                        std::hint::black_box(v);
                        continue;
                    }
                    let v = (0..1000u64).sum();
                    c.write().unwrap().insert(k, v);
                }
            })
        })
        .collect();
    for t in ts {
        t.join().unwrap();
    }
}
//# program: lazy config
use std::sync::{LazyLock, OnceLock};
use std::thread;
static CONFIG: LazyLock<Vec<String>> = LazyLock::new(|| {
    std::thread::sleep(std::time::Duration::from_millis(2));
    vec!["a".into()]
});
static ONCE: OnceLock<u32> = OnceLock::new();
thread::scope(|s| {
    for i in 0..4 {
        s.spawn(move || {
            std::hint::black_box(&CONFIG[0]);
            ONCE.get_or_init(|| i);
        });
    }
});
//# program: stop flag
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};
use std::thread;
use std::time::Duration;
{
    let stop = Arc::new(AtomicBool::new(false));
    let n = Arc::new(AtomicU64::new(0));
    let t = {
        let (stop, n) = (stop.clone(), n.clone());
        thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                n.fetch_add(1, Ordering::Relaxed);
                thread::sleep(Duration::from_micros(100));
            }
        })
    };
    thread::sleep(Duration::from_millis(5));
    stop.store(true, Ordering::Relaxed);
    t.join().unwrap();
}
//# program: semaphore
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;
struct Semaphore {
    n: Mutex<usize>,
    c: Condvar,
}
impl Semaphore {
    fn acquire(&self) {
        let mut n = self.n.lock().unwrap();
        while *n == 0 {
            n = self.c.wait(n).unwrap();
        }
        *n -= 1;
    }
    fn release(&self) {
        *self.n.lock().unwrap() += 1;
        self.c.notify_one();
    }
}
{
    let s = Arc::new(Semaphore {
        n: Mutex::new(2),
        c: Condvar::new(),
    });
    let ts: Vec<_> = (0..6)
        .map(|_| {
            let s = s.clone();
            thread::spawn(move || {
                s.acquire();
                thread::sleep(Duration::from_millis(1));
                s.release();
            })
        })
        .collect();
    for t in ts {
        t.join().unwrap();
    }
}
//# program: barrier phases
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
{
    let b = Arc::new(Barrier::new(3));
    let grid = Arc::new(Mutex::new([0u64; 3]));
    let ts: Vec<_> = (0..3)
        .map(|i| {
            let (b, g) = (b.clone(), grid.clone());
            thread::spawn(move || {
                for _ in 0..10 {
                    g.lock().unwrap()[i] += 1;
                    b.wait();
                    let s: u64 = g.lock().unwrap().iter().sum();
                    std::hint::black_box(s);
                    b.wait();
                }
            })
        })
        .collect();
    for t in ts {
        t.join().unwrap();
    }
}
//# program: bank ordered
use std::sync::{Arc, Mutex};
use std::thread;
{
    let accounts: Arc<Vec<Mutex<i64>>> = Arc::new((0..5).map(|_| Mutex::new(100)).collect());
    let ts: Vec<_> = (0..4u64)
        .map(|t| {
            let a = accounts.clone();
            thread::spawn(move || {
                let mut r = t + 1;
                for _ in 0..200 {
                    r = r.wrapping_mul(6364136223846793005) % 1000003;
                    let (i, j) = ((r % 5) as usize, (r / 5 % 5) as usize);
                    if i == j {
                        continue;
                    }
                    let (lo, hi) = (i.min(j), i.max(j));
                    let mut x = a[lo].lock().unwrap();
                    let mut y = a[hi].lock().unwrap();
                    *x -= 1;
                    *y += 1;
                }
            })
        })
        .collect();
    for t in ts {
        t.join().unwrap();
    }
    println!(
        "{}",
        accounts.iter().map(|a| *a.lock().unwrap()).sum::<i64>()
    );
}
//# program: logger thread
use std::sync::mpsc;
use std::thread;
{
    enum Msg {
        Line(String),
        Quit,
    }
    let (tx, rx) = mpsc::channel();
    let logger = thread::spawn(move || {
        let mut n = 0;
        while let Ok(m) = rx.recv() {
            match m {
                Msg::Line(l) => n += l.len(),
                Msg::Quit => break,
            }
        }
        n
    });
    let ts: Vec<_> = (0..3)
        .map(|i| {
            let tx = tx.clone();
            thread::spawn(move || {
                for j in 0..10 {
                    tx.send(Msg::Line(format!("{i} {j}"))).unwrap();
                }
            })
        })
        .collect();
    for t in ts {
        t.join().unwrap();
    }
    tx.send(Msg::Quit).unwrap();
    println!("{}", logger.join().unwrap());
}
//# program: actor reply
use std::sync::mpsc;
use std::thread;
{
    let (tx, rx) = mpsc::channel::<(u32, mpsc::Sender<u32>)>();
    let server = thread::spawn(move || {
        for (n, reply) in rx {
            reply.send(n * n).unwrap();
        }
    });
    for i in 0..5 {
        let (rtx, rrx) = mpsc::channel();
        tx.send((i, rtx)).unwrap();
        println!("{}", rrx.recv().unwrap());
    }
    drop(tx);
    server.join().unwrap();
}
//# program: ping pong park
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use std::thread;
{
    let flag = Arc::new(AtomicBool::new(false));
    let f = flag.clone();
    let t = thread::spawn(move || {
        while !f.load(Ordering::Acquire) {
            thread::park();
        }
    });
    thread::sleep(std::time::Duration::from_millis(1));
    flag.store(true, Ordering::Release);
    t.thread().unpark();
    t.join().unwrap();
}
//# program: timeout recv
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
{
    let (tx, rx) = mpsc::channel::<u32>();
    let t = thread::spawn(move || {
        for i in 0..3 {
            thread::sleep(Duration::from_millis(3));
            tx.send(i).unwrap();
        }
    });
    let mut got = 0;
    while got < 3 {
        match rx.recv_timeout(Duration::from_millis(1)) {
            Ok(_) => got += 1,
            Err(mpsc::RecvTimeoutError::Timeout) => continue,
            Err(_) => break,
        }
    }
    t.join().unwrap();
}
//# program: mutex counter batch
use std::sync::{Arc, Mutex};
use std::thread;
{
    let total = Arc::new(Mutex::new(0u64));
    let ts: Vec<_> = (0..4u64)
        .map(|t| {
            let total = total.clone();
            thread::spawn(move || {
                let local: u64 = (0..100000).map(|x| x ^ t).fold(0, |a, b| a.wrapping_add(b));
                *total.lock().unwrap() += local % 7;
            })
        })
        .collect();
    for t in ts {
        t.join().unwrap();
    }
}
//# program: condvar handshake
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
{
    let pair = Arc::new((Mutex::new(false), Condvar::new()));
    let p = pair.clone();
    let t = thread::spawn(move || {
        let (m, c) = &*p;
        *m.lock().unwrap() = true;
        c.notify_one();
    });
    let (m, c) = &*pair;
    let g = c.wait_while(m.lock().unwrap(), |r| !*r).unwrap();
    println!("{}", *g);
    drop(g);
    t.join().unwrap();
}
//# program: event bus drop
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;
{
    let subs: Arc<Mutex<Vec<mpsc::Sender<u32>>>> = Default::default();
    let rxs: Vec<_> = (0..3)
        .map(|_| {
            let (tx, rx) = mpsc::channel();
            subs.lock().unwrap().push(tx);
            rx
        })
        .collect();
    let ts: Vec<_> = rxs
        .into_iter()
        .map(|rx| thread::spawn(move || rx.iter().sum::<u32>()))
        .collect();
    for i in 0..10 {
        for s in subs.lock().unwrap().iter() {
            s.send(i).unwrap();
        }
    }
    subs.lock().unwrap().clear();
    for t in ts {
        println!("{}", t.join().unwrap());
    }
}
//# program: nested read lock
use std::sync::RwLock;
use std::thread;
{
    let m = RwLock::new(vec![1, 2, 3]);
    thread::scope(|s| {
        for _ in 0..3 {
            s.spawn(|| {
                for _ in 0..20 {
                    let a = m.read().unwrap();
                    std::hint::black_box(a.len());
                }
            });
        }
    });
}
//# program: trylock stats
use std::sync::Mutex;
use std::thread;
{
    let m = Mutex::new(0u64);
    thread::scope(|s| {
        for _ in 0..3 {
            s.spawn(|| {
                for i in 0..100 {
                    if let Ok(mut g) = m.try_lock() {
                        *g += i;
                    } else {
                        thread::yield_now();
                    }
                }
            });
        }
    });
}
//# program: matrix scope
use std::thread;
{
    let mut data = vec![0u64; 400];
    thread::scope(|s| {
        for (i, c) in data.chunks_mut(100).enumerate() {
            s.spawn(move || {
                for (j, x) in c.iter_mut().enumerate() {
                    *x = (i * j) as u64;
                }
            });
        }
    });
    println!("{}", data.iter().sum::<u64>());
}
//# program: parallel search first
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
{
    let found = AtomicBool::new(false);
    let (tx, rx) = mpsc::channel();
    thread::scope(|s| {
        for t in 0..4u64 {
            let tx = tx.clone();
            let found = &found;
            s.spawn(move || {
                for i in (t..100000).step_by(4) {
                    if found.load(Ordering::Relaxed) {
                        break;
                    }
                    if i == 54321 {
                        found.store(true, Ordering::Relaxed);
                        tx.send(i).unwrap();
                    }
                }
            });
        }
    });
    println!("{:?}", rx.try_recv());
}
//# program: double buffer
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
{
    let shared = Arc::new(Mutex::new(Vec::<u32>::new()));
    let s = shared.clone();
    let t = thread::spawn(move || {
        for i in 0..100 {
            s.lock().unwrap().push(i);
            thread::sleep(Duration::from_micros(20));
        }
    });
    let mut got = 0;
    while got < 100 {
        let batch = std::mem::take(&mut *shared.lock().unwrap());
        got += batch.len();
        thread::sleep(Duration::from_micros(300));
    }
    t.join().unwrap();
}
//# program: rate limiter lock sleep other
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
{
    let slots = Arc::new(Mutex::new(3));
    let ts: Vec<_> = (0..5)
        .map(|_| {
            let s = slots.clone();
            thread::spawn(move || {
                loop {
                    {
                        let mut n = s.lock().unwrap();
                        if *n > 0 {
                            *n -= 1;
                            break;
                        }
                    }
                    thread::sleep(Duration::from_micros(300));
                    {
                        let mut n = s.lock().unwrap();
                        *n += 1;
                    }
                }
            })
        })
        .collect();
    for t in ts {
        t.join().unwrap();
    }
}
