//! Datagrams that were sealed by somebody, for somebody else.

use super::pair::*;
use crate::config::{Config, MasterSecret, Role, Side};
use crate::io::Discard;
use crate::session::Session;

fn session(role: Role, side: Side, master: u8) -> Session {
    let config = Config { master: MasterSecret::new([master; 32]), ..config(role, side) };
    Session::new(config).expect("the configuration is good")
}

fn first_datagram(session: &mut Session) -> Vec<u8> {
    let mut buffer = [0; 2_000];
    let transmit = session.poll_transmit(at(0), &mut buffer, 1).expect("the client speaks first");
    buffer[..transmit.len].to_vec()
}

#[test]
fn an_ends_own_datagrams_come_back_to_no_effect() {
    let mut client = session(Role::Sender, Side::Client, 3);
    let mut datagram = first_datagram(&mut client);
    let from = address(RECEIVER);
    assert_eq!(client.handle_datagram(at(1), from, &datagram), Err(Discard::UnknownConnection));
    // Whoever reflects them can write this end's connection id over the other's.
    datagram[1..5].copy_from_slice(&7_u32.to_be_bytes());
    assert_eq!(client.handle_datagram(at(1), from, &datagram), Err(Discard::NotAuthentic));
    assert_eq!(client.stats().datagrams_received, 0);
}

#[test]
fn datagrams_of_another_session_are_not_authentic_even_under_its_connection_id() {
    let mut client = session(Role::Sender, Side::Client, 3);
    let mut server = session(Role::Receiver, Side::Server, 3);
    let mut other = session(Role::Sender, Side::Client, 4);
    let spliced = first_datagram(&mut other);
    let from = address(SENDER);
    assert_eq!(server.handle_datagram(at(1), from, &spliced), Err(Discard::NotAuthentic));
    assert_eq!(server.remote(), None, "nothing was learnt from it");
    assert_eq!(server.handle_datagram(at(1), from, &first_datagram(&mut client)), Ok(()));
}
