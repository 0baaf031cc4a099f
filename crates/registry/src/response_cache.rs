//! Responses of servers that are kept between runs, so that a client can ask whether a response has changed instead of
//! fetching it again.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use crate::{Context, FromContext, Unavailable};

/// The future that a method of [`ResponseStore`] returns.
pub type ResponseFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where responses are kept between runs. A kept response may be out of date. A client uses it only if the server says in this
/// run that the response is still current, if the response cannot change any more, or for something that may be inexact, such
/// as an estimate.
pub trait ResponseStore: Send + Sync + 'static {
    /// The response that was kept under a key. `None` if there is none or it cannot be read.
    fn load<'a>(&'a self, key: &'a str) -> ResponseFuture<'a, Option<Vec<u8>>>;

    /// Keeps a response in place of an earlier one with the same key. The store may write the response later, and drops it if
    /// writing fails.
    fn save<'a>(&'a self, key: &'a str, response: &'a [u8]) -> ResponseFuture<'a, ()>;
}

/// The responses that are kept between runs, as a resource. Nothing is kept unless the program provides a store.
#[derive(Clone, Default)]
pub struct ResponseCache(Option<Arc<dyn ResponseStore>>);

impl ResponseCache {
    /// The responses in a store.
    pub fn new(store: Arc<dyn ResponseStore>) -> Self {
        Self(Some(store))
    }

    /// The store, if there is one.
    #[must_use]
    pub fn store(&self) -> Option<&dyn ResponseStore> {
        self.0.as_deref()
    }
}

impl FromContext for ResponseCache {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self::default())
    }
}

impl fmt::Debug for ResponseCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseCache").field("has_store", &self.0.is_some()).finish()
    }
}
