//! The benchmark programs of the field (SCTBench and others), as abstract programs of our own.

use crate::program::*;

/// A program with a mistake, and how many runs the best published search needs to find it.
pub struct Benchmark {
    pub name: &'static str,
    pub published: f64,
    pub program: Program,
}

fn guarded(mutex: i64, code: Code) -> Code {
    let mut all = vec![lock(mutex)];
    all.extend(code);
    all.push(unlock(mutex));
    all
}

/// Adds to a variable with a load and a store.
fn raise(variable: i64, by: i64) -> Code {
    vec![
        load(0, variable),
        store(variable, e(move |all| all[0] + by)),
    ]
}

fn account() -> Program {
    let change = |by, flag| {
        let mut code = raise(0, by);
        code.push(store(flag, c(1)));
        guarded(0, code)
    };
    let verify = guarded(
        0,
        vec![
            load(0, 1),
            load(1, 2),
            load(2, 0),
            check(|all| all[0] == 0 || all[1] == 0 || all[2] == 3),
        ],
    );
    Program::with_main(vec![change(2, 1), change(-4, 2), verify], vec![])
}

/// 0: stopping, 1: pending (one less), 2: event, 3: stopped.
fn bluetooth() -> Program {
    let release = || {
        vec![
            lock(0),
            load(0, 1),
            store(1, e(|all| all[0] - 1)),
            unlock(0),
            load(1, 1),
            when(|all| all[1] == -1, vec![store(2, c(1))]),
        ]
    };
    let mut add = vec![
        load(2, 0),
        when(
            |all| all[2] == 0,
            vec![
                lock(0),
                load(0, 1),
                store(1, e(|all| all[0] + 1)),
                unlock(0),
                load(3, 3),
                check(|all| all[3] == 0),
            ],
        ),
    ];
    add.extend(release());
    let mut stop = vec![store(0, c(1))];
    stop.extend(release());
    stop.extend([load(4, 2), when(|all| all[4] == 1, vec![store(3, c(1))])]);
    Program::with_main(vec![stop, add], vec![])
}

fn carter() -> Program {
    let class = |variable: i64| {
        let mut code = vec![lock(0)];
        code.extend(raise(variable, 1));
        code.extend([when(|all| all[0] == 0, vec![lock(1)]), unlock(0), lock(0)]);
        code.extend(raise(variable, -1));
        code.extend([when(|all| all[0] == 1, vec![unlock(1)]), unlock(0)]);
        code
    };
    Program::with_main(vec![class(0), class(1), vec![], vec![]], vec![])
}

/// 0: may be sent, 1: may be received, 2: the slot.
fn circular_buffer() -> Program {
    let send = guarded(
        0,
        vec![
            load(0, 1),
            when(|all| all[0] == 0, vec![store(2, r(5)), store(1, c(1))]),
        ],
    );
    let receive = guarded(
        0,
        vec![
            load(0, 1),
            when(
                |all| all[0] == 1,
                vec![load(1, 2), check(|all| all[1] == all[5]), store(1, c(0))],
            ),
        ],
    );
    Program::with_main(
        vec![vec![times(5, 7, send)], vec![times(5, 7, receive)]],
        vec![],
    )
}

fn deadlock() -> Program {
    let one = |first, second| {
        let mut code = vec![lock(first), lock(second)];
        code.extend(raise(0, 1));
        code.extend([unlock(second), unlock(first)]);
        code
    };
    Program::with_main(vec![one(0, 1), one(1, 0)], vec![])
}

fn lazy() -> Program {
    let verify = guarded(0, vec![load(0, 0), check(|all| all[0] < 3)]);
    let threads = vec![guarded(0, raise(0, 1)), guarded(0, raise(0, 2)), verify];
    Program::with_main(threads, vec![])
}

