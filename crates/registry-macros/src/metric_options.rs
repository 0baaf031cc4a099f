//! The options of a metric. This module only knows the syntax of the values. Their meaning is in the table of options
//! in `system-health-rules`, which the registry also uses.

use proc_macro2::TokenStream;
use syn::Type;
use system_health_rules::{Facts, Form, MetricOption, OptionValue};

use crate::{
    attribute_option::{AttributeOption, AttributeOptions, mistake_in_whole_call},
    mistakes::Mistakes,
};

/// The valid options of one metric.
pub(crate) struct MetricOptions {
    pub(crate) facts: Vec<(&'static str, OptionValue)>,
    pub(crate) each: Option<Type>,
}

impl MetricOptions {
    /// Parses the options. Fails with all their mistakes.
    pub(crate) fn parse(tokens: TokenStream) -> syn::Result<Self> {
        let mut mistakes = Mistakes::default();
        let names: Vec<&str> = MetricOption::all().map(|option| option.name).collect();
        let written = AttributeOptions::parse(tokens, &names, |_| None, &mut mistakes)?;
        let mut options = Self { facts: Vec::new(), each: None };
        let mut unreadable = Vec::new();
        for option in MetricOption::all() {
            let Some(attribute_option) = written.get(option.name) else { continue };
            // If the option on which this option depends cannot be read, this option would be refused for the wrong reason.
            if option.depends_on.is_some_and(|other| unreadable.contains(&other)) {
                unreadable.push(option.name);
                continue;
            }
            if mistakes.ok_or_add(options.read(option, attribute_option)).is_none() {
                unreadable.push(option.name);
            }
        }
        // The registry reads the options again in the same way, so the facts themselves are not needed here.
        if let Err(errors) = Facts::from_options("", &options.facts) {
            let new_errors = errors.iter().filter(|error| !unreadable.contains(&error.option()));
            for error in new_errors {
                mistakes.add(match written.get(error.option()) {
                    Some(option) => option.mistake_at(error.item(), error.message()),
                    None => mistake_in_whole_call(error.message()),
                });
            }
        }
        mistakes.finish_with(options)
    }

    fn read(&mut self, option: &MetricOption, written: &AttributeOption) -> syn::Result<()> {
        let value = match option.form {
            Form::Text => OptionValue::Text(written.text()?),
            Form::List => OptionValue::List(written.list()?),
            Form::Bool => OptionValue::Bool(written.bool()?),
            Form::Number => OptionValue::Number(written.number()?),
            Form::Type => {
                self.each = Some(written.parse_type(option.example)?);
                return Ok(());
            }
        };
        self.facts.push((option.name, value));
        Ok(())
    }
}
