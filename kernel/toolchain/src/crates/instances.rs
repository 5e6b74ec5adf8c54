//! Generic code of crates that nearly every cell which uses them would compile anew.
//!
//! rustc compiles generic code where it is used: in the cell. What it finds compiled in a crate
//! below, for the same types, it takes from there. Of a runtime, most of what starts a task,
//! waits for it and ends it is generic, but not over the person's future. So the layer's own crate
//! uses it once.

use super::layer::Extern;

/// A crate's name, and a use of it. An older version, or one with fewer features, may lack a part:
/// then nothing of it is used.
const OF: [(&str, &str); 1] = [("tokio", TOKIO)];

const TOKIO: &str = "\
pub mod tokio_instances {
    use std::future::{Future, ready};
    use tokio::runtime::{Builder, Handle, Runtime};
    use tokio::task::JoinHandle;
    pub fn end(runtime: Runtime, handle: Handle, builder: Builder) { drop((runtime, handle, builder)) }
    pub fn make() -> std::io::Result<Runtime> { Builder::new_current_thread().build() }
    pub fn start(runtime: &Runtime, handle: &Handle) {
        runtime.block_on(ready(()));
        handle.block_on(ready(()));
        drop((runtime.spawn(ready(())), handle.spawn(ready(())), tokio::spawn(ready(()))));
        drop(runtime.spawn_blocking(|| ()));
    }
    pub fn wait(task: JoinHandle<()>) -> bool {
        let mut task = std::pin::pin!(task);
        let waker = std::task::Waker::noop();
        task.as_mut().poll(&mut std::task::Context::from_waker(waker)).is_ready()
    }
}
";

/// What the layer's own crate has of these libraries.
pub(super) fn of(libraries: &[Extern]) -> String {
    let is_there = |name: &str| libraries.iter().any(|(library, _)| library == name);
    let wanted = OF.iter().filter(|(name, _)| is_there(name));
    wanted.map(|(_, text)| *text).collect()
}
