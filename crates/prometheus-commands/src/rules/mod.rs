//! `report monitors --for prometheus`: alerting rules for goals and for the reporter.

mod command;
mod condition;
mod goal;
mod quantity;
mod reporter;
mod reporter_labels;
mod rule;
mod rule_file;
mod template;
#[cfg(test)]
mod tests;
