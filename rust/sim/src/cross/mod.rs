//! Model cross traffic: TCP flows at packet level, close enough to the kernel's to judge harm by before a real kernel does.
//!
//! Simplifications: every packet is acknowledged, acknowledgements name up to three ranges beside the newest packet, the receive window
//! has no end, and a sender always has data. Packets have 1,500 bytes on the wire, 1,448 of them the application's.

mod bbr;
mod cubic;
mod receiver;
mod sender;

use core::time::Duration;

use faspstream_netem::Time;

pub use receiver::TcpReceiver;
pub use sender::TcpSender;

use bbr::Bbr;
use cubic::Cubic;

/// Bytes of a full packet on the wire.
pub const WIRE: u64 = 1500;
/// Of those, the application's.
pub const PAYLOAD: u64 = 1448;

/// A TCP flow beside ours.
#[derive(Clone, Copy, Debug)]
pub struct Cross {
    /// How it controls its rate.
    pub law: CrossLaw,
    /// When it begins.
    pub start: Duration,
    /// When it stops sending.
    pub stop: Duration,
    /// Added to the round-trip time of this flow alone.
    pub extra_rtt: Duration,
}

/// A congestion control of TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrossLaw {
    /// RFC 9438 with HyStart.
    Cubic,
    /// BBR, version 1 (draft-cardwell-iccrg-bbr-congestion-control-00).
    Bbr,
}

/// What an acknowledgement has told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AckFacts {
    pub(crate) now: Time,
    /// Packets newly delivered.
    pub(crate) acked: u64,
    pub(crate) rtt: Duration,
    /// Packets in flight after it.
    pub(crate) in_flight: u64,
    /// Packets delivered in all.
    pub(crate) delivered: u64,
    /// `delivered` when the newest of them was sent.
    pub(crate) prior_delivered: u64,
    /// Packets per second over about one round trip.
    pub(crate) delivery_rate: f64,
}

/// The laws behind one face.
#[derive(Debug)]
pub(crate) enum Law {
    Cubic(Cubic),
    Bbr(Bbr),
}

impl Law {
    pub(crate) fn new(law: CrossLaw) -> Self {
        match law {
            CrossLaw::Cubic => Self::Cubic(Cubic::new()),
            CrossLaw::Bbr => Self::Bbr(Bbr::new()),
        }
    }

    pub(crate) fn on_ack(&mut self, facts: &AckFacts) {
        match self {
            Self::Cubic(law) => law.on_ack(facts),
            Self::Bbr(law) => law.on_ack(facts),
        }
    }

    /// The first loss of an episode.
    pub(crate) fn on_loss(&mut self) {
        if let Self::Cubic(law) = self {
            law.on_loss();
        }
    }

    pub(crate) fn on_timeout(&mut self) {
        match self {
            Self::Cubic(law) => law.on_timeout(),
            Self::Bbr(law) => law.on_timeout(),
        }
    }

    /// Most packets in flight.
    pub(crate) fn window(&self) -> u64 {
        match self {
            Self::Cubic(law) => law.window(),
            Self::Bbr(law) => law.window(),
        }
    }

    /// Packets per second; None to send as the window allows.
    pub(crate) fn pacing(&self) -> Option<f64> {
        match self {
            Self::Cubic(_) => None,
            Self::Bbr(law) => law.pacing(),
        }
    }
}
