//! Tests of the store: contents, crashes and damage.

mod backfill;
mod copy;
mod crash;
mod damage;
mod descriptions;
mod events;
mod harness;
mod history;
mod interleavings;
mod outbox;
mod recorded;
mod responses;
mod sending;
mod temporality;
mod thinned;
