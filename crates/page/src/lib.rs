//! A web page that shows every metric of a run: its state, goal, history, subjects and evidence, the events and the
//! deliveries. The page is a single document that loads no other files and needs no build. It needs no internet access.
//!
//! ```
//! use system_health_page::{Documents, router};
//!
//! let app: axum::Router = router([Documents::Report, Documents::Traces]);
//! # let _ = app;
//! ```
//!
//! The page reads the JSON documents of the same server. [`Documents`] lists them. If the server answers 401, the
//! page asks for a bearer token. So the page itself needs no token: it contains no data.

mod assets;
mod documents;
mod page;
mod policy;
mod router;

pub use documents::Documents;
pub use page::Page;
pub use router::router;
