//! The local control socket: whoever connects gets one snapshot as a line of JSON. Only the owner can connect.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use faspstream::Server;

use super::watch::snapshot;
use crate::failure::Failure;

/// How long a reader may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// The socket; it is gone from the file system when this is dropped.
#[derive(Debug)]
pub(crate) struct ControlSocket(PathBuf);

impl Drop for ControlSocket {
    fn drop(&mut self) {
        // Nobody is left to hear of a socket that can't be removed.
        drop(std::fs::remove_file(&self.0));
    }
}

/// Answers at `path` until the process ends.
pub(crate) fn listen(path: &Path, server: Server) -> Result<ControlSocket, Failure> {
    let failed = |e: std::io::Error| Failure::Usage(format!("--control {}: {e}", path.display()));
    if std::os::unix::net::UnixStream::connect(path).is_err() {
        // Left behind by a server that was killed; one that lives answers.
        drop(std::fs::remove_file(path));
    }
    let listener = UnixListener::bind(path).map_err(failed)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(failed)?;
    let serve = move || {
        for mut stream in listener.incoming().flatten() {
            let line = format!("{}\n", snapshot(&server));
            // Who asks and goes away gets nothing.
            let _ = stream.set_write_timeout(Some(PATIENCE)).and_then(|()| stream.write_all(line.as_bytes()));
        }
    };
    std::thread::Builder::new().name("control".to_owned()).spawn(serve).map_err(failed)?;
    Ok(ControlSocket(path.to_path_buf()))
}
