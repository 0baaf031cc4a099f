//! The page in a real Chromium, with metrics in all states.

mod accessibility;
mod documents;
mod metric;
mod monitors;
mod overview;
mod pictures;
mod protection;
mod received;
mod refresh;
mod site;
mod trace;