/// 0: how many lie there, 1: something was pushed.
fn stack() -> Program {
    let mut pushed = raise(0, 1);
    pushed.push(store(1, c(1)));
    let push = guarded(0, pushed);
    let pop = guarded(
        0,
        vec![
            load(1, 1),
            when(
                |all| all[1] == 1,
                vec![
                    load(0, 0),
                    check(|all| all[0] > 0),
                    store(0, e(|all| all[0] - 1)),
                ],
            ),
        ],
    );
    Program::with_main(
        vec![vec![times(5, 10, push)], vec![times(5, 10, pop)]],
        vec![],
    )
}

/// 1, 2, 3: the ring; 4, 5, 6: who is done.
fn token_ring() -> Program {
    let pass = |from, to, by: i64| {
        let step = vec![
            load(0, from),
            store(to, e(move |all| (all[0] + by) % 4)),
            store(to + 3, c(1)),
        ];
        guarded(0, step)
    };
    let mut verify: Code = (1..=6).map(|at| load(at as usize, at)).collect();
    verify.push(check(|all| {
        all[4] + all[5] + all[6] < 3 || (all[1] == all[2] && all[2] == all[3])
    }));
    let threads = vec![
        pass(3, 1, 1),
        pass(1, 2, 0),
        pass(2, 3, 0),
        guarded(0, verify),
    ];
    Program::with_main(threads, vec![])
}

/// So many threads, one of which looks.
fn twostage(threads: usize) -> Program {
    let writer = || {
        let mut code = guarded(0, vec![store(0, c(1))]);
        code.extend(guarded(1, vec![load(0, 0), store(1, e(|all| all[0] + 1))]));
        code
    };
    let reader = vec![
        lock(0),
        load(0, 0),
        either(
            |all| all[0] == 0,
            vec![unlock(0)],
            vec![
                unlock(0),
                lock(1),
                load(1, 1),
                unlock(1),
                check(|all| all[1] == all[0] + 1),
            ],
        ),
    ];
    let mut all: Vec<Code> = (1..threads).map(|_| writer()).collect();
    all.push(reader);
    Program::with_main(all, vec![]).alike(threads - 1)
}

fn reorder(threads: usize) -> Program {
    let mut all: Vec<Code> = (1..threads)
        .map(|_| vec![store(0, c(1)), store(1, c(-1))])
        .collect();
    all.push(vec![
        load(0, 0),
        load(1, 1),
        check(|all| (all[0], all[1]) == (0, 0) || (all[0], all[1]) == (1, -1)),
    ]);
    Program::with_main(all, vec![]).alike(threads - 1)
}

fn wronglock(wrong: usize) -> Program {
    let right = guarded(
        0,
        vec![
            load(0, 0),
            store(0, e(|all| all[0] + 1)),
            load(1, 0),
            check(|all| all[1] == all[0] + 1),
        ],
    );
    let mut all = vec![right];
    all.extend((0..wrong).map(|_| guarded(1, raise(0, 1))));
    Program::with_main(all, vec![])
}

/// 0: the length.
fn stringbuffer() -> Program {
    let append = vec![
        lock(0),
        load(0, 0),
        unlock(0),
        lock(0),
        load(1, 0),
        check(|all| all[1] >= all[0]),
        unlock(0),
    ];
    let erase = vec![
        lock(0),
        store(0, c(3)),
        unlock(0),
        lock(0),
        store(0, c(0)),
        unlock(0),
    ];
    Program::with_main(vec![append, erase], vec![])
}

/// One condition variable for both sides, an `if` for a `while`. 0: how many lie there.
fn bounded_buffer() -> Program {
    let put = || {
        let one = vec![
            lock(0),
            load(0, 0),
            when(|all| all[0] == 1, vec![wait(0, 0)]),
            load(0, 0),
            check(|all| all[0] == 0),
            store(0, c(1)),
            notify_one(0),
            unlock(0),
        ];
        vec![times(5, 2, one)]
    };
    let get = || {
        let one = vec![
            lock(0),
            load(0, 0),
            when(|all| all[0] == 0, vec![wait(0, 0)]),
            load(0, 0),
            check(|all| all[0] == 1),
            store(0, c(0)),
            notify_one(0),
            unlock(0),
        ];
        vec![times(5, 2, one)]
    };
    Program::with_main(vec![put(), put(), get(), get()], vec![])
}

