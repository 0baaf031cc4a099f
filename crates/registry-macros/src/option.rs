//! One option as written: `name = value`. Its value is kept as tokens up to the next comma, so that
//! one unreadable option does not hide the mistakes of the others.

use std::{collections::HashMap, fmt::Display};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Ident, LitStr, Token, bracketed,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    punctuated::Punctuated,
};

use crate::mistakes::Mistakes;

/// An option and the tokens of its value.
pub(crate) struct WrittenOption {
    pub(crate) name: Ident,
    pub(crate) value: TokenStream,
}

/// The options by their names.
pub(crate) type Written = HashMap<&'static str, WrittenOption>;

/// Reads the options of the attribute, separated by commas.
pub(crate) fn parse_list(input: ParseStream<'_>, mistakes: &mut Mistakes) -> syn::Result<Vec<WrittenOption>> {
    let mut options = Vec::new();
    while !input.is_empty() {
        let option = until_comma(input)?;
        options.extend(mistakes.note(WrittenOption::parse(option)));
        input.parse::<Option<Token![,]>>()?;
    }
    Ok(options)
}

/// The options by their names; one that is not known, or given twice, is a mistake.
pub(crate) fn by_name(
    names: &'static [&'static str],
    list: Vec<WrittenOption>,
    mistakes: &mut Mistakes,
) -> Written {
    let mut written = Written::new();
    for option in list {
        let name = option.name.to_string();
        match names.iter().find(|known| **known == name) {
            None => mistakes.at(&option.name, unknown(names, &name)),
            Some(known) if written.contains_key(known) => {
                mistakes.at(&option.name, format!("the option `{known}` is given twice; keep one of them"));
            }
            Some(known) => {
                written.insert(known, option);
            }
        }
    }
    written
}

fn unknown(names: &[&str], name: &str) -> String {
    let similarity = |known: &str| strsim::jaro_winkler(known, name);
    let nearest =
        names.iter().max_by(|a, b| similarity(a).total_cmp(&similarity(b))).copied().unwrap_or_default();
    format!("there is no option `{name}`; did you mean `{nearest}`? (all options: `{}`)", names.join("`, `"))
}

impl WrittenOption {
    fn parse(tokens: TokenStream) -> syn::Result<Self> {
        let parts = |input: ParseStream<'_>| {
            let name = input.call(Ident::parse_any)?;
            input.parse::<Token![=]>()?;
            let value: TokenStream = input.parse()?;
            if value.is_empty() { Err(input.error("no value")) } else { Ok(Self { name, value }) }
        };
        parts.parse2(tokens.clone()).map_err(|_| {
            syn::Error::new_spanned(
                tokens,
                "an option is a name and a value, such as `key = \"commits.hotfix\"`",
            )
        })
    }

    /// The value, a string literal, as the rule reads it.
    pub(crate) fn text<T, E: Display>(&self, rule: impl FnOnce(&str) -> Result<T, E>) -> syn::Result<T> {
        let literal: LitStr = syn::parse2(self.value.clone()).map_err(|_| {
            self.mistake(format!(
                "the value of `{}` must be a string literal, written in double quotes",
                self.name
            ))
        })?;
        rule(&literal.value()).map_err(|refusal| syn::Error::new(literal.span(), refusal))
    }

    /// The value, a list of string literals.
    pub(crate) fn texts(&self) -> syn::Result<Vec<LitStr>> {
        let list = |input: ParseStream<'_>| {
            let content;
            bracketed!(content in input);
            Punctuated::<LitStr, Token![,]>::parse_terminated(&content)
        };
        let literals = list.parse2(self.value.clone()).map_err(|_| {
            self.mistake(format!(
                "the value of `{}` must be a list of string literals, such as [\"team:platform\"]",
                self.name
            ))
        })?;
        Ok(literals.into_iter().collect())
    }

    /// A mistake in the value.
    pub(crate) fn mistake(&self, message: impl Display) -> syn::Error {
        syn::Error::new_spanned(&self.value, message)
    }
}

fn until_comma(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?.to_tokens(&mut tokens);
    }
    Ok(tokens)
}
