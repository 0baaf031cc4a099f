//! The attributes `#[system_health_metric]` and `#[system_health_source]`. Depend on `system-health-registry`, which
//! re-exports them.
//!
//! An attribute reads the options and the function's signature, reports every mistake at its own
//! token, and adds a thin registration behind the function. What the registration does when it runs
//! is ordinary code in the registry, which can be tested.

mod collector;
mod description;
mod expand;
mod mistakes;
mod option;
mod options;
mod source_options;

use proc_macro::TokenStream;
use quote::quote;

use crate::{
    collector::{Collector, Role},
    options::Options,
    source_options::SourceOptions,
};

/// Registers a function as a metric.
///
/// The function stays as it is: sync or async, private or public, and a test calls it directly. Its
/// doc comment is the metric's description and is required. Each argument implements `FromContext`,
/// the return type implements `IntoReading`. A sync function runs on a thread where it may block, an async
/// one runs among the others. The crate must know `system-health-registry` by this name.
///
/// | option | value | example |
/// |---|---|---|
/// | `key` | required: ASCII letters, digits, `_` and `.`, a letter first, at most 200 characters | `"commits.hotfix"` |
/// | `each` | the type of what the metric is about, which implements `Subject`: it is collected for each | `Repository` |
/// | `kind` | `gauge` (the default), `count` or `rate` | `"count"` |
/// | `interval` | the time that a value covers, in whole seconds; required for a count or a rate | `"15m"` |
/// | `unit` | what the values count | `"commit"` |
/// | `goal` | what the values should be: `<`, `<=`, `>`, `>=`, `==` or `!=`, and a number | `"< 5"` |
/// | `tags` | tags of every sample | `["team:platform"]` |
/// | `timeout` | how long one collection may take, 30 seconds by default | `"2m"` |
/// | `owner` | who answers for the metric | `"team-platform"` |
/// | `runbook` | the address of the page that says what to do when the goal is missed | `"https://wiki.example.com/hotfix"` |
/// | `window` | how much time a monitor of the metric looks at: whole minutes, from `1m` to `7d` | `"1h"` |
/// | `aggregate` | how several series become one value: `avg`, `min`, `max` or `sum`; without it, gauges with a goal `<`, `<=`, `>` or `>=` have the one farthest from it | `"max"` |
/// | `recovery` | the value at which an alert about a missed goal ends; it lies beyond the target of the goal, which is not one with `==` or `!=` | `"3"` |
/// | `notify` | who is told when the goal is missed: one or more handles with spaces between them | `"@slack-platform @oncall"` |
/// | `alias` | a former key under which the values are delivered, too; needs `alias_until` | `"commits.hotfixes"` |
/// | `alias_until` | the day on which the alias ends, which begins in UTC | `"2027-01-31"` |
#[proc_macro_attribute]
pub fn system_health_metric(options: TokenStream, item: TokenStream) -> TokenStream {
    register(options, item, Role::Metric, Options::parse, expand::registration)
}

/// Registers a function as a source: it returns metrics that only a run can know, with their readings.
///
/// The function stays as it is, and its arguments are resources, as those of a metric. It returns a `Vec<Described>`,
/// or a `Result` of one. Its doc comment says what it returns, and is required.
///
/// | option | value | example |
/// |---|---|---|
/// | `name` | required: lower-case letters, digits, `_` and `-` | `"warehouse"` |
/// | `timeout` | the maximum time of one collection, 30 seconds by default | `"2m"` |
#[proc_macro_attribute]
pub fn system_health_source(options: TokenStream, item: TokenStream) -> TokenStream {
    register(options, item, Role::Source, SourceOptions::parse, expand::source_registration)
}

fn register<O>(
    options: TokenStream,
    item: TokenStream,
    role: Role,
    parse: impl FnOnce(proc_macro2::TokenStream) -> syn::Result<O>,
    expand: impl FnOnce(&O, &Collector) -> proc_macro2::TokenStream,
) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    let registration = match (parse(options.into()), Collector::parse(item.clone(), role)) {
        (Ok(options), Ok(collector)) => expand(&options, &collector),
        (Err(mut mistakes), Err(others)) => {
            mistakes.combine(others);
            mistakes.into_compile_error()
        }
        (Err(mistakes), Ok(_)) | (Ok(_), Err(mistakes)) => mistakes.into_compile_error(),
    };
    // The function comes untouched, also after a mistake, so that nothing else breaks. Two lints do not
    // hold for collectors: arguments have to be owned, and `async` also says on which thread to run.
    quote! {
        #[allow(clippy::needless_pass_by_value, clippy::unused_async)]
        #item
        #registration
    }
    .into()
}
