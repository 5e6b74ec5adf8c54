//! Searches through abstract programs: no thread runs here.

mod axioms;
mod benchmarks;
mod exhaustive;
mod figures;
mod litmus;
mod machine;
mod minimise;
mod program;
mod races;
mod random_programs;
mod replay;
mod room;
mod spinning;

/// Runs a program once under a strategy.
fn run(
    program: &program::Program,
    strategy: &mut dyn explore::Strategy,
    buffer: explore::Trace,
) -> (machine::Outcome, explore::Trace) {
    strategy.begin_run();
    let run = explore::Run::of_begun(strategy, buffer, 20_000);
    let (outcome, trace) = machine::Machine::new(program).execute(run);
    strategy.end_run(&trace);
    (outcome, trace)
}
