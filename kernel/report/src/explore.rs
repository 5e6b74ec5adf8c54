//! What `:explore` found: the ways in which a program can end, and the run that fails, step by
//! step.
//!
//! The model is a public contract, `application/vnd.fearless.explore+json`; text and HTML are drawn
//! from it alone.

mod around;
mod attempts;
mod cause;
mod handover;
mod holds;
mod html;
mod looks;
mod model;
mod notified;
mod stale;
mod stuck;
mod text;
mod words;

pub use html::html;
pub use model::{
    COUNT_OF, Exploration, ExploredStep, Failure, FailureKind, OutcomeCount, PassingRun,
    RunOutcome, StepAt, StepThread, Verdict,
};
pub use text::text;
