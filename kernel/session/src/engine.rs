//! What `jupyter` asks of a session.

use crate::assist::known::MODULES;
use crate::session::Session;
use jupyter::{CellIo, Completions, Engine, ExecuteReply, ExecuteRequest, MimeBundle};

impl Engine for Session {
    fn execute(&mut self, request: &ExecuteRequest, io: &CellIo) -> ExecuteReply {
        self.controls.begin(request.execution_count);
        let reply = self.run(request, io);
        self.controls.end();
        self.publish_words();
        reply
    }

    fn complete(&mut self, code: &str, cursor: usize) -> Completions {
        self.completions(code, cursor)
    }

    fn inspect(&mut self, code: &str, cursor: usize, detail: u8) -> Option<MimeBundle> {
        self.about(code, cursor, detail)
    }

    fn rest(&mut self) -> bool {
        match self.rested {
            0 => self.warm_up(),
            step => self.list_module(MODULES[step - 1]),
        }
        self.rested += 1;
        self.rested <= MODULES.len()
    }

    fn shutdown(&mut self) {
        self.controls.begin(0);
        let process = self.context.process_handle();
        if let Ok(mut process) = process.lock() {
            let _ = process.kill();
            let _ = process.wait();
        }
        // Now, since the process may end before this value is dropped.
        self.workspace.remove();
    }
}
