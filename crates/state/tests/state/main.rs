//! The store against real files: what is kept, what a crash leaves, what damage costs.

mod crash;
mod damage;
mod descriptions;
mod events;
mod harness;
mod history;
mod interleavings;
mod outbox;
mod sending;
