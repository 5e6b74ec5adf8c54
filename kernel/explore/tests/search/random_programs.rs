//! Small random programs that use everything.

use explore::Random;

use crate::program::*;

/// A program of two to four threads that ends whatever happens; it may deadlock.
pub fn random_program(random: &mut Random) -> Program {
    let style = random.below(4);
    random_program_of(style, random)
}

/// Styles: atomics, locks, channels, condition variables.
pub fn random_program_of(style: usize, random: &mut Random) -> Program {
    let threads = 2 + random.below(3);
    let most = [5, 3, 2][threads - 2];
    let threads: Vec<Code> = (0..threads)
        .map(|_| {
            let mut code = Vec::new();
            let mut left = 1 + random.below(most);
            while left > 0 {
                left = left.saturating_sub(piece(&mut code, style, random));
            }
            code
        })
        .collect();
    if threads.len() < 4 && random.chance(1, 4) {
        return Program::with_main(threads, vec![load(0, 0)]).capacity(1);
    }
    Program::of(threads).capacity(1 + random.below(2))
}

/// Appends a piece of code; how many steps it has.
fn piece(code: &mut Code, style: usize, random: &mut Random) -> usize {
    let variable = random.below(2) as i64;
    let register = random.below(4);
    let value = 1 + random.below(3) as i64;
    let mutex = random.below(2) as i64;
    match (style, random.below(8)) {
        (_, 0 | 1) => code.push(load(register, variable)),
        (_, 2) => code.push(store(variable, e(move |all| all[register] + value))),
        (_, 3) => code.push(add(register, variable, value)),
        (0, 4) => code.push(exchange(register, variable, c(value - 1), c(value))),
        (0, _) => code.push(store(variable, c(value))),
        (1, 4 | 5) => {
            code.extend([lock(mutex), load(register, variable)]);
            code.extend([
                store(variable, e(move |all| all[register] + 1)),
                unlock(mutex),
            ]);
            return 3;
        }
        (1, 6) => {
            code.extend([
                lock(mutex),
                lock(1 - mutex),
                unlock(1 - mutex),
                unlock(mutex),
            ]);
            return 3;
        }
        (1, _) => {
            code.push(try_lock(register, mutex));
            code.push(when(move |all| all[register] == 1, vec![unlock(mutex)]));
            return 2;
        }
        (2, 4 | 5) => code.push(send(mutex as usize, c(value))),
        (2, _) => code.push(receive(register, mutex as usize)),
        (_, 4) => {
            code.extend([lock(0), load(register, 0)]);
            code.push(when(move |all| all[register] == 0, vec![wait(0, 0)]));
            code.push(unlock(0));
            return 4;
        }
        (_, 5) => code.push(notify_one(0)),
        (_, 6) => code.push(notify_all(0)),
        _ => {
            code.extend([lock(0), store(0, c(value)), notify_one(0), unlock(0)]);
            return 3;
        }
    }
    1
}
