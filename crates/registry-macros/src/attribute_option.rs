//! One option of an attribute: `name = value`. The value is kept as tokens up to the next comma, so that one invalid
//! option does not hide the mistakes in the others.

use std::{collections::HashMap, fmt::Display};

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Ident, LitBool, LitFloat, LitInt, LitStr, Token, bracketed,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    punctuated::Punctuated,
};

use crate::mistakes::Mistakes;

/// An option and the tokens of its value.
pub(crate) struct AttributeOption {
    name: Ident,
    value: TokenStream,
}

/// The options of an attribute by their names.
pub(crate) struct AttributeOptions(HashMap<&'static str, AttributeOption>);

impl AttributeOptions {
    /// Parses options that are separated by commas. An unknown or repeated option is a mistake. `misplaced` returns the
    /// message about an unknown option that belongs elsewhere.
    pub(crate) fn parse(
        tokens: TokenStream,
        names: &[&'static str],
        misplaced: impl Fn(&str) -> Option<String>,
        mistakes: &mut Mistakes,
    ) -> syn::Result<Self> {
        let list = |input: ParseStream<'_>| parse_list(input, mistakes);
        let list = list.parse2(tokens)?;
        let mut options = HashMap::new();
        for option in list {
            let name = option.name.to_string();
            match names.iter().find(|known| **known == name) {
                None => {
                    let message = misplaced(&name).unwrap_or_else(|| unknown_option_message(names, &name));
                    mistakes.at(&option.name, message);
                }
                Some(known) if options.contains_key(known) => {
                    mistakes
                        .at(&option.name, format!("the option `{known}` is given twice; remove one of them"));
                }
                Some(known) => {
                    options.insert(*known, option);
                }
            }
        }
        Ok(Self(options))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&AttributeOption> {
        self.0.get(name)
    }
}

fn parse_list(input: ParseStream<'_>, mistakes: &mut Mistakes) -> syn::Result<Vec<AttributeOption>> {
    let mut options = Vec::new();
    while !input.is_empty() {
        let option = option_tokens(input)?;
        options.extend(mistakes.ok_or_add(AttributeOption::parse(option)));
        let comma: Option<Token![,]> = input.parse()?;
        if comma.is_none() && !input.is_empty() {
            let next = input.fork().call(Ident::parse_any)?;
            let message = format!("there is no comma before `{next}`; separate options with commas");
            mistakes.at(&next, message);
        }
    }
    Ok(options)
}

/// The tokens of an option: up to the next comma, or up to the next option if the comma is missing. A comma in a type, such as
/// `Pair<A, B>`, does not end the option.
fn option_tokens(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    let (mut depth, mut is_after_name, mut last) = (0_u32, false, ' ');
    let mut count = 0;
    while !input.is_empty() && (depth > 0 || !input.peek(Token![,])) {
        // An option has at least three tokens: its name, `=` and its value.
        if count >= 3 && depth == 0 && is_next_option(input) {
            break;
        }
        count += 1;
        let token: TokenTree = input.parse()?;
        let mark = if let TokenTree::Punct(punct) = &token { punct.as_char() } else { ' ' };
        match mark {
            // A `<` that follows neither a name nor `::` is a goal without quotes.
            '<' if is_after_name => depth += 1,
            // The `>` of `->` closes nothing.
            '>' if last != '-' => depth = depth.saturating_sub(1),
            _ => {}
        }
        is_after_name = matches!(token, TokenTree::Ident(_)) || (last, mark) == (':', ':');
        last = mark;
        token.to_tokens(&mut tokens);
    }
    Ok(tokens)
}

/// Whether the next tokens are a name and `=`.
fn is_next_option(input: ParseStream<'_>) -> bool {
    input.peek(Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==])
}

/// The message about an option that does not exist.
pub(crate) fn unknown_option_message(names: &[&str], name: &str) -> String {
    let similarity = |known: &str| strsim::jaro_winkler(known, name);
    let nearest =
        names.iter().max_by(|a, b| similarity(a).total_cmp(&similarity(b))).copied().unwrap_or_default();
    format!("there is no option `{name}`; did you mean `{nearest}`? (all options: `{}`)", names.join("`, `"))
}

impl AttributeOption {
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

    /// The value as a string literal.
    pub(crate) fn text(&self) -> syn::Result<String> {
        let literal: LitStr = syn::parse2(self.value.clone()).map_err(|_| {
            self.mistake(format!("the value of `{}` must be a string literal in double quotes", self.name))
        })?;
        Ok(literal.value())
    }

    /// The value as a list of string literals.
    pub(crate) fn list(&self) -> syn::Result<Vec<String>> {
        let literals = self.literals().map_err(|_| {
            self.mistake(format!(
                "the value of `{}` must be a list of string literals, such as [\"team:platform\"]",
                self.name
            ))
        })?;
        Ok(literals.iter().map(LitStr::value).collect())
    }

    /// The value as `true` or `false`.
    pub(crate) fn bool(&self) -> syn::Result<bool> {
        let literal: LitBool = syn::parse2(self.value.clone()).map_err(|_| {
            self.mistake(format!("the value of `{}` must be `true` or `false`, without quotes", self.name))
        })?;
        Ok(literal.value)
    }

    /// The value as a number.
    pub(crate) fn number(&self) -> syn::Result<f64> {
        let number = |input: ParseStream<'_>| {
            if input.peek(LitInt) {
                input.parse::<LitInt>()?.base10_parse()
            } else {
                input.parse::<LitFloat>()?.base10_parse()
            }
        };
        number.parse2(self.value.clone()).map_err(|_| {
            self.mistake(format!("the value of `{}` must be a number without quotes, such as 2", self.name))
        })
    }

    /// The value as a type.
    pub(crate) fn parse_type(&self, example: &str) -> syn::Result<syn::Type> {
        syn::parse2(self.value.clone()).map_err(|_| {
            let name = &self.name;
            self.mistake(format!("the value of `{name}` must be a type without quotes: `{name} = {example}`"))
        })
    }

    /// A mistake in the value, or in one of the texts of a list.
    pub(crate) fn mistake_at(&self, item: Option<usize>, message: impl Display) -> syn::Error {
        let literals = self.literals().unwrap_or_default();
        match item.and_then(|item| literals.get(item)) {
            Some(literal) => syn::Error::new(literal.span(), message),
            None => self.mistake(message),
        }
    }

    fn mistake(&self, message: impl Display) -> syn::Error {
        syn::Error::new_spanned(&self.value, message)
    }

    fn literals(&self) -> syn::Result<Vec<LitStr>> {
        let list = |input: ParseStream<'_>| {
            let content;
            bracketed!(content in input);
            Punctuated::<LitStr, Token![,]>::parse_terminated(&content)
        };
        Ok(list.parse2(self.value.clone())?.into_iter().collect())
    }
}

