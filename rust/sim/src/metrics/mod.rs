//! What is measured on the way.

mod histogram;
mod series;

pub use histogram::Histogram;
pub use series::Bins;
