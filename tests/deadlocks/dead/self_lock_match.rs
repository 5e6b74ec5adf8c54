//# title: the guard in a match scrutinee lives to the end of the match
//# threads: T1
//# objects: stock
use std::sync::Mutex;

fn restock(stock: &Mutex<u32>) {
    match *stock.lock().unwrap() {
        0 => *stock.lock().unwrap() = 10, //@ stuck
        n => println!("{n} left"),
    }
}
{
    let stock = Mutex::new(0);
    restock(&stock);
}
