//! Virtual-time scenarios of the protocol.
