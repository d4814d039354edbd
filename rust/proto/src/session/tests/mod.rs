//! Two sessions joined by a pipe in virtual time. Every run follows from its seed, which stands in each failure message.

mod ending;
mod far;
mod hostile;
mod pair;
mod paths;
mod transfer;
mod trouble;
