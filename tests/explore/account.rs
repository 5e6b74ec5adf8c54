//! Two threads change an account, a third one looks when both are done: what it expects is wrong.

use std::sync::Mutex;
use std::thread;

const MENDED: bool = false;

struct Account {
    balance: i64,
    paid_in: bool,
    paid_out: bool,
}

fn main() {
    let account = Mutex::new(Account {
        balance: 1,
        paid_in: false,
        paid_out: false,
    });
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut account = account.lock().unwrap();
            account.balance += 2;
            account.paid_in = true;
        });
        scope.spawn(|| {
            let mut account = account.lock().unwrap();
            account.balance -= 4;
            account.paid_out = true;
        });
        scope.spawn(|| {
            let account = account.lock().unwrap();
            if account.paid_in && account.paid_out {
                assert_eq!(account.balance, if MENDED { -1 } else { 3 });
            }
        });
    });
}
