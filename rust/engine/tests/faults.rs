//! What breaks: peers that die, control connections that are cut, damaged or taken over by somebody in the middle.

mod common;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use common::relay::Relay;
use common::{PATIENCE, eventually, key, server_builder};
use faspstream::{Client, Direction, ErrorCode, Metadata, Options, Rate, Server, Session};

// ---- children

/// Starts this test program again as the function `name`, which reports its first line on standard output.
fn child(name: &str, port: u16) -> (Child, BufReader<ChildStdout>) {
    let mut child = Command::new(std::env::current_exe().expect("it runs"))
        .args(["--exact", name, "--ignored", "--nocapture"])
        .env("FASPSTREAM_TEST_PORT", port.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let output = BufReader::new(child.stdout.take().expect("it was asked for"));
    (child, output)
}

fn port() -> u16 {
    std::env::var("FASPSTREAM_TEST_PORT").expect("a parent sets it").parse().expect("it is a number")
}

fn wait_for_parent() {
    // A parent that is done, or gone, closes this.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

/// The number behind `word` in the child's output.
fn line_after(output: &mut impl std::io::BufRead, word: &str) -> u16 {
    output
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.split_once(word).and_then(|(_, number)| number.trim().parse().ok()))
        .expect("the child says so")
}

fn write_for_ever(session: &Session) {
    let block = [3; 10_000];
    while session.write(&block).is_ok() {}
}

#[test]
#[ignore = "started by other tests as a process of its own"]
fn child_that_writes() {
    let options = Options { target_rate: Rate::from_mbps(50), ..Options::default() };
    let client =
        Client::builder().tcp_port(port()).access_key(key()).options(options).connect().expect("let in");
    let session = client.open(Direction::Push, "endless", Metadata::new()).expect("it opens");
    write_for_ever(&session);
}

#[test]
#[ignore = "started by other tests as a process of its own"]
fn child_that_serves() {
    let server = server_builder().access_key(key()).start().expect("it starts");
    let mut out = std::io::stdout().lock();
    writeln!(out, "\nport {}", server.tcp_port()).expect("the parent listens");
    let session = server.accept(None).expect("it arrives");
    let mut buffer = [0; 10_000];
    while session.read(&mut buffer).is_ok_and(|n| n > 0) {}
    wait_for_parent();
}

#[test]
#[ignore = "started by other tests as a process of its own"]
fn child_that_reads_to_the_end_and_exits_at_once() {
    let client = Client::builder().tcp_port(port()).access_key(key()).connect().expect("let in");
    let session = client.open(Direction::Pull, "short", Metadata::new()).expect("it opens");
    let mut buffer = [0; 10_000];
    while session.read(&mut buffer).expect("the peer writes") > 0 {}
    std::process::exit(0);
}

// ---- deaths

#[test]
fn a_writer_that_is_killed_is_no_end_of_stream() {
    let server = server_builder().access_key(key()).start().expect("it starts");
    let (mut writer, _output) = child("child_that_writes", server.tcp_port());
    let session = server.accept(Some(PATIENCE)).expect("it arrives");
    let mut buffer = [0; 10_000];
    assert!(session.read(&mut buffer).expect("the child writes") > 0);
    eventually("more arrives", || session.available() > 100_000);
    writer.kill().expect("it runs");
    let error = loop {
        match session.read_until(&mut buffer, Some(Instant::now() + PATIENCE)) {
            Ok(0) => panic!("a stream that was cut looks whole"),
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(error.code(), ErrorCode::ConnectionLost, "{error}");
    assert!(error.retryable() && error.bytes_delivered() > 0);
    writer.wait().expect("it was started");
}

#[test]
fn a_server_that_is_killed_is_noticed_long_before_the_outage_timeout() {
    let (mut server, mut output) = child("child_that_serves", 0);
    let port = line_after(&mut output, "port ");
    let client = Client::builder().tcp_port(port).access_key(key()).connect().expect("it is let in");
    let session = client.open(Direction::Push, "endless", Metadata::new()).expect("it opens");
    session.write(&[1; 100_000]).expect("it is open");
    eventually("bytes arrive", || session.stats().counters.bytes_acknowledged > 0);
    server.kill().expect("it runs");
    server.wait().expect("it was started");
    let error = session.wait_for_end(Some(Instant::now() + PATIENCE)).expect_err("nobody reads any more");
    assert_eq!(error.code(), ErrorCode::ConnectionLost, "{error}");
    let error =
        client.open(Direction::Push, "another", Metadata::new()).expect_err("nobody listens any more");
    assert_eq!(error.code(), ErrorCode::ConnectionRefused, "{error}");
}

#[test]
fn a_reader_may_exit_with_the_end_in_its_hands() {
    let server = server_builder().access_key(key()).start().expect("it starts");
    for _ in 0..5 {
        let (mut reader, _output) = child("child_that_reads_to_the_end_and_exits_at_once", server.tcp_port());
        let session = server.accept(Some(PATIENCE)).expect("it arrives");
        session.write(&[1; 100_000]).expect("it is open");
        session.finish().expect("it is open");
        let receipt =
            session.wait_for_end(Some(Instant::now() + PATIENCE)).expect("the reader has seen the end");
        assert_eq!(receipt.bytes, 100_000);
        assert!(reader.wait().expect("it was started").success());
    }
}

// ---- the control connection

/// A server, a relay before it, a client behind that, and a running session.
fn relayed() -> (Server, Relay, Client, Session, Session) {
    let server = server_builder().access_key(key()).start().expect("it starts");
    let relay = Relay::to(server.local_addr());
    let client = Client::builder().tcp_port(relay.port()).access_key(key()).connect().expect("it is let in");
    let writer = client.open(Direction::Push, "long", Metadata::new()).expect("it opens");
    let reader = server.accept(Some(PATIENCE)).expect("it arrives");
    (server, relay, client, writer, reader)
}

/// Bytes go through the session.
fn exchange(writer: &Session, reader: &Session) {
    writer.write(&[9; 50_000]).expect("it is open");
    writer.flush().expect("it is open");
    let mut left = 50_000;
    let mut buffer = [0; 50_000];
    while left > 0 {
        left -= reader.read_until(&mut buffer[..left], Some(Instant::now() + PATIENCE)).expect("they come");
    }
}

#[test]
fn a_session_outlives_its_control_connection_and_gets_a_new_one() {
    let (server, relay, client, writer, reader) = relayed();
    // `FASPSTREAM_RESETS=100` for the long form.
    let resets = std::env::var("FASPSTREAM_RESETS").map_or(10, |text| text.parse().expect("a number"));
    for round in 1..=resets {
        exchange(&writer, &reader);
        relay.cut();
        exchange(&writer, &reader);
        eventually("the client is back", || relay.connections() > round && server.stats().connections == 1);
    }
    // The new connection speaks for the session: its words and new sessions travel there.
    let rate = Rate::from_mbps(33);
    eventually("the reader's wish arrives", || {
        reader.set_target_rate(rate).expect("it is open");
        writer.stats().target_rate == rate
    });
    client.open(Direction::Push, "next", Metadata::new()).expect("it opens");
    writer.finish().expect("it is open");
    assert_eq!(reader.read(&mut [0; 10]).expect("the end comes"), 0);
    assert_eq!(writer.wait_for_end(None).expect("it was read").bytes, 100_000 * resets as u64);
}

#[test]
fn a_writer_of_a_byte_a_second_outlives_a_shorter_outage_timeout_and_each_byte_comes_at_once() {
    let options = Options { outage_timeout: Duration::from_millis(500), ..Options::default() };
    let server = server_builder().access_key(key()).options(options).start().expect("it starts");
    let builder = Client::builder().tcp_port(server.tcp_port()).access_key(key()).options(options);
    let client = builder.connect().expect("it is let in");
    let writer = client.open(Direction::Push, "drip", Metadata::new()).expect("it opens");
    let reader = server.accept(Some(PATIENCE)).expect("it arrives");
    for byte in 0..4 {
        writer.write(&[byte]).expect("it is open");
        writer.flush().expect("it is open");
        let mut got = [0xff; 8];
        let n = reader.read_until(&mut got, Some(Instant::now() + PATIENCE)).expect("it comes");
        assert_eq!(got[..n], [byte]);
        thread::sleep(Duration::from_secs(1));
    }
    writer.finish().expect("it is open");
    assert_eq!(reader.read(&mut [0; 8]).expect("nothing was lost"), 0);
}

#[test]
fn a_damaged_control_connection_ends_and_the_session_goes_on() {
    let (_server, relay, _client, writer, reader) = relayed();
    relay.damage_next();
    // Something has to pass for the damage to strike.
    reader.set_target_rate(Rate::from_mbps(500)).expect("it is open");
    eventually("the client comes again", || relay.connections() == 2);
    exchange(&writer, &reader);
    writer.finish().expect("it is open");
    assert_eq!(reader.read(&mut [0; 10]).expect("the end comes"), 0);
    writer.wait_for_end(None).expect("it was read");
}

#[test]
fn a_session_without_a_control_connection_completes_on_the_data_channel_alone() {
    let (_server, relay, _client, writer, reader) = relayed();
    relay.refuse(true);
    relay.cut();
    exchange(&writer, &reader);
    writer.finish().expect("it is open");
    assert_eq!(reader.read(&mut [0; 10]).expect("the end comes"), 0);
    assert_eq!(writer.wait_for_end(None).expect("it was read").bytes, 50_000);
}

#[test]
fn a_client_that_lost_an_idle_connection_connects_again_for_the_next_session() {
    let server = server_builder().access_key(key()).start().expect("it starts");
    let relay = Relay::to(server.local_addr());
    let client = Client::builder().tcp_port(relay.port()).access_key(key()).connect().expect("it is let in");
    relay.cut();
    eventually("the server has noticed", || server.stats().connections == 0);
    eventually("it opens", || client.open(Direction::Push, "x", Metadata::new()).is_ok());
    assert_eq!(relay.connections(), 2);
}

// ---- somebody in the middle

/// Ends TLS on both sides and passes the plaintext on: what a relay that lies about its certificate can do.
fn man_in_the_middle(target: std::net::SocketAddr) -> u16 {
    let made = rcgen::generate_simple_self_signed(vec!["faspstream".to_owned()]).expect("it can be made");
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let mut outside = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .expect("they belong together");
    outside.alpn_protocols = vec![b"faspstream/1".to_vec()];
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it is bound").port();
    thread::spawn(move || {
        let (client, _) = listener.accept().expect("the client comes");
        let server = TcpStream::connect(target).expect("the server listens");
        let tls = rustls::ServerConnection::new(Arc::new(outside)).expect("the configuration is good");
        let mut client = rustls::StreamOwned::new(tls, client);
        let mut server = inside(server);
        for socket in [&client.sock, &server.sock] {
            socket.set_read_timeout(Some(Duration::from_millis(20))).expect("it is open");
        }
        let mut buffer = [0; 4096];
        for _ in 0..500 {
            if let Ok(n @ 1..) = client.read(&mut buffer) {
                let _ = server.write_all(&buffer[..n]);
            }
            if let Ok(n @ 1..) = server.read(&mut buffer) {
                let _ = client.write_all(&buffer[..n]);
            }
        }
    });
    port
}

/// A TLS client that believes anything.
fn inside(socket: TcpStream) -> rustls::StreamOwned<rustls::ClientConnection, TcpStream> {
    use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
    use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
    #[derive(Debug)]
    struct Credulous;
    impl ServerCertVerifier for Credulous {
        fn verify_server_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: UnixTime,
        ) -> Result<ServerCertVerified, rustls::Error> {
            Ok(ServerCertVerified::assertion())
        }
        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &rustls::DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            Ok(HandshakeSignatureValid::assertion())
        }
        fn verify_tls13_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &rustls::DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            Ok(HandshakeSignatureValid::assertion())
        }
        fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
            vec![rustls::SignatureScheme::ECDSA_NISTP256_SHA256]
        }
    }
    let mut config = rustls::ClientConfig::builder()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Credulous))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"faspstream/1".to_vec()];
    let name = ServerName::try_from("faspstream").expect("it is a name");
    let tls = rustls::ClientConnection::new(Arc::new(config), name).expect("the configuration is good");
    rustls::StreamOwned::new(tls, socket)
}

