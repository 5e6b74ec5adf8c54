//# title: the only senders lie in statics, a leaked box and a thread local
//# stdout: [1, 2, 3, 4]
use std::cell::RefCell;
use std::sync::mpsc::{self, Sender};
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::Duration;

static FOR_GOOD: OnceLock<Sender<u32>> = OnceLock::new();
static FOR_ONE: Mutex<Option<Sender<u32>>> = Mutex::new(None);
struct LastWord(Sender<u32>);
impl Drop for LastWord {
    fn drop(&mut self) {
        thread::sleep(Duration::from_millis(300));
        self.0.send(4).unwrap();
    }
}
thread_local! {
    static LAST_WORD: RefCell<Option<LastWord>> = const { RefCell::new(None) };
}
{
    let (tx, rx) = mpsc::channel();
    let leaked: &'static Sender<u32> = Box::leak(Box::new(tx.clone()));
    FOR_GOOD.set(tx.clone()).unwrap();
    *FOR_ONE.lock().unwrap() = Some(tx.clone());
    thread::spawn(move || {
        LAST_WORD.set(Some(LastWord(tx)));
        thread::sleep(Duration::from_millis(300));
        FOR_GOOD.get().unwrap().send(1).unwrap();
        FOR_ONE.lock().unwrap().take().unwrap().send(2).unwrap();
        leaked.send(3).unwrap();
    });
    println!("{:?}", rx.iter().take(4).collect::<Vec<_>>());
}
