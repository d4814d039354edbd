//! What needs a hand inside of a session.

use std::time::{Duration, Instant};

use super::*;
use crate::api::client::Client;
use crate::api::options::Options;
use crate::api::server::Server;
use crate::{DigestAlgorithm, SessionState};

const PATIENCE: Duration = Duration::from_secs(30);

/// Pushes 100,000 bytes, of which the receiving end's memory damages one before the application reads them.
fn pushed_and_damaged(digest: DigestAlgorithm) -> (Error, Error) {
    let server = Server::builder().tcp_port(0).udp_port(0).start().expect("loopback needs no key");
    let options = Options { digest, ..Options::default() };
    let client = Client::builder().tcp_port(server.tcp_port()).options(options).connect().expect("let in");
    let writer = client.open(Direction::Push, "damaged", Metadata::new()).expect("it opens");
    writer.write(&[5; 100_000]).expect("it is open");
    writer.finish().expect("it is open");
    let deadline = Instant::now() + PATIENCE;
    let reader = server.accept(Some(PATIENCE)).expect("it arrives");
    let Pipe::Recv(pipe) = &reader.shared().pipe else { panic!("a server reads what is pushed") };
    while !pipe.damage() {
        assert!(Instant::now() < deadline, "nothing arrives");
        std::thread::yield_now();
    }
    let mut buffer = [0; 10_000];
    let read = loop {
        match reader.read_until(&mut buffer, Some(deadline)) {
            Ok(0) => panic!("a stream that was damaged looks whole"),
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    (read, writer.wait_for_end(Some(deadline)).expect_err("the digests differ"))
}

#[test]
fn damage_above_the_transport_is_an_integrity_error_at_both_ends_whatever_the_digest() {
    for digest in [DigestAlgorithm::Xxh3, DigestAlgorithm::Blake3] {
        let (read, written) = pushed_and_damaged(digest);
        assert_eq!((read.code(), written.code()), (ErrorCode::Integrity, ErrorCode::Integrity), "{digest:?}");
    }
}

#[test]
fn the_digest_is_the_one_that_the_client_chose_at_both_ends_and_in_both_directions() {
    // The server would rather have the other one.
    let server = Server::builder().tcp_port(0).udp_port(0).start().expect("loopback needs no key");
    let options = Options { digest: DigestAlgorithm::Blake3, ..Options::default() };
    let client = Client::builder().tcp_port(server.tcp_port()).options(options).connect().expect("let in");
    for direction in [Direction::Push, Direction::Pull] {
        let near = client.open(direction, "abc", Metadata::new()).expect("it opens");
        let far = server.accept(Some(PATIENCE)).expect("it arrives");
        let (writer, reader) = if near.is_sender() { (&near, &far) } else { (&far, &near) };
        writer.write(b"abc").expect("it is open");
        writer.finish().expect("it is open");
        while reader.read(&mut [0; 10]).expect("the digests agree") > 0 {}
        for end in [&near, &far] {
            let receipt = end.wait_for_end(Some(Instant::now() + PATIENCE)).expect("it is complete");
            assert_eq!(receipt.digest.algorithm().name(), "BLAKE3");
            // The published value of BLAKE3 for these three bytes.
            assert_eq!(
                receipt.digest_hex(),
                "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"
            );
            assert!(matches!(end.state(), SessionState::Completed(_)));
        }
    }
}
