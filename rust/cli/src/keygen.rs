//! `faspstream keygen`: an access key with a secret that nobody can guess.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use faspstream::AccessKey;
use serde_json::json;

use crate::args::Keygen;
use crate::failure::Failure;
use crate::summary::say;

/// Prints the key, or appends it to a file of mode 0600 and prints only where it went.
pub(crate) fn run(args: &Keygen) -> Result<(), Failure> {
    let key = AccessKey::generate(&args.id)?;
    let line = format!("{}:{}\n", key.id(), key.reveal_secret());
    match &args.out {
        None => {
            let json = json!({ "id": key.id(), "secret": key.reveal_secret() });
            say(args.json, &json, || line);
        }
        Some(path) => {
            append_private(path, &line).map_err(|e| Failure::local(path.display(), &e))?;
            let json = json!({ "id": key.id(), "file": path });
            say(args.json, &json, || format!("key {} added to {}\n", key.id(), path.display()));
        }
    }
    Ok(())
}

fn append_private(path: &Path, line: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = file.metadata()?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(std::io::Error::other(format!(
                "has mode {mode:o}; a file with keys must be its owner's alone, run chmod 600 on it"
            )));
        }
    }
    file.write_all(line.as_bytes())
}