/// A mistake in a whole attribute, or in a whole call of a macro.
pub(crate) fn mistake_in_whole_call(message: impl Display) -> syn::Error {
    syn::Error::new(Span::call_site(), message)
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn a_comma_in_a_type_does_not_end_an_option() {
        for value in [
            quote!(Repository),
            quote!(Pair<A, B>),
            quote!(a::Pair<Vec<A>, (B, C)>),
            quote!(Pair::<A, B>),
            quote!(Pair<fn() -> A, B>),
        ] {
            let mut mistakes = Mistakes::default();

            let tokens = quote!(each = #value, unit = "row");
            let options =
                AttributeOptions::parse(tokens, &["each", "unit"], |_| None, &mut mistakes).unwrap();

            let each = options.get("each").unwrap();
            assert_eq!(each.value.to_string(), value.to_string());
            assert!(each.parse_type("Repository").is_ok() && mistakes.finish_with(()).is_ok());
            assert_eq!(options.get("unit").unwrap().text().unwrap(), "row");
        }
    }

    #[test]
    fn a_missing_comma_does_not_hide_the_next_option() {
        for value in [quote!(Repository), quote!(Pair<A, B>), quote!(Rows<Row = u8>), quote!(a::Repository)] {
            let mut mistakes = Mistakes::default();

            let tokens = quote!(each = #value unit = "row");
            let options =
                AttributeOptions::parse(tokens, &["each", "unit"], |_| None, &mut mistakes).unwrap();

            assert_eq!(options.get("each").unwrap().value.to_string(), value.to_string());
            assert_eq!(options.get("unit").unwrap().text().unwrap(), "row");
            assert_eq!(
                mistakes.finish_with(()).unwrap_err().to_string(),
                "there is no comma before `unit`; separate options with commas"
            );
        }
    }

    #[test]
    fn a_goal_without_quotes_does_not_hide_the_next_option() {
        let mut mistakes = Mistakes::default();

        let tokens = quote!(goal = < 5, unit = "row");
        let options = AttributeOptions::parse(tokens, &["goal", "unit"], |_| None, &mut mistakes).unwrap();

        assert_eq!(options.get("goal").unwrap().value.to_string(), quote!(< 5).to_string());
        assert_eq!(options.get("unit").unwrap().text().unwrap(), "row");
    }
}
