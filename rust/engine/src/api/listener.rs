//! How an application that polls is told that a call is worth while again.

use core::ops::BitOr;

/// A set of things that have become possible.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ready(u32);

impl Ready {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Client: the server has let us in; sessions can be opened.
    pub const CONNECTED: Self = Self(1);
    /// Server: a session waits for `try_accept`.
    pub const ACCEPT: Self = Self(1 << 1);
    /// Session: the peer's engine has accepted it.
    pub const OPENED: Self = Self(1 << 2);
    /// Session: `try_read` gives something other than `Read::Empty`.
    pub const READABLE: Self = Self(1 << 3);
    /// Session: `try_write` takes bytes again.
    pub const WRITABLE: Self = Self(1 << 4);
    /// It is over: a session completed or failed, a client failed or was closed, a server was closed. Given once, as the last.
    pub const ENDED: Self = Self(1 << 5);

    /// True if all of `other` is in this set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// True if nothing is in this set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// True if it is about bytes alone.
    pub(crate) const fn is_data(self) -> bool {
        self.0 & !(Self::READABLE.0 | Self::WRITABLE.0) == 0
    }

    /// The set as a number: one bit each, in the order of the constants from bit 0.
    pub const fn bits(self) -> u32 {
        self.0
    }
}

impl BitOr for Ready {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Told when something has become possible.
///
/// Called from the engine's threads and from threads that call the engine. Calls are coalesced: READABLE is given once after a
/// `try_read` that found nothing, WRITABLE once after a `try_write` that took nothing. The call must not block, and must not call back
/// into the object that it concerns.
pub trait Listener: Send + Sync {
    /// `what` has become possible.
    fn on_ready(&self, what: Ready);
}
