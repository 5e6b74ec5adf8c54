//! The connection file: where to listen and what to sign with. Nothing else is ever bound.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::endpoint::Endpoint;
use crate::error::{Error, Problem};

/// What the front end wrote for this kernel.
#[derive(Clone, Deserialize)]
pub struct ConnectionFile {
    /// `tcp` or `ipc`.
    #[serde(default = "tcp")]
    pub transport: String,
    /// An address, or for `ipc` the beginning of the sockets' paths.
    pub ip: String,
    /// Requests.
    pub shell_port: u16,
    /// Outputs.
    pub iopub_port: u16,
    /// Questions to the person.
    pub stdin_port: u16,
    /// Interrupt and shutdown.
    pub control_port: u16,
    /// Echo.
    pub hb_port: u16,
    /// Key of the signatures; empty for none.
    #[serde(default)]
    pub key: String,
    /// Always `hmac-sha256` here.
    #[serde(default = "hmac_sha256")]
    pub signature_scheme: String,
}

fn tcp() -> String {
    "tcp".to_owned()
}

fn hmac_sha256() -> String {
    "hmac-sha256".to_owned()
}

impl ConnectionFile {
    /// Reads and checks the file.
    ///
    /// # Errors
    /// The file is missing, is not a connection file, or asks for
    /// a transport or signature that is not spoken here.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let named = || path.to_owned();
        let text = std::fs::read_to_string(path).map_err(|cause| Error::Read {
            path: named(),
            cause,
        })?;
        let file: Self = serde_json::from_str(&text).map_err(|cause| Error::Parse {
            path: named(),
            cause,
        })?;
        file.check().map_err(|problem| Error::Connection {
            path: named(),
            problem,
        })?;
        Ok(file)
    }

    fn check(&self) -> Result<(), Problem> {
        if !matches!(self.transport.as_str(), "tcp" | "ipc") {
            return Err(Problem::Transport(self.transport.clone()));
        }
        if self.signature_scheme != "hmac-sha256" {
            return Err(Problem::Signature(self.signature_scheme.clone()));
        }
        if self.ip.is_empty() {
            return Err(Problem::NoAddress);
        }
        let ports = [
            self.shell_port,
            self.iopub_port,
            self.stdin_port,
            self.control_port,
            self.hb_port,
        ];
        if ports.contains(&0) {
            return Err(Problem::NoPort);
        }
        if (1..ports.len()).any(|i| ports[..i].contains(&ports[i])) {
            return Err(Problem::SharedPort);
        }
        Ok(())
    }

    /// The endpoint of the channel that has this port.
    pub fn endpoint(&self, port: u16) -> Endpoint {
        if self.transport == "ipc" {
            Endpoint::Ipc(PathBuf::from(format!("{}-{port}", self.ip)))
        } else {
            Endpoint::Tcp(self.ip.clone(), port)
        }
    }
}

impl std::fmt::Debug for ConnectionFile {
    /// Everything but the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectionFile")
            .field("shell", &self.endpoint(self.shell_port))
            .field("iopub", &self.endpoint(self.iopub_port))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<ConnectionFile, Error> {
        let dir = std::env::temp_dir().join(format!("fearless-test-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&dir).unwrap();
        let path = dir.join("kernel.json");
        std::fs::write(&path, text).unwrap();
        let file = ConnectionFile::read(&path);
        std::fs::remove_dir_all(&dir).unwrap();
        file
    }

    const GOOD: &str = r#"{"transport": "tcp", "ip": "127.0.0.1", "shell_port": 1, "iopub_port": 2,
        "stdin_port": 3, "control_port": 4, "hb_port": 5, "key": "k",
        "signature_scheme": "hmac-sha256", "kernel_name": "fearless"}"#;

    #[test]
    fn a_good_file_says_where_to_listen() {
        let file = check(GOOD).unwrap();
        assert_eq!(
            file.endpoint(file.shell_port).to_string(),
            "tcp://127.0.0.1:1"
        );
        let file = check(&GOOD.replace("127.0.0.1", "::1")).unwrap();
        assert_eq!(file.endpoint(5).to_string(), "tcp://[::1]:5");
        let file = check(&GOOD.replace("tcp", "ipc").replace("127.0.0.1", "/tmp/k")).unwrap();
        assert_eq!(file.endpoint(2).to_string(), "ipc:///tmp/k-2");
    }

    #[test]
    fn a_bad_file_is_one_sentence_with_the_next_step() {
        let bad = [
            ("", "let Jupyter write it"),
            ("[]", "let Jupyter write it"),
            ("{\"ip\": \"x\"}", "let Jupyter write it"),
            (&GOOD.replace(": 1,", ": 99999,"), "let Jupyter write it"),
            (&GOOD.replace(": 1,", ": -1,"), "let Jupyter write it"),
            (&GOOD.replace(": 1,", ": 0,"), "a port of its own"),
            (&GOOD.replace(": 1,", ": 2,"), "give each its own"),
            (&GOOD.replace("tcp", "udp"), "use `tcp` or `ipc`"),
            (&GOOD.replace("sha256", "md5"), "use `hmac-sha256`"),
        ];
        for (text, next_step) in bad {
            let error = check(text).unwrap_err().to_string();
            assert!(error.contains(next_step), "{error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
        let error = ConnectionFile::read(Path::new("/nonexistent/kernel.json"));
        let error = error.unwrap_err().to_string();
        assert!(error.contains("/nonexistent/kernel.json") && error.contains("jupyter lab"));
    }
}
