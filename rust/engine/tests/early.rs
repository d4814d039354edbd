//! A session that is asked for while the client connects: it waits for no answer that it does not need.

mod common;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::Instant;

use common::relay::Relay;
use common::{PATIENCE, client_builder, eventually, key, server_builder};
use faspstream::{Client, Direction, ErrorCode, Metadata, Options};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

#[test]
fn what_is_asked_for_while_connecting_reaches_the_server_before_it_has_answered() {
    let server = server_builder().access_key(key()).start().expect("the server starts");
    let relay = Relay::to(server.local_addr());
    // The handshake waits until both were asked for.
    relay.hold_answers(true);
    relay.mute_servers(true);
    let client = client_builder(&server).tcp_port(relay.port()).access_key(key()).start().expect("it starts");
    let names = ["first", "second"];
    let asked = names.map(|name| {
        client.start_open(Direction::Push, name, Metadata::new()).expect("a client that connects opens")
    });
    relay.mute_servers(false);
    let accepted = names.map(|_| server.accept(Some(PATIENCE)).expect("it arrives without WELCOME"));
    assert_eq!(accepted.each_ref().map(|session| session.stream()), names);
    assert_eq!(accepted.each_ref().map(|session| session.principal()), ["tester"; 2]);
    assert!(!client.state().expect("it is connecting"), "the client has no answer yet");
    relay.hold_answers(false);
    for (asked, accepted) in asked.iter().zip(&accepted) {
        asked.write(b"bytes").expect("it opens");
        let mut bytes = [0; 8];
        assert_eq!(accepted.read(&mut bytes).expect("they arrive"), 5);
        eventually("the client knows the session's id", || asked.id() == accepted.id());
    }
}

/// Whoever answers under the server's address: speaks TLS, and knows no key. Gives what the client has said once it has said `bytes`
/// bytes, and answers with `answer`. Begins the handshake when it is told to.
fn impostor(bytes: usize, answer: Vec<u8>) -> (u16, Sender<()>, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it is bound").port();
    let made = rcgen::generate_simple_self_signed(vec!["faspstream".to_owned()]).expect("it can be made");
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut tls = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("the library's defaults fit each other")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .expect("they belong together");
    tls.alpn_protocols = vec![b"faspstream/1".to_vec()];
    let (begin, told) = channel();
    let said = std::thread::spawn(move || {
        let (socket, _) = listener.accept().expect("the client comes");
        told.recv().expect("the test goes on");
        let connection = ServerConnection::new(Arc::new(tls)).expect("the configuration is whole");
        let mut stream = StreamOwned::new(connection, socket);
        let mut said = vec![0; bytes];
        stream.read_exact(&mut said).expect("the client says that much");
        stream.write_all(&answer).and_then(|()| stream.flush()).expect("the client listens");
        // Until the client has had enough of it.
        let _ = stream.read_to_end(&mut said);
        said
    });
    (port, begin, said)
}

/// WELCOME of version 1 with an empty proof.
const WELCOME: &[u8] = &[0, 0, 0, 6, 2, 1, 1, 1, 3, 0];

/// OPENED with this cipher, for the first request.
fn opened(cipher: u8) -> Vec<u8> {
    let mut message = vec![4, 1, 1, 1, 2, 16];
    message.extend([7; 16]);
    // Connection id, target, cipher; largest datagram, window and outage timeout; UDP port.
    message.extend([5, 1, 9, 6, 1, 63, 9, 1, cipher, 10, 2, 0x45, 0xc0, 11, 1, 63, 12, 1, 63, 13, 1, 9]);
    [&(message.len() as u32).to_be_bytes(), message.as_slice()].concat()
}

/// Types of the messages in `said`.
fn kinds(mut said: &[u8]) -> Vec<u8> {
    let mut kinds = Vec::new();
    while let Some((length, rest)) = said.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        kinds.push(rest[0]);
        said = &rest[length..];
    }
    kinds
}

#[test]
fn who_only_plays_the_server_learns_neither_name_nor_metadata() {
    const NAME: &str = "the-merger-with-acme.pdf";
    let (port, begin, said) = impostor(300, WELCOME.to_vec());
    let client = Client::builder().tcp_port(port).access_key(key()).start().expect("it starts");
    let metadata = Metadata::from([("type".to_owned(), "minutes-of-the-board".repeat(20))]);
    let session = client.start_open(Direction::Pull, NAME, metadata).expect("a client that connects opens");
    begin.send(()).expect("the impostor waits");
    let error = session.wait_open(Instant::now().checked_add(PATIENCE)).expect_err("nobody proves the key");
    assert_eq!(error.code(), ErrorCode::Authentication, "{error}");
    let said = said.join().expect("the impostor is content");
    assert_eq!(kinds(&said), [1, 13, 5], "HELLO, SEALED, and REFUSED when nothing was proven");
    for secret in [NAME, "minutes-of-the-board"] {
        assert!(!said.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret} is hidden");
    }
}

#[test]
fn a_server_that_changes_the_cipher_is_left_and_the_session_hears_of_it_at_once() {
    const AES_256: u8 = 2;
    let (port, begin, said) = impostor(60, [WELCOME, &opened(AES_256)].concat());
    let client = Client::builder().tcp_port(port).start().expect("it starts");
    let began = Instant::now();
    let session = client.start_open(Direction::Push, "stream", Metadata::new()).expect("it may be asked for");
    begin.send(()).expect("the impostor waits");
    let error = session.wait_open(Instant::now().checked_add(PATIENCE)).expect_err("that was not agreed");
    assert_eq!(error.code(), ErrorCode::Protocol, "{error}");
    assert!(error.message().contains("cipher"), "{error}");
    assert!(began.elapsed() < Options::default().connect_timeout, "nobody waits for what does not come");
    assert_eq!(kinds(&said.join().expect("the impostor is content")), [1, 3, 5], "HELLO, OPEN, REFUSED");
}
