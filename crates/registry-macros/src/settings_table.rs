//! What is wrong in a call of `settings_table!`. The macro itself is written with `macro_rules!`, which can only refuse the
//! whole call. So it passes a call that does not match its pattern to this module.

use proc_macro2::TokenStream;
use syn::{
    Expr, Ident, LitStr, Token, Type, braced,
    ext::IdentExt,
    parse::{ParseStream, Parser},
};

use crate::attribute_option::{mistake_in_whole_call, unknown_option_message};

/// The options in their order, with an example of each value.
const OPTIONS: [(&str, &str); 7] = [
    ("env", "{ \"key\" => \"VARIABLE\" }"),
    ("ambient", "{ \"key\" => \"VARIABLE\" }"),
    ("secret", "{ \"key\" => \"VARIABLE\" }"),
    ("exclusive", "{ \"key\" => \"other\" }"),
    ("template", "include_str!(\"table.toml\")"),
    ("shown", "|_| true"),
    ("check", "Table::check"),
];

/// The first mistake in a call.
pub(crate) fn mistake(call: TokenStream) -> syn::Error {
    match parse.parse2(call) {
        Ok(()) => mistake_in_whole_call("this call of `settings_table!` is not understood"),
        Err(mistake) => mistake,
    }
}

fn parse(input: ParseStream<'_>) -> syn::Result<()> {
    let start = "`settings_table!` needs a type and the name of the table in quotes, such as `QueueSettings, \"queue\"`";
    let at_start = |error: syn::Error| syn::Error::new(error.span(), start);
    input.parse::<Type>().map_err(at_start)?;
    input.parse::<Token![,]>().map_err(at_start)?;
    input.parse::<LitStr>().map_err(at_start)?;
    let mut previous = None;
    while !input.is_empty() {
        let comma = |error: syn::Error| {
            syn::Error::new(error.span(), "there is no comma before this; separate options with commas")
        };
        input.parse::<Token![,]>().map_err(comma)?;
        if !input.is_empty() {
            previous = Some(parse_option(input, previous)?);
        }
    }
    Ok(())
}

/// Parses an option. Returns its position in the order of all options.
fn parse_option(input: ParseStream<'_>, previous: Option<usize>) -> syn::Result<usize> {
    let names = OPTIONS.map(|(name, _)| name);
    let name = input.call(Ident::parse_any).map_err(|error| {
        let (all, message) = (names.join("`, `"), "an option starts with its name, such as `env: ...`");
        syn::Error::new(error.span(), format!("{message} (all options: `{all}`)"))
    })?;
    let text = name.to_string();
    let Some(position) = names.iter().position(|known| *known == text) else {
        return Err(syn::Error::new(name.span(), unknown_option_message(&names, &text)));
    };
    match previous {
        Some(previous) if previous == position => {
            let message = format!("the option `{text}` is given twice; remove one of them");
            return Err(syn::Error::new(name.span(), message));
        }
        Some(previous) if previous > position => {
            let (other, all) = (names[previous], names.join("`, `"));
            let message = format!("the option `{text}` must be before `{other}` (the order: `{all}`)");
            return Err(syn::Error::new(name.span(), message));
        }
        _ => {}
    }
    let (_, example) = OPTIONS[position];
    parse_value(input, example).map_err(|error| {
        let message = format!("the option `{text}` is written `{text}: {example}`");
        syn::Error::new(error.span(), message)
    })?;
    Ok(position)
}

/// Parses `: value`, in the form of the example.
fn parse_value(input: ParseStream<'_>, example: &str) -> syn::Result<()> {
    input.parse::<Token![:]>()?;
    if !example.starts_with('{') {
        input.parse::<Expr>()?;
        return Ok(());
    }
    let pairs;
    braced!(pairs in input);
    loop {
        pairs.parse::<LitStr>()?;
        pairs.parse::<Token![=>]>()?;
        pairs.parse::<LitStr>()?;
        if pairs.is_empty() {
            return Ok(());
        }
        pairs.parse::<Token![,]>()?;
        if pairs.is_empty() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn the_first_mistake_is_named() {
        for (call, message) in [
            (quote!("queue"), "`settings_table!` needs a type and the name of the table in quotes"),
            (quote!(Queue, queue), "`settings_table!` needs a type and the name of the table in quotes"),
            (quote!(Queue, "queue" shown: |_| true), "there is no comma before this"),
            (quote!(Queue, "queue", envs: {}), "there is no option `envs`; did you mean `env`?"),
            (quote!(Queue, "queue", "env"), "an option starts with its name"),
            (quote!(Queue, "queue", shown: a, shown: b), "the option `shown` is given twice"),
            (quote!(Queue, "queue", shown: a, env: {}), "the option `env` must be before `shown`"),
            (
                quote!(Queue, "queue", env: { "host": "HOST" }),
                "the option `env` is written `env: { \"key\" => \"VARIABLE\" }`",
            ),
            (quote!(Queue, "queue", check), "the option `check` is written `check: Table::check`"),
        ] {
            let found = mistake(call).to_string();
            assert!(found.starts_with(message), "{found}");
        }
    }
}
