//! What `jupyter` asks of a session.

use crate::session::Session;
use jupyter::{CellIo, Engine, ExecuteReply, ExecuteRequest};

impl Engine for Session {
    fn execute(&mut self, request: &ExecuteRequest, io: &CellIo) -> ExecuteReply {
        self.controls.begin(request.execution_count);
        if let Some(ahead) = &self.ahead {
            ahead.prepare();
        }
        let reply = self.run(request, io);
        self.controls.end();
        self.publish();
        if let Some(ahead) = &self.ahead {
            // After a stop, a compiler that waits would look like one that goes on.
            match self.controls.interrupted() {
                true => ahead.stop(),
                false => ahead.rest(),
            }
        }
        reply
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
