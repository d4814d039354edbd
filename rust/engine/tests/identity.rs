//! Who the ends are, beyond access keys: pinned keys, and a server's own decision.

mod common;

use std::sync::{Arc, Mutex};

use common::{PATIENCE, client_builder, eventually, key, server_builder};
use faspstream::{
    AccessRequest, Authenticator, Client, Direction, ErrorCode, KeyPin, Metadata, Question, Server,
};

#[test]
fn a_client_stays_only_with_a_server_whose_key_is_pinned() {
    let server = server_builder().access_key(key()).start().expect("it starts");
    let other = server_builder().access_key(key()).start().expect("it starts");
    let (pin, wrong) = (server.key_pin(), other.key_pin());
    assert_ne!(pin, wrong, "each has a key of its own");
    let client = |pins: &[KeyPin]| {
        pins.iter().fold(client_builder(&server).access_key(key()), |b, pin| b.tls_pin(*pin)).connect()
    };
    client(&[pin]).expect("it is the one that is meant");
    client(&[wrong, pin]).expect("one of several is enough");
    let error = client(&[wrong]).expect_err("it is another one");
    assert_eq!(error.code(), ErrorCode::Authentication, "{error}");
    assert!(error.message().contains(&pin.to_string()) && error.message().contains("tls.pin"), "{error}");
    assert!(!error.retryable());
}

type Rule = Box<dyn Fn(Question) + Send + Sync>;

/// Remembers what it was asked and answers by a rule.
struct Doorman {
    asked: Mutex<Vec<AccessRequest>>,
    rule: Rule,
}

impl Authenticator for Doorman {
    fn ask(&self, question: Question) {
        self.asked.lock().expect("nobody panicked").push(question.request().clone());
        (self.rule)(question);
    }
}

fn guarded(rule: Rule) -> (Server, Client, Arc<Doorman>) {
    let doorman = Arc::new(Doorman { asked: Mutex::default(), rule });
    let asking = Arc::clone(&doorman) as Arc<dyn Authenticator>;
    let server = server_builder().access_key(key()).authenticator(asking).start().expect("it starts");
    let client = client_builder(&server).access_key(key()).connect().expect("it is let in");
    (server, client, doorman)
}

#[test]
fn the_server_is_asked_about_each_session_and_its_answer_counts() {
    let (server, client, doorman) = guarded(Box::new(|question| {
        if question.request().stream.starts_with("cam-") {
            std::thread::spawn(|| question.allow());
        } else {
            question.deny("only cameras here");
        }
    }));
    let metadata = Metadata::from([("k".to_owned(), "v".to_owned())]);
    client.open(Direction::Push, "cam-1", metadata.clone()).expect("it is allowed");
    let error = client.open(Direction::Pull, "other", Metadata::new()).expect_err("it is not");
    assert_eq!(error.code(), ErrorCode::Permission, "{error}");
    assert!(error.message().contains("only cameras here"), "{error}");
    client.open(Direction::Push, "cam-2", Metadata::new()).expect("the connection is as good as before");
    let asked = doorman.asked.lock().expect("nobody panicked");
    assert_eq!(asked.len(), 3);
    let first = &asked[0];
    assert_eq!((first.key_id.as_str(), first.stream.as_str()), ("tester", "cam-1"));
    assert_eq!((first.direction, &first.metadata, &first.certificate), (Direction::Push, &metadata, &None));
    assert!(first.remote.ip().is_loopback());
    assert_eq!(server.stats().sessions_refused, 1);
}

#[test]
fn no_answer_and_a_panic_are_a_no() {
    for rule in [Box::new(drop) as Rule, Box::new(|_| panic!("the doorman stumbles"))] {
        let (server, client, _) = guarded(rule);
        let error = client.open(Direction::Push, "x", Metadata::new()).expect_err("nobody has allowed it");
        assert_eq!(error.code(), ErrorCode::Permission, "{error}");
        assert!(!error.message().contains("battery staple"));
        assert_eq!(server.stats().sessions_active, 0);
    }
}

#[test]
fn while_one_waits_for_its_answer_others_are_served() {
    let held = Arc::new(Mutex::new(Vec::new()));
    let keeping = Arc::clone(&held);
    let (server, client, _) = guarded(Box::new(move |question| {
        if question.request().stream == "slow" {
            keeping.lock().expect("nobody panicked").push(question);
        } else {
            question.allow();
        }
    }));
    let slow = client.start_open(Direction::Push, "slow", Metadata::new()).expect("it is asked for");
    client.open(Direction::Push, "fast", Metadata::new()).expect("it does not wait for the other");
    server.accept(Some(PATIENCE)).expect("it is there");
    assert!(slow.id().is_empty(), "it has no answer yet");
    held.lock().expect("nobody panicked").pop().expect("it was asked").allow();
    eventually("it opens", || !slow.id().is_empty());
}

#[test]
fn a_question_of_a_client_that_has_left_keeps_no_place() {
    let held = Arc::new(Mutex::new(Vec::new()));
    let keeping = Arc::clone(&held);
    let doorman = Doorman {
        asked: Mutex::default(),
        rule: Box::new(move |question| keeping.lock().expect("nobody panicked").push(question)),
    };
    let builder = server_builder().access_key(key()).max_sessions(1).authenticator(Arc::new(doorman));
    let server = builder.start().expect("it starts");
    for round in 0..3 {
        let client = client_builder(&server).access_key(key()).connect().expect("it is let in");
        client.start_open(Direction::Push, "x", Metadata::new()).expect("it is asked for");
        eventually("it is asked", || held.lock().expect("nobody panicked").len() == round + 1);
        client.close();
        eventually("it has left", || server.stats().connections == 0);
    }
    held.lock().expect("nobody panicked").drain(..).for_each(Question::allow);
    assert_eq!(server.stats().sessions_opened, 0);
}
