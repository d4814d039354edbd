//! Everybody who can stand in a world.

use faspstream_netem::Time;

use crate::cross::{TcpReceiver, TcpSender};
use crate::endpoint::Endpoint;
use crate::packet::Segment;
use crate::world::Agent;

/// An end of one of our flows, or of a TCP model.
#[derive(Debug)]
pub(crate) enum Actor {
    Endpoint(Box<Endpoint>),
    TcpSender(Box<TcpSender>),
    TcpReceiver(Box<TcpReceiver>),
}

impl Agent for Actor {
    fn accept(&mut self, now: Time, packet: Segment) {
        match self {
            Self::Endpoint(a) => a.accept(now, packet),
            Self::TcpSender(a) => a.accept(now, packet),
            Self::TcpReceiver(a) => a.accept(now, packet),
        }
    }

    fn run(&mut self, now: Time, out: &mut Vec<Segment>) {
        match self {
            Self::Endpoint(a) => a.run(now, out),
            Self::TcpSender(a) => a.run(now, out),
            Self::TcpReceiver(a) => a.run(now, out),
        }
    }

    fn next_wake(&self) -> Option<Time> {
        match self {
            Self::Endpoint(a) => a.next_wake(),
            Self::TcpSender(a) => a.next_wake(),
            Self::TcpReceiver(a) => a.next_wake(),
        }
    }

    fn is_done(&self) -> bool {
        match self {
            Self::Endpoint(a) => a.is_done(),
            Self::TcpSender(a) => a.is_done(),
            Self::TcpReceiver(a) => a.is_done(),
        }
    }
}