#[test]
fn nobody_in_the_middle_can_relay_a_proof() {
    let server = server_builder().access_key(key()).start().expect("it starts");
    let port = man_in_the_middle(server.local_addr());
    let error =
        Client::builder().tcp_port(port).access_key(key()).connect().expect_err("the proofs don't fit");
    assert_eq!(error.code(), ErrorCode::Authentication, "{error}");
    eventually("the server has refused too", || server.stats().handshakes_failed == 1);
    assert_eq!(server.stats().connections, 0);
}

/// A peer that has the key is still not believed everything.
#[test]
fn what_does_not_belong_on_the_control_channel_ends_the_connection() {
    let server = server_builder().start().expect("loopback needs no key");
    let hello = [0, 0, 0, 4, 1, 1, 1, 1];
    for (what, message) in [
        ("a length that is too large", &[0, 2, 0, 0, 1][..]),
        ("an unknown type", &[0, 0, 0, 1, 99]),
        ("OPEN before HELLO", &[0, 0, 0, 1, 3]),
        ("a field that is cut", &[0, 0, 0, 3, 1, 1, 9]),
        ("an empty message", &[0, 0, 0, 0]),
    ] {
        let mut peer = inside(TcpStream::connect(server.local_addr()).expect("it listens"));
        peer.sock.set_read_timeout(Some(PATIENCE)).expect("it is open");
        peer.write_all(message).expect("it is sent");
        let mut answer = Vec::new();
        let _ = peer.read_to_end(&mut answer);
        assert_eq!(answer.get(4), Some(&5), "{what}: REFUSED is the answer");
    }
    let mut peer = inside(TcpStream::connect(server.local_addr()).expect("it listens"));
    peer.sock.set_read_timeout(Some(PATIENCE)).expect("it is open");
    peer.write_all(&hello).expect("it is sent");
    peer.write_all(&hello).expect("it is sent");
    let mut answer = Vec::new();
    let _ = peer.read_to_end(&mut answer);
    assert_eq!(answer.get(4), Some(&2), "HELLO is welcome once");
    eventually("all are gone", || {
        server.stats().connections == 0 && server.stats().connections_half_open == 0
    });
}
