//# title: `println!` of a value that locks to show itself, with the lock in hand
//# objects: balance
use std::fmt;
use std::sync::Mutex;

struct Account {
    balance: Mutex<i64>,
}
impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} €", self.balance.lock().unwrap()) //@ stuck
    }
}
{
    let account = Account { balance: Mutex::new(3) };
    let mut balance = account.balance.lock().unwrap();
    *balance += 1;
    println!("now {account}");
}
