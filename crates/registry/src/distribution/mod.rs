//! Many values of one series, summarised.

mod buckets;
mod summary;

pub use buckets::Bucket;
pub use summary::Distribution;
