//! Under which addresses and certificates both ends find and know each other.

mod common;

use std::path::{Path, PathBuf};

use common::{PATIENCE, client_builder, key, server_builder};
use faspstream::{Client, Direction, ErrorCode, Metadata, Options, RatePolicy, Server};

/// A few bytes through one session.
fn exchange(server: &Server, client: &Client) -> String {
    let writer = client.open(Direction::Push, "x", Metadata::new()).expect("it opens");
    let reader = server.accept(Some(PATIENCE)).expect("it arrives");
    writer.write(b"hello").expect("it is open");
    writer.finish().expect("it is open");
    let mut buffer = [0; 100];
    let mut total = 0;
    loop {
        match reader.read(&mut buffer).expect("they come") {
            0 => break,
            n => total += n,
        }
    }
    assert_eq!(total, 5);
    writer.wait_for_end(None).expect("it was read");
    reader.principal().to_owned()
}

#[test]
fn ipv6_wildcards_and_names_work() {
    for (bind, connect) in [
        ("::1", "::1"),
        ("0.0.0.0", "127.0.0.1"),
        ("::", "::1"),
        ("::", "127.0.0.1"),
        ("127.0.0.1", "localhost"),
    ] {
        let server = match Server::builder().host(bind).tcp_port(0).udp_port(0).access_key(key()).start() {
            Ok(server) => server,
            Err(error) if bind.contains(':') => {
                // A machine without IPv6 says so, and there is nothing to test.
                assert!(matches!(error.code(), ErrorCode::Io | ErrorCode::Configuration), "{error}");
                continue;
            }
            Err(error) => panic!("{bind}: {error}"),
        };
        let client = Client::builder().host(connect).tcp_port(server.tcp_port()).access_key(key()).connect();
        let client = client.unwrap_or_else(|e| panic!("{connect} -> {bind}: {e}"));
        assert_eq!(exchange(&server, &client), "tester");
    }
}

#[test]
fn marked_streams_arrive_like_others() {
    let low = Options { policy: RatePolicy::Low, ..Options::default() };
    let voice = Options { dscp: Some(46), ..Options::default() };
    for bind in ["127.0.0.1", "0.0.0.0"] {
        for options in [low, voice] {
            let builder =
                Server::builder().host(bind).tcp_port(0).udp_port(0).access_key(key()).options(options);
            let server = builder.start().expect("it starts");
            let client =
                client_builder(&server).access_key(key()).options(options).connect().expect("it is let in");
            exchange(&server, &client);
        }
    }
}

/// A folder of certificates that is gone with the test.
struct Papers(PathBuf);

impl Drop for Papers {
    fn drop(&mut self) {
        // What is left is in the system's folder for such things.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Papers {
    /// An authority, and two ends that it has signed.
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("faspstream-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("there is room");
        let papers = Self(folder);
        let authority_key = rcgen::KeyPair::generate().expect("it can be made");
        let mut params = rcgen::CertificateParams::new(Vec::new()).expect("it is valid");
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let authority = params.self_signed(&authority_key).expect("it can be signed");
        papers.write("ca.pem", &authority.pem());
        let issuer = rcgen::Issuer::new(params, authority_key);
        for (end, name) in [("server", "127.0.0.1"), ("client", "camera")] {
            let key = rcgen::KeyPair::generate().expect("it can be made");
            let params = rcgen::CertificateParams::new(vec![name.to_owned()]).expect("it is valid");
            let certificate = params.signed_by(&key, &issuer).expect("it can be signed");
            papers.write(&format!("{end}.pem"), &certificate.pem());
            papers.write(&format!("{end}.key"), &key.serialize_pem());
        }
        papers
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("there is room");
    }
}

#[test]
fn certificates_alone_are_enough_for_both_ends_to_know_each_other() {
    let papers = Papers::new("mutual");
    let server = server_builder()
        .tls_cert(papers.path("server.pem"))
        .tls_key(papers.path("server.key"))
        .tls_trust(papers.path("ca.pem"))
        .start()
        .expect("it starts");
    let client = client_builder(&server)
        .tls_cert(papers.path("client.pem"))
        .tls_key(papers.path("client.key"))
        .tls_trust(papers.path("ca.pem"))
        .connect()
        .expect("it is let in");
    assert!(exchange(&server, &client).starts_with("sha256:"));

    let error = client_builder(&server)
        .tls_trust(papers.path("ca.pem"))
        .connect()
        .expect_err("it has no certificate");
    assert_eq!(error.code(), ErrorCode::Authentication, "{error}");
    assert!(error.message().contains("tls.cert"), "{error}");
}

#[test]
fn a_server_with_a_certificate_of_its_own_making_is_not_taken_for_one_that_is_signed() {
    let papers = Papers::new("self-signed");
    let server = server_builder().access_key(key()).start().expect("it starts");
    let error = client_builder(&server)
        .access_key(key())
        .tls_trust(papers.path("ca.pem"))
        .connect()
        .expect_err("nobody has signed it");
    assert_eq!(error.code(), ErrorCode::Authentication, "{error}");
    assert!(error.message().contains("tls.trust"), "{error}");
}

#[test]
fn files_that_are_missing_or_no_pem_are_named() {
    let papers = Papers::new("bad");
    papers.write("noise.pem", "no certificate");
    let error =
        server_builder().tls_trust(papers.path("noise.pem")).start().expect_err("there is none in it");
    assert!(error.message().contains("noise.pem") && error.message().contains("tls.trust"), "{error}");
    let error = server_builder()
        .tls_cert(papers.path("server.pem"))
        .tls_key(Path::new("/no/such/file"))
        .start()
        .expect_err("it is not there");
    assert!(error.message().contains("/no/such/file") && error.code() == ErrorCode::Configuration, "{error}");
    let error =
        server_builder().tls_cert(papers.path("server.pem")).start().expect_err("half of it is missing");
    assert!(error.message().contains("tls.key is not"), "{error}");
}
