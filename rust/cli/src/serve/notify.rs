//! Words for the service manager (sd_notify(3)): one datagram to the socket that NOTIFY_SOCKET names; nothing without it.

use std::os::unix::net::UnixDatagram;

/// It is serving.
pub(crate) fn ready(words: &str) {
    tell(&format!("READY=1\nSTATUS={words}"));
}

/// It reads its configuration again; [`ready`] follows.
pub(crate) fn reloading() {
    tell("RELOADING=1");
}

/// It takes no session any more and lets the running ones end.
pub(crate) fn stopping() {
    tell("STOPPING=1\nSTATUS=draining");
}

fn tell(words: &str) {
    let Some(path) = std::env::var_os("NOTIFY_SOCKET") else { return };
    let sent = UnixDatagram::unbound().and_then(|socket| send(&socket, &path, words));
    if let Err(error) = sent {
        log::warn!("the service manager at NOTIFY_SOCKET can't be told: {error}");
    }
}

fn send(socket: &UnixDatagram, path: &std::ffi::OsStr, words: &str) -> std::io::Result<usize> {
    #[cfg(target_os = "linux")]
    if let Some(name) = path.as_encoded_bytes().strip_prefix(b"@") {
        use std::os::linux::net::SocketAddrExt;
        let address = std::os::unix::net::SocketAddr::from_abstract_name(name)?;
        return socket.send_to_addr(words.as_bytes(), &address);
    }
    socket.send_to(words.as_bytes(), path)
}
