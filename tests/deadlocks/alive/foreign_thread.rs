//# title: a thread that pthread_create made acts after everyone else is blocked
//# stdout: done 5
use std::ffi::c_void;
use std::sync::mpsc::{self, Sender};

mod c {
    use std::ffi::c_void;
    unsafe extern "C" {
        pub fn usleep(microseconds: u32) -> i32;
        pub fn pthread_create(
            thread: *mut usize,
            attributes: *const c_void,
            start: extern "C" fn(*mut c_void) -> *mut c_void,
            argument: *mut c_void,
        ) -> i32;
    }
}

extern "C" fn late(argument: *mut c_void) -> *mut c_void {
    // SAFETY: the argument is the box that the cell leaked for this one thread.
    let tx = unsafe { Box::from_raw(argument.cast::<Sender<u32>>()) };
    // SAFETY: usleep takes any number and touches no memory of ours.
    unsafe { c::usleep(700_000) };
    tx.send(5).unwrap();
    std::ptr::null_mut()
}
{
    let (tx, rx) = mpsc::channel::<u32>();
    let argument = Box::into_raw(Box::new(tx)).cast();
    let mut thread = 0usize;
    // SAFETY: pthread_t is a usize here; `late` takes the box over.
    assert_eq!(unsafe { c::pthread_create(&mut thread, std::ptr::null(), late, argument) }, 0);
    println!("done {}", rx.recv().unwrap());
}
