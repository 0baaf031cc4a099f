//! The function with the attribute. Its body is not parsed. The compiler checks the body and reports errors there
//! as if there were no attribute.

use proc_macro2::{Ident, TokenStream};
use syn::{
    Attribute, FnArg, GenericParam, Generics, ReturnType, Safety, Signature, Type, Visibility,
    parse::{ParseStream, Parser},
};

use crate::{doc_comment, mistakes::Mistakes};

/// Whether a function is registered as a metric or as a source.
#[derive(Clone, Copy)]
pub(crate) enum Role {
    Metric,
    Source,
}

/// The parts of the function that the registration uses.
pub(crate) struct Collector {
    pub(crate) name: Ident,
    pub(crate) is_async: bool,
    pub(crate) arguments: Vec<Type>,
    pub(crate) returns: Type,
    pub(crate) description: String,
}

impl Role {
    const fn with_article(self) -> &'static str {
        match self {
            Self::Metric => "a metric",
            Self::Source => "a source",
        }
    }

    /// The word for the function in messages.
    const fn function_noun(self) -> &'static str {
        match self {
            Self::Metric => "a collector",
            Self::Source => "a source",
        }
    }

    const fn example(self) -> &'static str {
        match self {
            Self::Metric => "Open pull requests.",
            Self::Source => "Rows of a view.",
        }
    }
}

impl Collector {
    /// Parses the function's signature and attributes. Fails with all their mistakes.
    pub(crate) fn parse(item: TokenStream, role: Role) -> syn::Result<Self> {
        let signature = |input: ParseStream<'_>| parse_signature(input, role);
        let (attributes, signature) = signature.parse2(item)?;
        let mut mistakes = Mistakes::default();
        refuse_qualifiers(&signature, role.function_noun(), &mut mistakes);
        refuse_generics(&signature.generics, role.function_noun(), &mut mistakes);
        let description = description(&attributes, &signature, role, &mut mistakes);
        let arguments =
            signature.inputs.iter().filter_map(|input| argument(input, role, &mut mistakes)).collect();
        let returns =
            mistakes.ok_or_add(return_type(&signature, role)).unwrap_or(Type::Verbatim(TokenStream::new()));
        let is_async = signature.asyncness.is_some();
        mistakes.finish_with(Self { name: signature.ident, is_async, arguments, returns, description })
    }
}

fn parse_signature(input: ParseStream<'_>, role: Role) -> syn::Result<(Vec<Attribute>, Signature)> {
    let attributes = input.call(Attribute::parse_outer)?;
    input.parse::<Visibility>()?;
    let start = input.span();
    let signature = input.parse().map_err(|_| {
        let message =
            format!("only a function can be {}; put the attribute on a free function", role.with_article());
        syn::Error::new(start, message)
    })?;
    input.parse::<TokenStream>()?;
    Ok((attributes, signature))
}

fn refuse_qualifiers(signature: &Signature, noun: &str, mistakes: &mut Mistakes) {
    if let Some(constness) = &signature.constness {
        mistakes.at(constness, format!("{noun} runs again for every report; remove `const`"));
    }
    if let Safety::Unsafe(safety) = &signature.safety {
        mistakes.at(safety, format!("{noun} must be safe to call; remove `unsafe`"));
    }
    if let Some(abi) = &signature.abi {
        mistakes.at(abi, format!("{noun} is an ordinary Rust function; remove `extern`"));
    }
    if let Some(variadic) = &signature.variadic {
        mistakes.at(variadic, format!("{noun} has a fixed number of arguments; remove `...`"));
    }
}

fn refuse_generics(generics: &Generics, noun: &str, mistakes: &mut Mistakes) {
    for parameter in &generics.params {
        let message = match parameter {
            GenericParam::Lifetime(_) => "owns its arguments; remove the lifetime",
            _ => "has no generic parameters; write concrete types",
        };
        mistakes.at(parameter, format!("{noun} {message}"));
    }
    if let Some(clause) = &generics.where_clause {
        mistakes.at(clause, format!("{noun} has no generic parameters; remove the `where` clause"));
    }
}

fn description(
    attributes: &[Attribute],
    signature: &Signature,
    role: Role,
    mistakes: &mut Mistakes,
) -> String {
    let description = mistakes.ok_or_add(doc_comment::parse(attributes));
    if description.as_deref() == Some("") {
        let (noun, example) = (role.with_article(), role.example());
        mistakes.at(
            &signature.ident,
            format!(
                "{noun} needs a description; write a doc comment on the function, such as `/// {example}`"
            ),
        );
    }
    description.unwrap_or_default()
}

fn argument(input: &FnArg, role: Role, mistakes: &mut Mistakes) -> Option<Type> {
    let FnArg::Typed(argument) = input else {
        let noun = role.with_article();
        let message =
            format!("only a free function can be {noun}; move it out of the `impl` and remove `self`");
        mistakes.at(input, message);
        return None;
    };
    match &*argument.ty {
        Type::Reference(reference) => {
            let noun = role.function_noun();
            let message = format!("{noun} owns its arguments; take the resource by value, without `&`");
            mistakes.at(reference, message);
        }
        Type::ImplTrait(resource) => {
            mistakes.at(
                resource,
                "an argument needs a concrete type; write the type of the resource instead of `impl`",
            );
        }
        _ => {}
    }
    Some((*argument.ty).clone())
}

fn return_type(signature: &Signature, role: Role) -> syn::Result<Type> {
    match &signature.output {
        ReturnType::Default => Err(syn::Error::new_spanned(
            &signature.ident,
            match role {
                Role::Metric => "a collector returns its value; add a return type such as `-> u64`",
                Role::Source => {
                    "a source returns its metrics; add a return type such as `-> Vec<DescribedReading>`"
                }
            },
        )),
        ReturnType::Type(_, returns) => match &**returns {
            Type::ImplTrait(opaque) => Err(syn::Error::new_spanned(
                opaque,
                format!(
                    "{} needs a concrete return type; write the type instead of `impl`",
                    role.function_noun()
                ),
            )),
            named => Ok(named.clone()),
        },
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn a_mistake_says_whether_the_function_is_a_source() {
        for (role, noun) in [(Role::Metric, "a collector "), (Role::Source, "a source ")] {
            let item = quote! {
                /// Rows of a view.
                const unsafe extern "C" fn rows<'a, T>(view: &View, ...) -> impl Rows where T: Rows {}
            };

            let mistakes = Collector::parse(item, role).err().unwrap();

            let messages: Vec<String> = mistakes.into_iter().map(|mistake| mistake.to_string()).collect();
            assert_eq!(messages.len(), 9, "{messages:?}");
            assert!(messages.iter().all(|message| message.starts_with(noun)), "{messages:?}");
        }
    }

    #[test]
    fn a_missing_return_type_has_an_example_for_the_role() {
        for (role, example) in [(Role::Metric, "`-> u64`"), (Role::Source, "`-> Vec<DescribedReading>`")] {
            let item = quote! {
                /// Rows of a view.
                fn rows() {}
            };

            let mistake = Collector::parse(item, role).err().unwrap().to_string();

            assert!(mistake.ends_with(example), "{mistake}");
        }
    }
}
