//! The attribute `#[traced]`: a span around the body of a function. The body itself is not changed, so that the compiler
//! reports errors in it as if there were no attribute.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::{
    Attribute, Block, ReturnType, Signature, Token, Type, Visibility,
    ext::IdentExt,
    parse::{ParseStream, Parser},
};

use crate::mistakes::Mistakes;

/// The function with the attribute.
struct Function {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    signature: Signature,
    body: Block,
}

/// The function with a span around its body, or the mistakes and the unchanged function.
pub(crate) fn expand(options: &TokenStream, item: TokenStream) -> TokenStream {
    let mut mistakes = Mistakes::default();
    if !options.is_empty() {
        let message = "`traced` takes no options; the span has the name of the function";
        mistakes.at(options, message);
    }
    let function = mistakes.ok_or_add(parse.parse2(item.clone()));
    if let Some(Function { signature, .. }) = &function {
        refuse_untraceable(signature, &mut mistakes);
    }
    match (mistakes.finish_with(()), function) {
        (Ok(()), Some(function)) => traced(&function),
        (Err(mistakes), _) => {
            let mistakes = mistakes.into_compile_error();
            quote!(#item #mistakes)
        }
        (Ok(()), None) => item,
    }
}

fn parse(input: ParseStream<'_>) -> syn::Result<Function> {
    let attributes = input.call(Attribute::parse_outer)?;
    let visibility = input.parse()?;
    let start = input.span();
    let signature: Signature = input.parse().map_err(|_| {
        syn::Error::new(start, "only a function can be traced; put the attribute on a function")
    })?;
    if input.peek(Token![;]) {
        let message = "a traced function needs a body; put the attribute on the implementation";
        return Err(syn::Error::new_spanned(&signature.ident, message));
    }
    Ok(Function { attributes, visibility, signature, body: input.parse()? })
}

fn refuse_untraceable(signature: &Signature, mistakes: &mut Mistakes) {
    if let Some(constness) = &signature.constness {
        mistakes
            .at(constness, "a span needs a clock, which a constant function does not have; remove `const`");
    }
    if let ReturnType::Type(_, returns) = &signature.output
        && let Type::ImplTrait(opaque) = &**returns
    {
        let message = "a traced function needs a concrete return type; write the type instead of `impl`";
        mistakes.at(opaque, message);
    }
}

fn traced(Function { attributes, visibility, signature, body }: &Function) -> TokenStream {
    let [span, returned, entered] = ["span", "returned", "entered"].map(local);
    let new_span = new_span(&signature.ident);
    let call = if signature.asyncness.is_some() {
        let typed = typed_return(&signature.output, &returned);
        quote! {
            ::system_health_registry::__private::tracing::Instrument::instrument(
                async move { #typed #body },
                ::core::clone::Clone::clone(&#span),
            ).await
        }
    } else {
        let output = &signature.output;
        quote! {{
            let #entered = #span.enter();
            ::system_health_registry::__private::call_once(move || #output #body)
        }}
    };
    quote! {
        #(#attributes)*
        #visibility #signature {
            let #span = #new_span;
            #[allow(clippy::let_unit_value)]
            let #returned = #call;
            {
                use ::system_health_registry::__private::{
                    ByDisplay as _, ByInnerError as _, BySource as _, Ignored as _,
                };
                #[allow(clippy::needless_borrow)]
                (&&&&::system_health_registry::__private::Returned(&#returned)).record(&#span);
            }
            #returned
        }
    }
}

/// A local variable that the body cannot see.
fn local(name: &str) -> Ident {
    format_ident!("{name}", span = Span::mixed_site())
}

/// Creates the span. It does not contain the function's arguments, because one of them may be a secret.
fn new_span(function: &Ident) -> TokenStream {
    let name = function.unraw().to_string();
    quote! {
        ::system_health_registry::__private::tracing::info_span!(
            target: ::system_health_registry::trace::TARGET,
            #name,
            resource = ::core::concat!(::core::module_path!(), "::", #name),
            system_health.state = ::system_health_registry::__private::tracing::field::Empty,
            system_health.reason = ::system_health_registry::__private::tracing::field::Empty,
            error = ::system_health_registry::__private::tracing::field::Empty,
        )
    }
}

/// Tells the compiler the type of an async block, which `?` in the body needs. The code never runs.
fn typed_return(output: &ReturnType, returned: &Ident) -> TokenStream {
    let ReturnType::Type(_, returns) = output else { return TokenStream::new() };
    quote! {
        #[allow(unreachable_code, clippy::diverging_sub_expression, clippy::empty_loop, clippy::needless_return)]
        if false {
            let #returned: #returns = loop {};
            return #returned;
        }
    }
}
