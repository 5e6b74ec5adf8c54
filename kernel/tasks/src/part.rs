//! Futures that are a part of something that tasks wait for.

use std::future::Future;
use std::pin::Pin;
use std::probe::tasks::TaskWait;
use std::task::{Context, Poll};

use crate::within::Asking;

/// A future that is a part of something that tasks wait for.
#[derive(Debug)]
pub struct PartOf<F> {
    whole: TaskWait,
    inner: F,
}

impl<F: Future> PartOf<F> {
    /// Polling `inner` is asking for `whole`.
    pub(crate) fn new(inner: F, whole: TaskWait) -> PartOf<F> {
        PartOf { whole, inner }
    }
}

impl<F: Future> Future for PartOf<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let asking = Asking::new(self.whole);
        // SAFETY: the future is pinned with what it stands in: nothing moves it from there, and
        // what stands in it is `Unpin` by what the compiler infers alone.
        let inner = unsafe { self.map_unchecked_mut(|it| &mut it.inner) };
        let result = inner.poll(context);
        if result.is_pending() {
            asking.waits();
        }
        result
    }
}
