//! Who is let in, who is not, and what users are told.

mod common;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use common::relay::Relay;
use common::{PATIENCE, client_builder, eventually, key, pair, server_builder};
use faspstream::{AccessKey, Client, Direction, ErrorCode, Listener, Metadata, Options, Ready, Server};

#[test]
fn a_client_with_the_key_is_let_in_and_may_open_sessions_under_any_decent_name() {
    let (server, client) = pair();
    let metadata = Metadata::from([("type".to_owned(), "vidéo".to_owned())]);
    let pushed = client.open(Direction::Push, "Grüße aus Köln 1.bin", metadata.clone()).expect("it opens");
    let accepted = server.accept(Some(PATIENCE)).expect("it arrives");
    assert_eq!(accepted.stream(), "Grüße aus Köln 1.bin");
    assert_eq!((accepted.metadata(), accepted.direction()), (&metadata, Direction::Push));
    assert_eq!((accepted.principal(), pushed.principal()), ("tester", "tester"));
    assert_eq!(accepted.id(), pushed.id());
    assert_eq!(accepted.id().len(), 32);
    assert!(pushed.is_sender() && !accepted.is_sender());
    let stats = server.stats();
    assert_eq!((stats.sessions_active, stats.connections, stats.connections_half_open), (1, 1, 0));
}

#[test]
fn without_any_key_loopback_works() {
    let server = server_builder().start().expect("loopback needs no key");
    let client = client_builder(&server).connect().expect("it is let in");
    assert!(client.state().expect("it is connected"));
    assert_eq!(client.open(Direction::Pull, "x", Metadata::new()).expect("it opens").principal(), "");
}

#[test]
fn a_wrong_key_an_unknown_one_and_none_are_refused_with_the_remedy() {
    let server = server_builder().access_key(key()).start().expect("the server starts");
    let wrong = AccessKey::new("tester", "incorrect horse battery").expect("it is well-formed");
    let unknown = AccessKey::new("nobody", "correct horse battery staple").expect("it is well-formed");
    for client in [
        client_builder(&server).access_key(wrong),
        client_builder(&server).access_key(unknown),
        client_builder(&server),
    ] {
        let error = client.connect().expect_err("it is not let in");
        assert_eq!(error.code(), ErrorCode::Authentication, "{error}");
        assert!(error.message().contains("127.0.0.1:") && error.message().contains("key"), "{error}");
        assert!(!error.retryable());
    }
    eventually("failures are counted", || server.stats().handshakes_failed == 3);
    assert_eq!(server.stats().connections_half_open, 0);
}

#[test]
fn a_server_without_keys_refuses_a_client_that_insists_on_one() {
    let server = server_builder().start().expect("the server starts");
    let error = client_builder(&server).access_key(key()).connect().expect_err("nobody proves the key");
    assert_eq!(error.code(), ErrorCode::Authentication);
}

#[test]
fn no_server_is_told_at_once_with_host_and_port() {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port is free");
    let error = Client::builder().tcp_port(free.port()).connect().expect_err("nobody listens");
    assert_eq!(error.code(), ErrorCode::ConnectionRefused);
    assert!(error.message().contains(&format!("127.0.0.1:{}", free.port())) && error.retryable(), "{error}");
}

#[test]
fn a_host_that_is_no_host_is_told() {
    let error = Client::builder().host("no.such.host.invalid").connect().expect_err("it has no address");
    assert!(error.message().contains("no.such.host.invalid"), "{error}");
}

#[test]
fn a_port_in_use_is_told_by_its_key() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = taken.local_addr().expect("it is bound").port();
    let error = server_builder().tcp_port(port).start().expect_err("it is taken");
    assert_eq!(error.code(), ErrorCode::AddressInUse);
    assert!(error.message().contains(&format!("tcp.port = {port}")), "{error}");

    let taken = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
    let port = taken.local_addr().expect("it is bound").port();
    let error = server_builder().udp_port(port).start().expect_err("it is taken");
    assert_eq!(error.code(), ErrorCode::AddressInUse);
    assert!(error.message().contains(&format!("udp.port = {port}")), "{error}");
}

#[test]
fn a_server_beyond_loopback_does_not_start_without_a_key() {
    let error =
        Server::builder().host("0.0.0.0").tcp_port(0).udp_port(0).start().expect_err("others can reach it");
    assert_eq!(error.code(), ErrorCode::Configuration);
    assert!(error.message().contains("keygen") && error.message().contains("0.0.0.0"), "{error}");
    let server = Server::builder().host("0.0.0.0").tcp_port(0).udp_port(0).access_key(key()).start();
    assert!(server.is_ok());
}

