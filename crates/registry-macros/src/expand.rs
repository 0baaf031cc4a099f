//! The registration that is put behind the function: thin calls into the registry, every path rooted,
//! no item with a name that could stand in the way of the function's own.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Type, spanned::Spanned};
use system_health_rules::{Aggregate, Comparison, Goal};

use crate::{
    collector::Collector,
    options::{Alias, Kind, Options},
    source_options::SourceOptions,
};

/// Registers the metric when the program is linked.
pub(crate) fn registration(options: &Options, collector: &Collector) -> TokenStream {
    let (key, description, facts) = (&options.key, &collector.description, facts(options));
    let into_result = quote!(into_reading);
    let collect = collect(collector, &into_result);
    let each = options.each.iter().map(each);
    quote! {
        const _: () = {
            ::system_health_registry::__private::inventory::submit! {
                ::system_health_registry::__private::Registration(|| {
                    ::system_health_registry::Metric::new(
                        ::system_health_registry::Facts::new(#key, #description) #facts,
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
    let into_result = quote!(into_described);
    let collect = collect(collector, &into_result);
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

/// The builder call for the type of the subjects. An error about it is shown at the type.
fn each(subject: &Type) -> TokenStream {
    quote_spanned!(subject.span()=> .each::<#subject>())
}

/// The builder calls for the options that were given.
fn facts(options: &Options) -> TokenStream {
    let kind = match options.kind {
        Kind::Gauge => None,
        Kind::Count { interval } => Some(with_interval(&quote!(Count), interval)),
        Kind::Rate { interval } => Some(with_interval(&quote!(Rate), interval)),
    };
    let kind = kind.into_iter();
    let unit = options.unit.iter();
    let goal = options.goal.iter().map(goal);
    let timeout = options.timeout.into_iter().map(duration);
    let tags = list(&options.tags).into_iter();
    let (owner, runbook) = (options.owner.iter(), options.runbook.iter());
    let window = options.window.into_iter().map(duration);
    let aggregate = options.aggregate.into_iter().map(aggregate);
    let recovery = options.recovery.iter();
    let notify = list(&options.notify).into_iter();
    let alias = options.alias.iter().map(alias);
    quote! {
        #(.with_kind(#kind))*
        #(.with_unit(#unit))*
        #(.with_goal(#goal))*
        #(.with_tags(#tags))*
        #(.with_timeout(#timeout))*
        #(.with_owner(#owner))*
        #(.with_runbook(#runbook))*
        #(.with_window(#window))*
        #(.with_aggregate(#aggregate))*
        #(.with_recovery(#recovery))*
        #(.with_notify(#notify))*
        #(.with_alias(#alias))*
    }
}

/// The texts as an array, unless there are none.
fn list(texts: &[String]) -> Option<TokenStream> {
    (!texts.is_empty()).then(|| quote!([#(#texts),*]))
}

fn with_interval(kind: &TokenStream, interval: Duration) -> TokenStream {
    let interval = duration(interval);
    quote!(::system_health_registry::Kind::#kind { interval: #interval })
}

fn duration(duration: Duration) -> TokenStream {
    let (seconds, nanoseconds) = (duration.as_secs(), duration.subsec_nanos());
    quote!(::core::time::Duration::new(#seconds, #nanoseconds))
}

fn goal(goal: &Goal) -> TokenStream {
    let comparison = match goal.comparison() {
        Comparison::Less => quote!(Less),
        Comparison::LessOrEqual => quote!(LessOrEqual),
        Comparison::Greater => quote!(Greater),
        Comparison::GreaterOrEqual => quote!(GreaterOrEqual),
        Comparison::Equal => quote!(Equal),
        Comparison::NotEqual => quote!(NotEqual),
    };
    let target = goal.target();
    quote!(::system_health_registry::Goal::new(::system_health_registry::Comparison::#comparison, #target))
}

fn aggregate(aggregate: Aggregate) -> TokenStream {
    let name = match aggregate {
        Aggregate::Avg => quote!(Avg),
        Aggregate::Min => quote!(Min),
        Aggregate::Max => quote!(Max),
        Aggregate::Sum => quote!(Sum),
    };
    quote!(::system_health_registry::Aggregate::#name)
}

fn alias(Alias { key, until }: &Alias) -> TokenStream {
    let until = duration(*until);
    quote!(::system_health_registry::Alias::new(#key, #until))
}

/// A closure that resolves the arguments, calls the function and converts what it returns.
fn collect(collector: &Collector, into_result: &TokenStream) -> TokenStream {
    let Collector { name, arguments: types, returns, .. } = collector;
    // Names of our own, at the place of the function: an error about the call is shown there.
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
