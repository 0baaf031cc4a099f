//! Retries: whether a request that failed is sent again, after which wait, and until when.

mod error;
mod outcome;
mod policy;
mod retrier;

pub use error::RetryError;
pub use outcome::{AttemptError, Idempotency, Retry, may_have_been_processed};
pub use policy::RetryPolicy;
pub use retrier::Retrier;