#[test]
fn ports_are_free_again_once_a_server_is_closed() {
    let server = server_builder().start().expect("it starts");
    let (tcp, udp) = (server.tcp_port(), server.udp_port());
    let client = client_builder(&server).connect().expect("it is let in");
    server.close(Duration::ZERO);
    let again = server_builder().tcp_port(tcp).udp_port(udp).start().expect("both ports are free");
    drop(client);
    assert_eq!((again.tcp_port(), again.udp_port()), (tcp, udp));
    assert_eq!(server.accept(None).expect_err("it is closed").code(), ErrorCode::Closed);
}

#[test]
fn values_that_are_not_allowed_are_named() {
    let options = Options { buffer_max: 1, ..Options::default() };
    let error = server_builder().options(options).start().expect_err("one byte is no buffer");
    assert!(
        error.code() == ErrorCode::Configuration && error.message().contains("buffer.max = 1"),
        "{error}"
    );

    let (_server, client) = pair();
    for name in ["", "a\nb", &"x".repeat(1_025)] {
        let error = client.open(Direction::Push, name, Metadata::new()).expect_err("it is no name");
        assert_eq!(error.code(), ErrorCode::Configuration);
    }
    let many: Metadata = (0..65).map(|i| (i.to_string(), String::new())).collect();
    let error = client.open(Direction::Push, "x", many).expect_err("65 entries are too many");
    assert!(error.message().contains("64"), "{error}");
}

#[test]
fn the_limit_of_sessions_holds_and_is_told() {
    let server = server_builder().max_sessions(2).start().expect("it starts");
    let client = client_builder(&server).connect().expect("it is let in");
    let open = || client.open(Direction::Push, "x", Metadata::new());
    let (a, _b) = (open().expect("the first"), open().expect("the second"));
    let error = open().expect_err("the third is one too many");
    assert_eq!(error.code(), ErrorCode::Resources);
    assert!(error.retryable() && error.message().contains("max.sessions"), "{error}");
    a.close();
    eventually("a place is free again", || open().is_ok());
    assert!(server.stats().sessions_refused >= 1);
}

#[test]
#[cfg(target_os = "linux")] // Other systems have one loopback address only.
fn one_address_has_its_share_of_a_server_and_no_more() {
    let server = server_builder().access_key(key()).max_sessions(10).max_sessions_per_address(2);
    let server = server.start().expect("it starts");
    let client = client_builder(&server).access_key(key()).connect().expect("it is let in");
    let open = |client: &Client| client.open(Direction::Push, "x", Metadata::new());
    let (a, _b) = (open(&client).expect("the first"), open(&client).expect("the second"));
    let again = client_builder(&server).access_key(key()).connect().expect("it is let in");
    let error = open(&again).expect_err("another connection makes no difference");
    assert_eq!(error.code(), ErrorCode::Resources);
    let words = error.message();
    assert!(words.contains("127.0.0.1 ") && words.contains("max.sessions.per.address"), "{error}");
    let relay = Relay::seen_at("127.0.0.9", "127.0.0.1", server.local_addr());
    let elsewhere =
        Client::builder().tcp_port(relay.port()).access_key(key()).connect().expect("it is let in");
    let (_c, _d) = (open(&elsewhere).expect("it has places"), open(&elsewhere).expect("two of them"));
    assert!(open(&elsewhere).is_err(), "and no more");
    a.close();
    eventually("a place is free again", || open(&again).is_ok());
}

#[test]
#[cfg(target_os = "linux")]
fn connections_that_nobody_needs_are_not_let_in_and_others_find_room() {
    let server = server_builder().access_key(key()).max_sessions_per_address(1).start().expect("it starts");
    let connect = || client_builder(&server).access_key(key()).connect();
    let mut idle: Vec<Client> = (0..64).map(|_| connect().expect("so many are let in")).collect();
    let error = connect().expect_err("one more is too many");
    assert_eq!(error.code(), ErrorCode::Resources, "{error}");
    assert!(error.retryable() && error.message().contains("64 connections"), "{error}");
    let relay = Relay::seen_at("127.0.0.9", "127.0.0.1", server.local_addr());
    Client::builder().tcp_port(relay.port()).access_key(key()).connect().expect("another address has room");
    idle.pop();
    eventually("a place is free again", || connect().is_ok());
}

#[test]
fn a_silent_server_makes_connect_time_out() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let options = Options { connect_timeout: Duration::from_millis(300), ..Options::default() };
    let began = Instant::now();
    let error = Client::builder()
        .tcp_port(silent.local_addr().expect("it is bound").port())
        .options(options)
        .connect()
        .expect_err("nobody answers");
    assert_eq!(error.code(), ErrorCode::Timeout, "{error}");
    assert!(began.elapsed() >= Duration::from_millis(300) && error.message().contains("connect.timeout"));
}

