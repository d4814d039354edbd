//! A client's next session to the same server starts from the path that the last one has found.

mod common;

use std::thread;

use common::{PATIENCE, pair};
use faspstream::{Client, Direction, Metadata, Rate, Server, Session};

/// A stream of `length` bytes to the server; gives what its sender remembered of the path at the start.
fn push(server: &Server, client: &Client, direction: Direction, length: usize) -> Rate {
    let near = client.open(direction, "stream", Metadata::new()).expect("it opens");
    let far = server.accept(Some(PATIENCE)).expect("it arrives");
    let (writer, reader) = if direction == Direction::Push { (near, far) } else { (far, near) };
    let reading = thread::spawn(move || read_all(&reader));
    writer.write(&vec![7; length]).expect("the peer reads");
    writer.complete().expect("the peer has read it all");
    assert_eq!(reading.join().expect("the reader does not panic"), length);
    writer.stats().remembered_rate
}

fn read_all(session: &Session) -> usize {
    let mut buffer = vec![0; 64 << 10];
    let mut sum = 0;
    loop {
        match session.read(&mut buffer).expect("the peer writes") {
            0 => return sum,
            n => sum += n,
        }
    }
}

#[test]
fn a_second_session_remembers_the_path_of_the_first_in_either_direction() {
    let (server, client) = pair();
    assert_eq!(push(&server, &client, Direction::Push, 8 << 20), Rate::ZERO, "nobody was there before");
    let found = push(&server, &client, Direction::Push, 1 << 20);
    assert!(found > Rate::from_mbps(1), "{found}");
    push(&server, &client, Direction::Pull, 8 << 20);
    assert!(push(&server, &client, Direction::Pull, 1 << 20) > Rate::from_mbps(1));
}

#[test]
fn another_client_of_the_process_profits_too_and_another_server_is_another_path() {
    let (server, client) = pair();
    push(&server, &client, Direction::Push, 4 << 20);
    let second = common::client_builder(&server).access_key(common::key()).connect().expect("it connects");
    assert!(push(&server, &second, Direction::Push, 1 << 20) > Rate::ZERO);
    let (elsewhere, stranger) = pair();
    assert_eq!(push(&elsewhere, &stranger, Direction::Push, 1 << 20), Rate::ZERO);
}
