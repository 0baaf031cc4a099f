//! The doc comment of a function as plain text: the description of the metric or the source.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The text of the doc comment: one line for each paragraph, with an empty line between paragraphs. Empty if there is no
/// doc comment.
pub(crate) fn parse(attributes: &[Attribute]) -> syn::Result<String> {
    let mut text = String::new();
    for attribute in attributes {
        match &attribute.meta {
            Meta::NameValue(doc) if doc.path.is_ident("doc") => {
                text.push_str(&lines(&doc.value)?);
                text.push('\n');
            }
            _ => {}
        }
    }
    Ok(paragraphs(&text))
}

fn lines(value: &Expr) -> syn::Result<String> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text.value()),
        // A macro such as `include_str!` is not expanded yet when the attribute runs.
        other => Err(syn::Error::new_spanned(
            other,
            "the doc comment is the description; write the text here instead of including it",
        )),
    }
}

fn paragraphs(text: &str) -> String {
    let mut joined = String::new();
    let mut gap = "";
    for line in text.lines().map(str::trim) {
        if line.is_empty() {
            gap = "\n\n";
        } else {
            joined.push_str(if joined.is_empty() { "" } else { gap });
            joined.push_str(line);
            gap = " ";
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn lines_of_a_paragraph_are_joined() {
        let attributes: [Attribute; 3] = [
            parse_quote!(#[doc = " Commits on the default branch"]),
            parse_quote!(#[doc(hidden)]),
            parse_quote!(#[doc = "   that mention a hotfix. "]),
        ];
        assert_eq!(parse(&attributes).unwrap(), "Commits on the default branch that mention a hotfix.");
    }

    #[test]
    fn paragraphs_are_separated() {
        assert_eq!(paragraphs("\n\n One.\n\n\n Two\n and more.\n\n"), "One.\n\nTwo and more.");
    }

    #[test]
    fn a_blank_comment_is_empty() {
        assert_eq!(parse(&[]).unwrap(), "");
        assert_eq!(parse(&[parse_quote!(#[doc = "  "])]).unwrap(), "");
    }

    #[test]
    fn a_block_comment_is_parsed_like_line_comments() {
        let attribute: Attribute = parse_quote!(#[doc = " One\n    line.\n\n    Two. "]);
        assert_eq!(parse(&[attribute]).unwrap(), "One line.\n\nTwo.");
    }

    #[test]
    fn an_included_text_is_refused() {
        let attribute: Attribute = parse_quote!(#[doc = include_str!("README.md")]);
        assert!(parse(&[attribute]).is_err());
    }
}
