//! Which interleaving next: the search for the order that fails, without a program.
//!
//! Who controls a program asks a [`Run`] at each step who goes on; the run asks a [`Strategy`] and
//! writes a [`Trace`]. A trace holds its [`Schedule`], which is text as a [`Token`], and comes
//! again with [`Replay`]. Nothing here knows threads, memory or processes: a program is whoever
//! asks.
//!
//! - At random, and guided by what earlier runs did: [`Guided`], in the ways of [`Heuristic`].
//! - All orders that differ, which is a proof where none fails: [`Exhaustive`].
//! - A failure made small, and the nearest run that passes: [`Minimiser`].
//! - What memory allows, as choices of the run: [`Memory`]; what no order keeps apart: [`Races`].
//!
//! All of it is deterministic: a seed repeats a search. What is said of a search is said carefully:
//! [`Coverage`] claims nothing after a run that was cut, that did not repeat itself, or whose
//! loops count their turns.
//!
//! ```
//! use explore::{End, Object, Operation, Pending, RandomWalk, Run, Strategy, ThreadId, Trace};
//!
//! // Two threads add one to `n`, each with a load and a store: an update may be lost.
//! let n = Object(1);
//! let (mut strategy, mut trace, mut lost) = (RandomWalk::new(1), Trace::default(), 0);
//! for _ in 0..100 {
//!     let (mut memory, mut seen, mut at) = (0, [0; 2], [0; 2]);
//!     let mut run = Run::new(&mut strategy, trace, 100);
//!     while at != [2, 2] {
//!         let next = (0..2).filter(|thread| at[*thread] < 2).map(|thread| {
//!             let id = ThreadId(thread as u32 + 1);
//!             match at[thread] {
//!                 0 => Pending::reading(id, Operation::Load, n),
//!                 _ => Pending::writing(id, Operation::Store, n),
//!             }
//!         });
//!         let options: Vec<Pending> = next.collect();
//!         let chosen = options[run.thread(&options).unwrap()];
//!         let thread = chosen.thread.0 as usize - 1;
//!         match chosen.operation {
//!             Operation::Load => seen[thread] = memory,
//!             _ => memory = seen[thread] + 1,
//!         }
//!         at[thread] += 1;
//!     }
//!     lost += u32::from(memory == 1);
//!     trace = run.finish(End::Finished, &[]);
//!     strategy.end_run(&trace);
//! }
//! assert!(lost > 0);
//! ```

#![forbid(unsafe_code)]

mod exhaustive;
mod memory;
mod minimise;
mod point;
mod race;
mod random;
mod run;
mod schedule;
mod spin;
mod strategy;
mod token;
mod trace;

pub use exhaustive::{Bounded, Coverage, Exhaustive, Reduced};
pub use memory::{Access, Memory, Seen};
pub use minimise::Minimiser;
pub use point::{Alternatives, Object, Operation, Pending, Point, ThreadId, Visible};
pub use race::{Race, Races, Touch};
pub use random::Random;
pub use run::Run;
pub use schedule::{Cause, Divergence, Schedule};
pub use strategy::{Guided, Heuristic, Lanes, RandomWalk, Replay, Strategy, UnknownHeuristic};
pub use token::{Token, TokenError};
pub use trace::{Datum, Effect, End, Order, Spinning, Step, Trace};
