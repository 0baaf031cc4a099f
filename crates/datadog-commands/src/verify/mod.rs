//! `report verify`: whether delivered points can be queried, and whether managed dashboards and monitors find data.

mod arguments;
mod command;
mod queries;
