//# title: a method calls another that locks the same field
//# threads: T2
use std::sync::{Arc, Mutex};
use std::thread;

struct Account {
    balance: Mutex<i64>,
}

impl Account {
    fn add(&self, n: i64) {
        *self.balance.lock().unwrap() += n; //@ stuck
    }
    fn add_twice(&self, n: i64) {
        let _whole = self.balance.lock().unwrap();
        self.add(n);
        self.add(n);
    }
}

let account = Arc::new(Account { balance: Mutex::new(0) });
let teller = Arc::clone(&account);
thread::spawn(move || teller.add_twice(5)).join().unwrap();
