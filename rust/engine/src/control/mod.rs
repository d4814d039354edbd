//! The control channel: who is there, what do they want, how did it end (wire-format.md §2).
//!
//! One thread drives all connections of a runtime: [`thread`] is its loop, [`accept`] the server's side, [`connect`] the client's,
//! [`books`] what is the same for both.

pub(crate) mod accept;
mod address;
mod admission;
mod aggregate;
pub(crate) mod auth;
pub(crate) mod books;
mod carry;
pub(crate) mod codec;
pub(crate) mod connect;
pub(crate) mod connection;
mod envelope;
mod eyeballs;
pub(crate) mod greeting;
mod half_open;
mod limits;
pub(crate) mod messages;
mod opening;
pub(crate) mod pem;
pub(crate) mod pin;
mod quota;
mod strikes;
pub(crate) mod thread;
pub(crate) mod tls;
pub(crate) mod values;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use faspstream_proto::config::Rates;
use faspstream_proto::error::{CloseReason, ErrorCode};
use faspstream_proto::units::Rate;
use rustls::ClientConfig;

use crate::api::key::AccessKey;
use crate::io::{SlotId, Wish};
use crate::mailbox::Mailbox;
use crate::shared::SessionShared;
use crate::shared::client::ClientShared;

/// Names a client inside this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ClientId(pub(crate) u64);

/// What the control thread can be told.
pub(crate) enum ControlCommand {
    /// A client is to be connected.
    Connect(Arc<ClientShared>, Arc<ClientConfig>),
    /// Its host name has these addresses.
    Resolved(ClientId, io::Result<Vec<SocketAddr>>),
    /// It wants a session.
    Open(ClientId, SlotId, Arc<SessionShared>),
    /// It is to end.
    CloseClient(ClientId),
    /// The driver: a session is over; None is completion.
    Over(SlotId, Option<CloseReason>),
    /// The driver: a session is gone, its connection id is free.
    Gone(SlotId),
    /// An application has given a session up.
    Abort { slot: SlotId, code: ErrorCode, reason: String },
    /// An application has changed the rates of a session.
    Rates(SlotId, Rates),
    /// The driver: what a session needs to reach its peer.
    Wish(SlotId, Wish),
    /// The driver: a connection that carried datagrams is gone.
    TunnelGone(u64),
    /// The server is to end.
    CloseServer(Duration),
    /// The server's cap of the sum of all sessions.
    Aggregate(Rate),
    /// The authenticator has answered this question; a reason is a no.
    Decided(u64, Option<String>),
    /// The keys that new clients may prove from now on.
    AccessKeys(Vec<AccessKey>),
    /// The thread is to end.
    Shutdown,
}

/// The control thread's mailbox.
pub(crate) type ControlMail = Mailbox<ControlCommand>;
