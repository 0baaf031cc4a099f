//! The registration that is added after the function. It only calls the registry, every path is absolute, and it
//! defines no names that could conflict with the function's own.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Type, spanned::Spanned};
use system_health_rules::OptionValue;

use crate::{collector::Collector, metric_options::MetricOptions, source_options::SourceOptions};

/// Registers the metric when the program is linked.
pub(crate) fn registration(options: &MetricOptions, collector: &Collector) -> TokenStream {
    let description = &collector.description;
    let names = options.facts.iter().map(|(name, _)| name);
    let values = options.facts.iter().map(|(_, value)| option_value(value));
    let collect = collect(collector, &quote!(into_reading));
    let each = options.each.iter().map(each);
    quote! {
        const _: () = {
            ::system_health_registry::__private::inventory::submit! {
                ::system_health_registry::__private::Registration(|| {
                    ::system_health_registry::__private::metric(
                        #description,
                        &[#((#names, #values)),*],
                        ::system_health_registry::location!(),
                        #collect
                    )
                    #(#each)*
                })
            }
        };
    }
}

/// Registers the source when the program is linked.
pub(crate) fn source_registration(options: &SourceOptions, collector: &Collector) -> TokenStream {
    let (name, description) = (&options.name, &collector.description);
    let timeout = options.timeout.into_iter().map(duration);
    let collect = collect(collector, &quote!(into_described_readings));
    quote! {
        const _: () = {
            ::system_health_registry::__private::inventory::submit! {
                ::system_health_registry::__private::SourceRegistration(|| {
                    ::system_health_registry::Source::new(
                        #name,
                        #description,
                        ::system_health_registry::location!(),
                        #collect
                    )
                    #(.with_timeout(#timeout))*
                })
            }
        };
    }
}

/// Sets the type of the subjects. The compiler reports an error about the type at the type.
fn each(subject: &Type) -> TokenStream {
    quote_spanned!(subject.span()=> .map(::system_health_registry::Metric::each::<#subject>))
}

fn option_value(value: &OptionValue) -> TokenStream {
    match value {
        OptionValue::Text(text) => quote!(::system_health_registry::__private::text(#text)),
        OptionValue::Bool(value) => quote!(::system_health_registry::OptionValue::Bool(#value)),
        OptionValue::Number(number) => quote!(::system_health_registry::OptionValue::Number(#number)),
        OptionValue::List(texts) => quote!(::system_health_registry::__private::list(&[#(#texts),*])),
    }
}

fn duration(duration: Duration) -> TokenStream {
    let (seconds, nanoseconds) = (duration.as_secs(), duration.subsec_nanos());
    quote!(::core::time::Duration::new(#seconds, #nanoseconds))
}

/// A closure that gets the arguments from the context, calls the function and converts its return value.
fn collect(collector: &Collector, into_result: &TokenStream) -> TokenStream {
    let Collector { name, arguments: types, returns, .. } = collector;
    // Hygienic names with the span of the function, so that the compiler reports errors about the call there.
    let span = Span::mixed_site().located_at(name.span());
    let arguments: Vec<_> =
        (0..types.len()).map(|index| format_ident!("argument_{index}", span = span)).collect();
    let call = quote_spanned!(span=> #name(#(#arguments),*));
    let value = if collector.is_async {
        quote_spanned!(span=> #call.await)
    } else {
        quote_spanned!(span=> ::system_health_registry::__private::blocking(move || #call).await)
    };
    quote_spanned! {span=>
        |context| ::std::boxed::Box::pin(async move {
            let (#(#arguments,)*) = ::system_health_registry::__private::join!(
                #(::system_health_registry::__private::argument::<#types>(&context)),*
            );
            #(let #arguments = #arguments?;)*
            ::system_health_registry::__private::#into_result::<#returns>(#value)
        })
    }
}
