//! Starting a kernel as Jupyter does: a connection file, the kernelspec's command line, and a
//! process.

use std::fs::{self, File, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use jupyter::{ConnectionFile, Endpoint};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::{Channel, Client, Error, KernelSpec};

/// What a kernel may take until it listens. It does so before it starts a compiler.
const LISTENS: Duration = Duration::from_secs(60);
/// What it may take to end once it was asked to.
const ENDS: Duration = Duration::from_secs(15);
/// How often a process that starts is looked at.
const LOOK: Duration = Duration::from_millis(5);
/// So much of what a kernel said last is told when it ends.
const LAST_WORDS: usize = 2000;

/// A kernel's process, and the conversation with it.
pub struct Running {
    /// The conversation.
    pub client: Client,
    process: Process,
}

/// A process that is ended when this is dropped, and its folder with the connection file.
struct Process {
    child: Child,
    folder: TempDir,
}

impl Running {
    /// Starts a kernel and connects to it.
    ///
    /// # Errors
    /// It doesn't start, ends at once, or can't be connected to.
    pub async fn start(spec: &KernelSpec) -> Result<Self, Error> {
        let content = connection(free_ports().map_err(Error::NoPort)?);
        Self::start_at(spec, &content).await
    }

    /// [`start`](Self::start), with a connection file of one's own.
    ///
    /// # Errors
    /// As there.
    pub async fn start_at(spec: &KernelSpec, content: &Value) -> Result<Self, Error> {
        let mut process = Process::start(spec, content)?;
        let path = process.folder.path().join("kernel.json");
        let connection = ConnectionFile::read(&path).map_err(|cause| Error::BadSpec {
            path,
            cause: cause.to_string(),
        })?;
        process.listens(&connection).await?;
        match Client::connect(&connection).await {
            Ok(client) => Ok(Self { client, process }),
            // Why it ended is the better reason.
            Err(error) => Err(process.ended()?.unwrap_or(error)),
        }
    }

    /// Asks the kernel to end, and waits for it.
    ///
    /// # Errors
    /// It doesn't answer, or doesn't end in time; then it is killed.
    pub async fn shut_down(mut self) -> Result<ExitStatus, Error> {
        let asked = json!({"restart": false});
        self.client
            .ask(Channel::Control, "shutdown_request", asked)
            .await?;
        match tokio::time::timeout(ENDS, self.process.child.wait()).await {
            Ok(Ok(status)) => Ok(status),
            _ => Err(Error::Silent {
                channel: "control",
                awaited: "the end of the process".to_owned(),
                waited: ENDS,
            }),
        }
    }

    /// Why the process has ended, if it has.
    ///
    /// # Errors
    /// It can't be found out.
    pub fn ended(&mut self) -> Result<Option<Error>, Error> {
        self.process.ended()
    }
}

impl Process {
    fn start(spec: &KernelSpec, content: &Value) -> Result<Self, Error> {
        let file = |operation, path: &Path| {
            let path = path.to_owned();
            move |cause| Error::File {
                operation,
                path,
                cause,
            }
        };
        let folder = own_folder().map_err(file("create a folder in", &std::env::temp_dir()))?;
        let connection = folder.path().join("kernel.json");
        fs::write(&connection, content.to_string()).map_err(file("write", &connection))?;
        let said = folder.path().join("stderr");
        let stderr = File::create(&said).map_err(file("write", &said))?;
        let mut argv = spec.argv.iter().map(|word| {
            word.replace("{connection_file}", &connection.to_string_lossy())
                .replace("{resource_dir}", &spec.folder.to_string_lossy())
        });
        let program = argv.next().unwrap_or_default();
        let child = Command::new(&program)
            .args(argv)
            .envs(&spec.env)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr)
            // Keys that stop a front end are not for its kernel.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|cause| Error::NotStarted { program, cause })?;
        Ok(Self { child, folder })
    }

    /// Waits until someone listens on the shell's port.
    async fn listens(&mut self, at: &ConnectionFile) -> Result<(), Error> {
        let began = Instant::now();
        loop {
            let cause = match at.endpoint(at.shell_port) {
                Endpoint::Tcp(host, port) => TcpStream::connect((host, port)).await.err(),
                Endpoint::Ipc(path) => fs::metadata(path).err(),
            };
            let Some(cause) = cause else {
                return Ok(());
            };
            if let Some(error) = self.ended()? {
                return Err(error);
            }
            if began.elapsed() > LISTENS {
                return Err(Error::Refused {
                    channel: "shell",
                    endpoint: at.endpoint(at.shell_port).to_string(),
                    cause: format!("{cause} for {LISTENS:?}"),
                });
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    fn ended(&mut self) -> Result<Option<Error>, Error> {
        let status = self.child.try_wait().map_err(|cause| Error::NotStarted {
            program: "the kernel".to_owned(),
            cause,
        })?;
        Ok(status.map(|status| {
            let said = fs::read(self.folder.path().join("stderr")).unwrap_or_default();
            let last = &said[said.len().saturating_sub(LAST_WORDS)..];
            Error::Ended {
                status: status.to_string(),
                stderr: String::from_utf8_lossy(last).trim().to_owned(),
            }
        }))
    }
}

/// A folder for who starts the kernel alone: whoever reads the key of the connection runs code as
/// that one.
fn own_folder() -> std::io::Result<TempDir> {
    tempfile::Builder::new()
        .prefix("fearless-client-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir()
}

/// Ports that nobody listens on now; as in Jupyter, someone else may take one before the kernel
/// does.
fn free_ports() -> std::io::Result<[u16; 5]> {
    // All at once, so that no port is given twice.
    let listeners = (0..5)
        .map(|_| TcpListener::bind("127.0.0.1:0"))
        .collect::<std::io::Result<Vec<_>>>()?;
    let mut ports = [0; 5];
    for (port, listener) in ports.iter_mut().zip(&listeners) {
        *port = listener.local_addr()?.port();
    }
    Ok(ports)
}

fn connection([shell, iopub, stdin, control, heartbeat]: [u16; 5]) -> Value {
    json!({
        "transport": "tcp", "ip": "127.0.0.1", "key": uuid::Uuid::new_v4().to_string(),
        "signature_scheme": "hmac-sha256", "kernel_name": "fearless",
        "shell_port": shell, "iopub_port": iopub, "stdin_port": stdin, "control_port": control,
        "hb_port": heartbeat,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_else_reads_the_key() {
        let folder = own_folder().unwrap();
        let mode = fs::metadata(folder.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}
