//! Retries: whether a failed request is sent again, after which wait, and until when.

mod decision;
mod error;
mod policy;
mod retrier;

pub use decision::{AttemptError, Idempotency, Retry, may_have_been_processed};
pub use error::RetryError;
pub use policy::RetryPolicy;
pub use retrier::Retrier;
