//! Futures that are tasks.

use std::future::Future;
use std::pin::Pin;
use std::probe::tasks::{self, PollOutcome, Polling};
use std::task::{Context, Poll};

use crate::span::Span;

/// Makes a future the one that a span is of.
pub trait Instrument: Sized {
    /// The future, which is recorded as the span's task.
    fn instrument(self, span: Span) -> Instrumented<Self> {
        Instrumented { span, inner: self }
    }
}

impl<F> Instrument for F {}

/// A future that is recorded as a task: each poll, and its end.
#[derive(Debug)]
pub struct Instrumented<F> {
    span: Span,
    inner: F,
}

impl<F> Instrumented<F> {
    /// Which task it is.
    pub fn span(&self) -> &Span {
        &self.span
    }
}

// What is generic is compiled with the program, which need not be optimised: it is kept short.
impl<F: Future> Future for Instrumented<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY: the future is pinned with what it stands in: nothing moves it from there, not
        // even `drop`, and what stands in it is `Unpin` by what the compiler infers alone.
        let this = unsafe { self.get_unchecked_mut() };
        let poll = OnePoll::begin(&this.span, context);
        // SAFETY: as above.
        let result = unsafe { Pin::new_unchecked(&mut this.inner) }.poll(context);
        poll.ends(matches!(result, Poll::Pending));
        result
    }
}

impl<F> Drop for Instrumented<F> {
    fn drop(&mut self) {
        if let Some(task) = self.span.task() {
            tasks::drop_task(task);
        }
    }
}

/// A poll that goes on, if it is recorded. Ends by a panic unless it is told how.
struct OnePoll(Option<Polling>);

impl OnePoll {
    #[inline(never)]
    fn begin(span: &Span, context: &Context<'_>) -> OnePoll {
        let waker = context.waker().data().addr();
        let polling = span.task().and_then(|task| tasks::begin_poll(task, waker));
        OnePoll(polling)
    }

    /// Takes it by value, so that nothing is left to be dropped where it is called.
    #[inline(never)]
    fn ends(mut self, is_pending: bool) {
        self.end(match is_pending {
            true => PollOutcome::Pending,
            false => PollOutcome::Ready,
        });
    }

    fn end(&mut self, outcome: PollOutcome) {
        if let Some(polling) = self.0.take() {
            tasks::end_poll(polling, outcome);
        }
    }
}

impl Drop for OnePoll {
    #[inline]
    fn drop(&mut self) {
        self.end(PollOutcome::Panicked);
    }
}
