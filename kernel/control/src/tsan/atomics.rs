//! Atomic operations of each width.
//!
//! The values are those of the memory itself, and one thread runs at a time: all orders are as
//! strong as sequential consistency here.

use std::ffi::c_int;
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};

use explore::Operation;

use super::{atomic_point, observed, order_of};
use crate::scheduler::{self, Atomic};

macro_rules! width {
    ($module:ident, $bits:literal, $int:ty, $atomic:ty) => {
        mod $module {
            use super::*;

            /// # Safety
            ///
            /// `at` is a valid, aligned integer that lives during the operation.
            unsafe fn at<'a>(at: *mut $int) -> &'a $atomic {
                // SAFETY: the caller's promise.
                unsafe { <$atomic>::from_ptr(at) }
            }

            /// Values of so many bytes are only scheduled; whoever uses them passes on all.
            const WIDE: bool = size_of::<$int>() > size_of::<u64>();

            /// How the scheduler knows the operation.
            fn told(address: *mut $int, order: c_int, now: $int) -> Atomic {
                Atomic {
                    address: address as usize,
                    size: size_of::<$int>(),
                    order: order_of(order),
                    now: now as u64,
                }
            }

            /// What was read, and what was written.
            ///
            /// # Safety
            ///
            /// As for `at`.
            unsafe fn change(
                operation: Operation,
                address: *mut $int,
                (order, failing): (c_int, c_int),
                change: impl Fn($int) -> Option<$int>,
            ) -> ($int, Option<$int>) {
                let visible = atomic_point(operation, address as usize, true, order);
                // SAFETY: the program's own operation is at this address.
                let atomic = unsafe { at(address) };
                if !visible || WIDE {
                    if visible {
                        scheduler::pass_on(address as usize);
                    }
                    let before = atomic.fetch_update(Ordering::SeqCst, Ordering::SeqCst, &change);
                    let before = before.unwrap_or_else(|value| value);
                    return (before, change(before));
                }
                let now = told(address, order, atomic.load(Ordering::SeqCst));
                let (read, written) = scheduler::update(now, order_of(failing), |value| {
                    change(value as $int).map(|value| value as u64)
                });
                if let Some(value) = written {
                    atomic.store(value as $int, Ordering::SeqCst);
                }
                observed(order, Some(read), written, written.is_none());
                (read as $int, written.map(|value| value as $int))
            }

            /// # Safety
            ///
            /// As for `at`.
            unsafe fn modify(address: *mut $int, order: c_int, new: impl Fn($int) -> $int) -> $int {
                let (operation, orders) = (Operation::ReadModifyWrite, (order, order));
                let new = |value| Some(new(value));
                // SAFETY: the caller's promise.
                let (read, _) = unsafe { change(operation, address, orders, new) };
                read
            }

            #[unsafe(export_name = concat!("__tsan_atomic", $bits, "_load"))]
            unsafe extern "C" fn load(address: *mut $int, order: c_int) -> $int {
                let visible = atomic_point(Operation::Load, address as usize, false, order);
                // SAFETY: the program's own operation is at this address.
                let value = unsafe { at(address) }.load(Ordering::SeqCst);
                if !visible || WIDE {
                    if visible {
                        scheduler::pass_on(address as usize);
                    }
                    return value;
                }
                let seen = scheduler::load(told(address, order, value));
                observed(order, Some(seen), None, false);
                seen as $int
            }

            #[unsafe(export_name = concat!("__tsan_atomic", $bits, "_store"))]
            unsafe extern "C" fn store(address: *mut $int, value: $int, order: c_int) {
                let visible = atomic_point(Operation::Store, address as usize, true, order);
                // SAFETY: the program's own operation is at this address.
                let atomic = unsafe { at(address) };
                if visible && WIDE {
                    scheduler::pass_on(address as usize);
                } else if visible {
                    let now = atomic.load(Ordering::SeqCst);
                    scheduler::store(told(address, order, now), value as u64);
                    observed(order, None, Some(value as u64), false);
                }
                atomic.store(value, Ordering::SeqCst);
            }

            #[unsafe(export_name = concat!("__tsan_atomic", $bits, "_exchange"))]
            unsafe extern "C" fn exchange(address: *mut $int, value: $int, order: c_int) -> $int {
                // SAFETY: the program's own operation is at this address.
                unsafe { modify(address, order, |_| value) }
            }

            #[unsafe(export_name = concat!("__tsan_atomic", $bits, "_fetch_add"))]
            unsafe extern "C" fn add(address: *mut $int, value: $int, order: c_int) -> $int {
                // SAFETY: the program's own operation is at this address.
                unsafe { modify(address, order, |before| before.wrapping_add(value)) }
            }

            #[unsafe(export_name = concat!("__tsan_atomic", $bits, "_fetch_sub"))]
            unsafe extern "C" fn sub(address: *mut $int, value: $int, order: c_int) -> $int {
                // SAFETY: the program's own operation is at this address.
                unsafe { modify(address, order, |before| before.wrapping_sub(value)) }
            }

            #[unsafe(export_name = concat!("__tsan_atomic", $bits, "_fetch_and"))]
            unsafe extern "C" fn and(address: *mut $int, value: $int, order: c_int) -> $int {
                // SAFETY: the program's own operation is at this address.
                unsafe { modify(address, order, |before| before & value) }
            }

            #[unsafe(export_name = concat!("__tsan_atomic", $bits, "_fetch_or"))]
            unsafe extern "C" fn or(address: *mut $int, value: $int, order: c_int) -> $int {
                // SAFETY: the program's own operation is at this address.
                unsafe { modify(address, order, |before| before | value) }
            }

            #[unsafe(export_name = concat!("__tsan_atomic", $bits, "_fetch_xor"))]
            unsafe extern "C" fn xor(address: *mut $int, value: $int, order: c_int) -> $int {
                // SAFETY: the program's own operation is at this address.
                unsafe { modify(address, order, |before| before ^ value) }
            }

            #[unsafe(export_name = concat!("__tsan_atomic", $bits, "_fetch_nand"))]
            unsafe extern "C" fn nand(address: *mut $int, value: $int, order: c_int) -> $int {
                // SAFETY: the program's own operation is at this address.
                unsafe { modify(address, order, |before| !(before & value)) }
            }

            #[unsafe(export_name = concat!("__tsan_atomic", $bits, "_compare_exchange_val"))]
            unsafe extern "C" fn compare_exchange(
                address: *mut $int,
                expected: $int,
                value: $int,
                order: c_int,
                failure: c_int,
            ) -> $int {
                let wanted = |before| (before == expected).then_some(value);
                let operation = Operation::CompareExchange;
                // SAFETY: the program's own operation is at this address.
                let (read, _) = unsafe { change(operation, address, (order, failure), wanted) };
                read
            }

            #[unsafe(export_name = concat!("__tsan_atomic", $bits, "_compare_exchange_strong"))]
            unsafe extern "C" fn strong(
                address: *mut $int,
                expected: *mut $int,
                value: $int,
                order: c_int,
                failure: c_int,
            ) -> c_int {
                // SAFETY: the program's own operation is at these addresses.
                unsafe {
                    let wanted = *expected;
                    let before = compare_exchange(address, wanted, value, order, failure);
                    *expected = before;
                    c_int::from(before == wanted)
                }
            }

            #[unsafe(export_name = concat!("__tsan_atomic", $bits, "_compare_exchange_weak"))]
            unsafe extern "C" fn weak(
                address: *mut $int,
                expected: *mut $int,
                value: $int,
                order: c_int,
                failure: c_int,
            ) -> c_int {
                // SAFETY: as the caller has it.
                unsafe { strong(address, expected, value, order, failure) }
            }
        }
    };
}

