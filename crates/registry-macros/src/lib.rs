//! The attributes `#[system_health_metric]`, `#[system_health_source]` and `#[traced]`. Depend on `system-health-registry`,
//! which re-exports the attributes.
//!
//! An attribute parses its options and the function's signature, reports every mistake at its own token, and adds a
//! registration after the function. The registration only calls the registry, whose code can be tested.

mod attribute_option;
mod collector;
mod doc_comment;
mod expand;
mod metric_options;
mod mistakes;
mod settings_table;
mod source_options;
mod traced;

use proc_macro::TokenStream;
use quote::quote;

use crate::{
    collector::{Collector, Role},
    metric_options::MetricOptions,
    source_options::SourceOptions,
};

/// Registers a function as a metric.
///
/// The attribute does not change the function. It may be sync or async, private or public, and a test can call it. Its
/// doc comment is required: it is the metric's description. Each argument implements `FromContext`, and the return type
/// implements `IntoReading`. A sync function runs on a thread where it may block. An async function shares its threads
/// with other collectors and must not block. The crate must depend on `system-health-registry` under this name.
///
#[doc = include_str!("../options.md")]
#[proc_macro_attribute]
pub fn system_health_metric(options: TokenStream, item: TokenStream) -> TokenStream {
    register(options, item, Role::Metric, MetricOptions::parse, expand::registration)
}

/// Registers a function as a source. A source returns metrics that are known only at run time, with their readings.
///
/// The attribute does not change the function. The arguments are resources, as for a metric. The function returns a
/// `Vec<DescribedReading>` or a `Result` with one. Its doc comment is required: it describes the returned metrics.
///
/// | option | meaning | default | example |
/// |---|---|---|---|
/// | `name` | the name of the source: lower-case letters, digits, `_` and `-` | required | `"warehouse"` |
/// | `timeout` | the maximum time of one collection | 30 seconds | `"2m"` |
#[proc_macro_attribute]
pub fn system_health_source(options: TokenStream, item: TokenStream) -> TokenStream {
    register(options, item, Role::Source, SourceOptions::parse, expand::source_registration)
}

/// Shows the calls of a function in the trace of a run. Each call becomes a span with the name of the function, from the call to
/// the return.
///
/// The function may be sync or async, and may be a method. If it returns an error, the span has the error with all causes. If
/// it returns no data, the span says so. The arguments are not recorded, because one of them may be a secret. Without tracing,
/// the span is disabled. The crate must depend on `system-health-registry` under this name.
#[proc_macro_attribute]
pub fn traced(options: TokenStream, item: TokenStream) -> TokenStream {
    traced::expand(&options.into(), item.into()).into()
}

/// Reports the first mistake in a call of `settings_table!`, at the token with the mistake. Only `settings_table!` uses
/// this macro, for a call that does not match its pattern.
#[doc(hidden)]
#[proc_macro]
pub fn settings_table_mistake(call: TokenStream) -> TokenStream {
    settings_table::mistake(call.into()).into_compile_error().into()
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
        (Err(mut mistakes), Err(mistakes_in_signature)) => {
            mistakes.combine(mistakes_in_signature);
            mistakes.into_compile_error()
        }
        (Err(mistakes), Ok(_)) | (Ok(_), Err(mistakes)) => mistakes.into_compile_error(),
    };
    // The function is kept even if there are mistakes, so that they cause no further errors. Two lints do not apply to
    // collectors: their arguments must be owned, and `async` also chooses the thread.
    quote! {
        #[allow(clippy::needless_pass_by_value, clippy::unused_async)]
        #item
        #registration
    }
    .into()
}
