//! What both ends have: keys, packet numbers, the path, and the silence on it.

use std::net::SocketAddr;

use crate::config::{Config, ConnectionId, Side};
use crate::idle::Silence;
use crate::io::Discard;
use crate::path::Path;
use crate::protection::{NotAuthentic, Opener, SealError, SealedDatagram, Sealer};
use crate::receive::replay::ReceivedNumbers;
use crate::units::{ByteCount, Instant};
use crate::wire::header::Kind;

/// Counters of both directions.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ChannelCounters {
    pub(super) wire_sent: u64,
    pub(super) wire_received: u64,
    pub(super) datagrams_sent: u64,
    pub(super) datagrams_received: u64,
    pub(super) reordered: u64,
    pub(super) rejected: u64,
}

/// An authentic new datagram.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    pub(super) number: u64,
    /// Bytes on the wire, IP and UDP headers included.
    pub(super) wire: ByteCount,
    /// Its number is the largest so far.
    pub(super) is_newest: bool,
    /// Numbers are missing below it that were not known to be missing.
    pub(super) is_gap: bool,
    /// It is the first of all.
    pub(super) is_first: bool,
    /// It has moved the session to another address.
    pub(super) is_move: bool,
}

/// The protected channel to the peer.
#[derive(Debug)]
pub(super) struct Channel {
    local_id: ConnectionId,
    remote_id: ConnectionId,
    opener: Opener,
    sealer: Sealer,
    next_number: u64,
    is_sealed_out: bool,
    pub(super) received: ReceivedNumbers,
    pub(super) path: Path,
    pub(super) silence: Silence,
    pub(super) counters: ChannelCounters,
}

impl Channel {
    pub(super) fn new(config: &Config) -> Self {
        let peer = match config.side {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        };
        Self {
            local_id: config.local_id,
            remote_id: config.remote_id,
            opener: Opener::new(config.cipher, &config.master, peer),
            sealer: Sealer::new(config.cipher, &config.master, config.side),
            next_number: 0,
            is_sealed_out: false,
            received: ReceivedNumbers::new(),
            path: Path::new(config.remote, config.control_peer, config.side, config.seed),
            silence: Silence::new(config.outage_timeout),
            counters: ChannelCounters::default(),
        }
    }

    /// True once something authentic has come.
    pub(super) fn is_established(&self) -> bool {
        self.counters.datagrams_received > 0
    }

    /// The packet number of the next datagram that is sealed.
    pub(super) fn next_number(&self) -> u64 {
        self.next_number
    }

    /// True if the keys have sealed all that they may and can't be updated (wire-format.md §3.2).
    pub(super) fn is_sealed_out(&self) -> bool {
        self.is_sealed_out
    }

    /// Key updates of the sending direction.
    pub(super) fn key_updates(&self) -> u64 {
        self.sealer.updates()
    }

    /// True if so many datagrams failed to authenticate that the session must end (wire-format.md §3.2).
    pub(super) fn is_exhausted(&self) -> bool {
        self.opener.is_exhausted()
    }

    /// The peer has received our datagram `number`.
    pub(super) fn on_acknowledged(&mut self, number: u64) {
        self.sealer.on_acknowledged(number);
    }

    /// Takes a datagram apart and refuses what must not even be opened.
    pub(super) fn parse<'a>(&mut self, datagram: &'a [u8]) -> Result<SealedDatagram<'a>, Discard> {
        let parsed = self.opener.parse(datagram);
        let verdict = match parsed {
            None => Err(Discard::Malformed),
            Some(sealed) if sealed.header.connection_id != self.local_id => Err(Discard::UnknownConnection),
            Some(sealed) if self.received.is_replay(sealed.packet_number) => Err(Discard::Replayed),
            Some(sealed) => Ok(sealed),
        };
        self.counters.rejected += u64::from(verdict.is_err());
        verdict
    }

    /// Decrypts to the front of `out`.
    pub(super) fn open(&mut self, sealed: &SealedDatagram<'_>, out: &mut [u8]) -> Result<(), Discard> {
        self.opener.open(sealed, out).map_err(|NotAuthentic| {
            self.counters.rejected += 1;
            Discard::NotAuthentic
        })
    }

    /// Accounts for a datagram that authenticated.
    pub(super) fn accept(&mut self, now: Instant, from: SocketAddr, number: u64, bytes: usize) -> Arrival {
        let largest = self.received.largest();
        let next = largest.map_or(0, |largest| largest + 1);
        self.received.insert(number);
        let is_first = !self.is_established();
        let is_newest = number >= next;
        let is_move = self.path.on_datagram(from, bytes as u64, is_newest);
        let wire = ByteCount(bytes as u64) + self.path.overhead();
        self.silence.on_heard(now);
        self.counters.datagrams_received += 1;
        self.counters.wire_received += wire.0;
        self.counters.reordered += u64::from(!is_newest);
        Arrival { number, wire, is_newest, is_gap: number > next, is_first, is_move }
    }

    /// Seals `payload` into `out`; the datagram's packet number and its length. None if the keys are used up.
    pub(super) fn seal(&mut self, kind: Kind, payload: &[u8], out: &mut [u8]) -> Option<(u64, usize)> {
        if self.sealer.wants_update() {
            self.sealer.update();
        }
        let number = self.next_number;
        let sealed = self.sealer.seal(self.remote_id, kind, number, payload, out);
        self.is_sealed_out |= sealed == Err(SealError::Exhausted);
        let len = sealed.ok()?;
        self.next_number += 1;
        self.counters.datagrams_sent += 1;
        self.counters.wire_sent += len as u64 + self.path.overhead().0;
        Some((number, len))
    }

    #[cfg(test)]
    pub(super) fn sealer_mut(&mut self) -> &mut Sealer {
        &mut self.sealer
    }
}
