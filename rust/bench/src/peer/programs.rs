//! Where programs are found that are not part of this one.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where programs are found that are not part of this one.
#[derive(Clone, Debug, Default)]
pub struct Programs {
    /// The command `faspstream`.
    pub faspstream: PathBuf,
    /// The folder of the programs of the other peers.
    pub peers: PathBuf,
    /// The unpacked distribution of the Java library.
    pub distribution: Option<PathBuf>,
}

impl Programs {
    /// `faspstream` beside this program, or else in the search path; the environment variable `FASPSTREAM` goes before both. The
    /// programs of other peers are beside this one too. The distribution is `build/dist/faspstream-*` below the working directory, or
    /// what `FASPSTREAM_DIST` names.
    pub fn find() -> Self {
        let named = |variable| std::env::var_os(variable).map(PathBuf::from);
        let exe = std::env::current_exe().unwrap_or_default();
        let peers = exe.parent().map(PathBuf::from).unwrap_or_default();
        let beside = Some(peers.join("faspstream")).filter(|path| path.exists());
        let faspstream = named("FASPSTREAM").or(beside).unwrap_or_else(|| "faspstream".into());
        let distribution =
            named("FASPSTREAM_DIST").or_else(|| newest(Path::new("build/dist"), "faspstream-", ""));
        Self { faspstream, peers, distribution }
    }

    /// Why our command cannot be run; None if it can.
    pub(super) fn missing_tool(&self) -> Option<String> {
        let program = self.faspstream.display();
        match Command::new(&self.faspstream).arg("--version").output() {
            Ok(output) if output.status.success() => None,
            Ok(output) => Some(format!("{program} --version: {}", output.status)),
            Err(e) => Some(format!("{program}: {e}; build it, or name it by FASPSTREAM")),
        }
    }

    /// Why our library cannot be run from Java; None if it can.
    pub(super) fn missing_java(&self) -> Option<String> {
        if let Some(why) = missing_jvm() {
            return Some(why);
        }
        self.jars().is_none().then(|| {
            "there are no jars in build/dist; ./gradlew dist makes them, FASPSTREAM_DIST names another folder".to_owned()
        })
    }

    /// The class path of the distribution: the library and its examples.
    pub(super) fn jars(&self) -> Option<String> {
        let folder = self.distribution.as_ref()?;
        let library = newest(&folder.join("lib"), "faspstream-", ".jar")?;
        let examples = newest(&folder.join("examples/lib"), "faspstream-examples-", ".jar")?;
        Some(format!("{}:{}", library.display(), examples.display()))
    }
}

/// Why no Java program can be run; None if they can.
pub(super) fn missing_jvm() -> Option<String> {
    let java = Command::new("java").arg("-version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    (!java.is_ok_and(|status| status.success())).then(|| "there is no java in the search path".to_owned())
}

/// The last by name of what begins and ends so in a folder; sources and documentation are not meant.
fn newest(folder: &Path, begin: &str, end: &str) -> Option<PathBuf> {
    let names = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.file_name());
    let names = names.filter_map(|name| name.into_string().ok());
    let meant = |name: &String| {
        let rest = name.strip_prefix(begin).and_then(|rest| rest.strip_suffix(end));
        rest.is_some_and(|version| {
            version.starts_with(|c: char| c.is_ascii_digit())
                && !version.contains('-')
                && !version.ends_with(".zip")
        })
    };
    names.filter(meant).max().map(|name| folder.join(name))
}
