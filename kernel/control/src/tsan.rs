//! What the compiler's instrumentation calls: before each function, and instead of each atomic
//! operation.
//!
//! The program is compiled with `-Zsanitizer=thread`, and no sanitizer is linked to it: these
//! functions are what it finds. All of the interface is here, since one missing function keeps the
//! program from being loaded. An atomic operation of the program is a point at which it is decided
//! who goes on. Plain accesses are not.

mod atomics;
mod plain;

use std::ffi::{c_int, c_void};

use explore::{Object, Operation, Order};

use crate::{local, places, scheduler};

/// An atomic operation at `address` is about to happen. Whether it is one of the program's, which
/// got its turn.
fn atomic_point(operation: Operation, address: usize, writes: bool, order: c_int) -> bool {
    if !scheduler::decides() || places::is_own(address) {
        return false;
    }
    let Some(site) = places::of_caller() else {
        return false;
    };
    let object = scheduler::variable(address);
    let objects = (object, total_order(order));
    scheduler::point(operation, objects, writes, site);
    local::begin_atomic(
        site.exact,
        is_update(operation) && order_of(order) == Order::SeqCst,
    );
    true
}

/// Whether an operation reads and writes in one.
fn is_update(operation: Operation) -> bool {
    use Operation::{CompareExchange, ReadModifyWrite};
    matches!(operation, ReadModifyWrite | CompareExchange)
}

/// What a sequentially consistent operation changes besides, where others are weaker.
fn total_order(order: c_int) -> Object {
    if order_of(order) == Order::SeqCst && scheduler::is_weak() {
        Object::TOTAL_ORDER
    } else {
        Object::NONE
    }
}

/// The order of a number.
fn order_of(number: c_int) -> Order {
    Order::from_number(number as u8).unwrap_or(Order::SeqCst)
}

/// What came of it.
fn observed(order: c_int, read: Option<u64>, written: Option<u64>, failed: bool) {
    scheduler::observed(|effect| {
        effect.read = read;
        effect.written = written;
        effect.order = Some(order_of(order));
        effect.failed = failed;
    });
}

#[unsafe(export_name = "__tsan_atomic_thread_fence")]
extern "C" fn fence(order: c_int) {
    std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
    if scheduler::decides()
        && let Some(site) = places::of_caller()
    {
        let objects = (Object::NONE, total_order(order));
        scheduler::point(Operation::Fence, objects, false, site);
        scheduler::fence(order_of(order));
        scheduler::observed(|effect| effect.order = Some(order_of(order)));
    }
}

#[unsafe(export_name = "__tsan_atomic_signal_fence")]
extern "C" fn signal_fence(order: c_int) {
    std::sync::atomic::compiler_fence(std::sync::atomic::Ordering::SeqCst);
    // On x86 a read-modify-write is a full barrier. The language says less, so who relies on that
    // keeps the compiler from moving anything past it (crossbeam-epoch does).
    if cfg!(target_arch = "x86_64")
        && order_of(order) == Order::SeqCst
        && scheduler::decides()
        && local::is_behind_barrier()
    {
        scheduler::fence(Order::SeqCst);
    }
}

#[unsafe(export_name = "__tsan_func_entry")]
extern "C" fn function_entry(caller: *const c_void) {
    local::enter(caller as usize);
}

#[unsafe(export_name = "__tsan_func_exit")]
extern "C" fn function_exit() {
    local::exit();
}

#[unsafe(export_name = "__tsan_init")]
extern "C" fn init() {}

#[unsafe(export_name = "__tsan_ignore_thread_begin")]
extern "C" fn ignore_begin() {}

#[unsafe(export_name = "__tsan_ignore_thread_end")]
extern "C" fn ignore_end() {}
