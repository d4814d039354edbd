//! What the sender knows of its datagrams: which were sent, which arrived, which are lost, and what the path looks like.
//!
//! Loss is found in the order of packet numbers (RFC 9002 section 6, RFC 8985); every transmission has a number of its own, so a
//! retransmission that is lost is found exactly like an original.

pub(crate) mod base_rtt;
pub(crate) mod delivery_rate;
pub(crate) mod flight;
pub(crate) mod loss;
pub(crate) mod missing;
pub(crate) mod probe;
pub(crate) mod rtt;
pub(crate) mod sent;
mod windowed;
