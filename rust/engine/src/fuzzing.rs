//! The parsers of this crate as functions of bytes, for the fuzz targets. Each panics when it has found something.

use std::path::Path;

use crate::api::key::AccessKey;
use crate::config::{Config, parse_duration, parse_rate, parse_size, properties as pairs};
use crate::control::codec::{Inbox, MESSAGE_MAX};
use crate::control::messages::Message;
use crate::control::{pem as files, pin::KeyPin};

/// Reads `data` as what comes on a control connection, in pieces of as many bytes as its first byte says.
pub fn control(data: &[u8]) {
    let Some((piece, rest)) = data.split_first() else { return };
    let mut inbox = Inbox::default();
    for piece in rest.chunks(usize::from(*piece).max(1)) {
        inbox.push(piece);
        loop {
            let message = match inbox.next(MESSAGE_MAX) {
                Ok(Some(message)) => Message::decode(message),
                Ok(None) => break,
                Err(_) => return,
            };
            let Ok(message) = message else { continue };
            let again = message.encode();
            assert_eq!(Message::decode(&again[4..]).as_ref(), Ok(&message), "what is sent is what is read");
        }
        assert!(inbox.pending() <= MESSAGE_MAX + 4 + piece.len(), "at most one message is kept");
    }
}

/// Reads `data` as a properties file, and its values as everything that values can be.
pub fn properties(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut config = Config::default();
    for (name, value) in pairs(&text) {
        // The values of this key name files, which are none of the fuzzer's business.
        if name != "access.key.file" {
            let _ = config.set(&name, &value);
        }
        let _ = parse_rate(&value);
        let _ = parse_size(&value);
        let _ = parse_duration(&value);
        if let Ok(pin) = value.parse::<KeyPin>() {
            assert_eq!(pin.to_string().parse::<KeyPin>().ok(), Some(pin));
        }
    }
    assert!(config.options.buffer_max > 0, "a default is there whatever stands in a file");
    if let Ok(keys) = AccessKey::read(Path::new("fuzzed"), &text) {
        assert!(!keys.is_empty() && keys.iter().all(|key| !key.id().is_empty()));
    }
}

/// Reads `data` as the PEM files of `tls.cert`, `tls.key` and `tls.trust`.
pub fn pem(data: &[u8]) {
    for certificate in files::certificates(data).unwrap_or_default() {
        let _ = KeyPin::of(&certificate);
    }
    let _ = files::private_key(data);
    let _ = files::roots(data);
}