/// 0: top, 1: bottom, 2: how often the last item was taken. Takers forget to compare.
fn work_stealing() -> Program {
    let steal = || {
        vec![
            load(0, 0),
            load(1, 1),
            when(
                |all| all[0] < all[1],
                vec![store(0, e(|all| all[0] + 1)), add(2, 2, 1)],
            ),
        ]
    };
    let owner = vec![
        store(1, c(1)),
        load(1, 1),
        store(1, e(|all| all[1] - 1)),
        load(0, 0),
        when(|all| all[0] < all[1], vec![add(2, 2, 1)]),
    ];
    let after = vec![load(0, 2), check(|all| all[0] <= 1)];
    Program::with_main(vec![owner, steal(), steal()], after)
}

/// Vyukov's stack: 0: head, 1: count, 2 to 4: next, 5 to 7: values.
fn safe_stack() -> Program {
    let next = |register: usize| e(move |all| 2 + all[register]);
    let pop = vec![
        set(6, c(-1)),
        while_after(
            vec![load(0, 1)],
            |all| all[6] < 0 && all[0] > 1,
            vec![
                load(1, 0),
                swap_at(2, next(1), c(-1)),
                when(
                    |all| all[2] >= 0,
                    vec![
                        exchange(3, 0, r(1), r(2)),
                        either(
                            |all| all[3] == 1,
                            vec![add(4, 1, -1), set(6, r(1))],
                            vec![swap_at(4, next(1), r(2))],
                        ),
                    ],
                ),
            ],
        ),
    ];
    let push = vec![
        load(1, 0),
        store_at(next(6), r(1)),
        exchange(3, 0, r(1), r(6)),
        while_after(
            vec![],
            |all| all[3] == 0,
            vec![
                load(1, 0),
                store_at(next(6), r(1)),
                exchange(3, 0, r(1), r(6)),
            ],
        ),
        add(4, 1, 1),
    ];
    let thread = |id: i64| {
        let mut once = pop.clone();
        let mut held = vec![
            store_at(e(|all| 5 + all[6]), c(id)),
            load_at(7, e(|all| 5 + all[6])),
            check(move |all| all[7] == id),
        ];
        held.extend(push.clone());
        once.push(when(|all| all[6] >= 0, held));
        vec![times(5, 3, once)]
    };
    let mut program = Program::with_main(vec![thread(1), thread(2), thread(3)], vec![]);
    program.initial = vec![(1, 3), (2, 1), (3, 2), (4, -1)];
    program
}

pub fn all() -> Vec<Benchmark> {
    let all = [
        ("account", 3.0, account()),
        ("bluetooth driver", 22.0, bluetooth()),
        ("carter01", 1.0, carter()),
        ("circular buffer", 1.0, circular_buffer()),
        ("deadlock01", 2.0, deadlock()),
        ("lazy01", 2.0, lazy()),
        ("stack", 1.0, stack()),
        ("token ring", 3.5, token_ring()),
        ("twostage", 5.0, twostage(2)),
        ("twostage_20", 5.0, twostage(20)),
        ("twostage_50", 16.5, twostage(50)),
        ("twostage_100", 25.0, twostage(100)),
        ("reorder_3", 4.5, reorder(3)),
        ("reorder_5", 5.0, reorder(5)),
        ("reorder_10", 5.0, reorder(10)),
        ("reorder_20", 4.0, reorder(20)),
        ("reorder_50", 5.0, reorder(50)),
        ("reorder_100", 5.0, reorder(100)),
        ("wronglock", 1.0, wronglock(1)),
        ("wronglock_3", 1.0, wronglock(3)),
        ("stringbuffer", 5.0, stringbuffer()),
        ("bounded buffer", 4.5, bounded_buffer()),
        ("work stealing", 1.0, work_stealing()),
    ];
    let benchmark = |(name, published, program)| Benchmark {
        name,
        published,
        program,
    };
    all.map(benchmark).into()
}

pub fn hardest() -> Benchmark {
    Benchmark {
        name: "safe stack",
        published: 300_000.0,
        program: safe_stack(),
    }
}