#[test]
fn a_server_of_another_kind_is_told() {
    let other = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = other.local_addr().expect("it is bound").port();
    let thread = std::thread::spawn(move || {
        let (mut socket, _) = other.accept().expect("the client comes");
        let _ = socket.read(&mut [0; 1024]);
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    let error = Client::builder().tcp_port(port).connect().expect_err("it is no faspstream server");
    assert!(matches!(error.code(), ErrorCode::Protocol | ErrorCode::ConnectionLost), "{error}");
    assert!(error.message().contains("faspstream server"), "{error}");
    thread.join().expect("the other server does not panic");
}

#[test]
fn noise_on_the_control_port_is_dropped_and_counted() {
    let server = server_builder().start().expect("it starts");
    let mut noise = TcpStream::connect(server.local_addr()).expect("it listens");
    noise.write_all(&[0x5a; 4096]).expect("it is sent");
    let mut answer = Vec::new();
    // Whatever comes (an alert, a reset), the connection ends.
    let _ = noise.read_to_end(&mut answer);
    eventually("the failure is counted", || server.stats().handshakes_failed == 1);
    assert_eq!(server.stats().connections_half_open, 0);
    client_builder(&server).connect().expect("others are served all the same");
}

#[test]
fn a_flood_of_silent_connections_shuts_nobody_out() {
    let server = server_builder().access_key(key()).start().expect("it starts");
    let silent: Vec<TcpStream> =
        (0..600).map(|_| TcpStream::connect(server.local_addr()).expect("it listens")).collect();
    let client = client_builder(&server).access_key(key()).connect().expect("it is let in all the same");
    client.open(Direction::Push, "x", Metadata::new()).expect("it opens");
    eventually("the oldest had to go", || server.stats().handshakes_failed >= 600 - 256);
    assert!(server.stats().connections_half_open <= 256);
    drop(silent);
    eventually("all are gone", || server.stats().connections_half_open == 0);
}

#[test]
fn after_close_every_call_says_so_and_waiting_calls_wake() {
    let (server, client) = pair();
    let session = client.open(Direction::Pull, "x", Metadata::new()).expect("it opens");
    let waiting = {
        let session = session.clone();
        std::thread::spawn(move || session.read(&mut [0; 10]))
    };
    let accepting = {
        let server = server.clone();
        std::thread::spawn(move || {
            let first = server.accept(None);
            (first, server.accept(None))
        })
    };
    session.close();
    let error = waiting.join().expect("no panic").expect_err("it was closed");
    assert!(matches!(error.code(), ErrorCode::Closed | ErrorCode::Aborted), "{error}");
    assert_eq!(session.read(&mut [0; 10]).expect_err("it is closed").code(), ErrorCode::Closed);
    session.close();
    client.close();
    assert_eq!(
        client.open(Direction::Push, "x", Metadata::new()).expect_err("closed").code(),
        ErrorCode::Closed
    );
    client.close();
    server.close(Duration::ZERO);
    let (_, second) = accepting.join().expect("no panic");
    assert_eq!(second.expect_err("it was closed").code(), ErrorCode::Closed);
}

struct Tell(mpsc::Sender<Ready>);

impl Listener for Tell {
    fn on_ready(&self, what: Ready) {
        // The test may have ended.
        let _ = self.0.send(what);
    }
}

#[test]
fn who_polls_is_told_what_has_become_possible() {
    let server = server_builder().start().expect("it starts");
    let (tell, told) = mpsc::channel();
    server.set_listener(Arc::new(Tell(tell)));
    let client = client_builder(&server).start().expect("it starts to connect");
    let (tell, client_told) = mpsc::channel();
    client.set_listener(Arc::new(Tell(tell)));
    let session =
        client.start_open(Direction::Push, "early", Metadata::new()).expect("it waits for the connection");
    let (tell, session_told) = mpsc::channel();
    session.set_listener(Arc::new(Tell(tell)));
    let wait = |told: &mpsc::Receiver<Ready>, what: Ready| {
        while !told.recv_timeout(PATIENCE).expect("it is told").contains(what) {}
    };
    wait(&client_told, Ready::CONNECTED);
    wait(&session_told, Ready::OPENED);
    wait(&told, Ready::ACCEPT);
    assert!(server.try_accept().expect("the server is open").is_some());
    client.start_close();
    wait(&session_told, Ready::ENDED);
    wait(&client_told, Ready::ENDED);
    server.start_close(Duration::ZERO);
    wait(&told, Ready::ENDED);
}