width!(bits8, "8", u8, AtomicU8);
width!(bits16, "16", u16, AtomicU16);
width!(bits32, "32", u32, AtomicU32);
width!(bits64, "64", u64, AtomicU64);
width!(bits128, "128", u128, Wide);

/// Sixteen bytes, for which the language has no atomic type yet. Whole only where one thread runs
/// at a time, which is where programs are explored.
struct Wide(std::cell::UnsafeCell<u128>);

impl Wide {
    unsafe fn from_ptr<'a>(at: *mut u128) -> &'a Wide {
        // SAFETY: the caller's promise; both have the same layout.
        unsafe { &*at.cast() }
    }

    fn load(&self, _: Ordering) -> u128 {
        // SAFETY: one thread runs at a time.
        unsafe { self.0.get().read_volatile() }
    }

    fn store(&self, value: u128, _: Ordering) {
        // SAFETY: one thread runs at a time.
        unsafe { self.0.get().write_volatile(value) }
    }

    fn fetch_update(
        &self,
        _: Ordering,
        _: Ordering,
        change: impl Fn(u128) -> Option<u128>,
    ) -> Result<u128, u128> {
        let before = self.load(Ordering::SeqCst);
        if let Some(value) = change(before) {
            self.store(value, Ordering::SeqCst);
        }
        Ok(before)
    }
}
