// Two transfers take two locks, each in its own order.
// fails: deadlock
:dep parking_lot = "0.12"
use parking_lot::Mutex;
use std::sync::Arc;
use std::thread;

struct Account {
    balance: Mutex<i64>,
}

fn transfer(from: &Account, to: &Account, amount: i64) {
    let mut source = from.balance.lock();
    let mut target = to.balance.lock();
    *source -= amount;
    *target += amount;
}

fn main() {
    let ann = Arc::new(Account { balance: Mutex::new(100) });
    let bob = Arc::new(Account { balance: Mutex::new(100) });
    let (a, b) = (ann.clone(), bob.clone());
    let first = thread::spawn(move || transfer(&a, &b, 10));
    let (a, b) = (ann.clone(), bob.clone());
    let second = thread::spawn(move || transfer(&b, &a, 20));
    first.join().unwrap();
    second.join().unwrap();
    assert_eq!(*ann.balance.lock() + *bob.balance.lock(), 200);
}
