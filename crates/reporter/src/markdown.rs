//! Escaping of text in Markdown. Much of the text, such as the subjects of commits, is written by other people. So it
//! must not become HTML or a mention that notifies people. [`Code`] and [`Plain`] also prevent formatting and links.

use std::fmt;

use system_health_registry::EvidenceItem;

/// An invisible character that separates other characters.
const ZERO_WIDTH_SPACE: char = '\u{200b}';

/// Text in a cell of a table. Its formatting is kept.
pub struct Cell<'a>(pub &'a str);

impl fmt::Display for Cell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, word) in self.0.split_whitespace().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            // These characters would end the cell or start HTML or a mention.
            let word = word.replace('|', "\\|").replace('<', "&lt;");
            f.write_str(&word.replace('@', &format!("@{ZERO_WIDTH_SPACE}")))?;
        }
        Ok(())
    }
}

/// Text as code outside of tables. GitHub does not make links or mentions in code.
pub struct Code<'a>(pub &'a str);

impl fmt::Display for Code<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.0.replace('`', "'"))
    }
}

/// Text as code in a cell of a table.
pub struct CodeCell<'a>(pub &'a str);

impl fmt::Display for CodeCell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Code(&self.0.replace('|', "\\|")))
    }
}

/// Text in an element of HTML.
pub struct Html<'a>(pub &'a str);

impl fmt::Display for Html<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '@' => write!(f, "@{ZERO_WIDTH_SPACE}"),
            _ => write!(f, "{c}"),
        })
    }
}

/// Text without formatting, outside of tables. GitHub would recognise mentions (`@ada`), references (`#12`, `GH-12`)
/// and URLs even after a backslash, so an invisible character is inserted into them.
pub struct Plain<'a>(pub &'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let split = |text: String, (marker, at): (&str, usize)| {
            let (start, end) = marker.split_at(at);
            text.replace(marker, &format!("{start}{ZERO_WIDTH_SPACE}{end}"))
        };
        let markers = [("@", 1), ("#", 1), ("://", 1), ("www.", 3), ("WWW.", 3), ("GH-", 2), ("gh-", 2)];
        let text = markers.into_iter().fold(self.0.to_owned(), split);
        text.chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '|' | '~' | '$' | '!' | '#' => {
                write!(f, "\\{c}")
            }
            _ => write!(f, "{c}"),
        })
    }
}

/// The URL of a link. Characters that could end the link or the cell of a table, or start a mention or a template variable, are
/// percent-encoded. An `&` could start an entity, so it is written as `&amp;`.
pub struct LinkUrl<'a>(pub &'a str);

impl fmt::Display for LinkUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '|' | '(' | ')' | '<' | '>' | '[' | ']' | '{' | '}' | '\\' | '`' | '"' | '\'' | '@' => {
                write!(f, "%{:02X}", u32::from(c))
            }
            _ => write!(f, "{c}"),
        })
    }
}

/// An item of evidence as one line: the title, with the link if there is one, and the reason.
pub struct ItemLine<'a>(pub &'a EvidenceItem);

impl fmt::Display for ItemLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = Code(if self.0.title().is_empty() { "(no title)" } else { self.0.title() });
        match self.0.link() {
            None => write!(f, "{title}")?,
            Some(link) => write!(f, "[{title}]({})", LinkUrl(link))?,
        }
        if self.0.reason().is_empty() { Ok(()) } else { write!(f, ": {}", Plain(self.0.reason())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_characters_are_escaped() {
        assert_eq!(Cell("a | b\n<img> *c* @d").to_string(), "a \\| b &lt;img> *c* @\u{200b}d");
        assert_eq!(Code("a`b|c").to_string(), "`a'b|c`");
        assert_eq!(Html("a</code>&@d").to_string(), "a&lt;/code&gt;&amp;@\u{200b}d");
        assert_eq!(CodeCell("a`b|c").to_string(), "`a'b\\|c`");
        assert_eq!(
            LinkUrl("https://a/b_c|d)](x)<e>\\`?f=\"g'&copy;=%20é@x{{y").to_string(),
            "https://a/b_c%7Cd%29%5D%28x%29%3Ce%3E%5C%60?f=%22g%27&amp;copy;=%20é%40x%7B%7By"
        );
    }

    #[test]
    fn plain_text_has_no_formatting_html_mentions_or_links() {
        for (text, expected) in [
            ("on a branch, 3 days old", "on a branch, 3 days old"),
            ("<b>&amp; `x` *y* [z](u)", "&lt;b&gt;&amp;amp; \\`x\\` \\*y\\* \\[z\\](u)"),
            ("@ada fixes #12 and GH-3", "@\u{200b}ada fixes \\#\u{200b}12 and GH\u{200b}-3"),
            (
                "https://evil.example www.evil.example",
                "https:\u{200b}//evil.example www\u{200b}.evil.example",
            ),
        ] {
            assert_eq!(Plain(text).to_string(), expected);
        }
    }

    #[test]
    fn an_item_of_evidence_is_one_line() {
        let item = EvidenceItem::new("</details>\n@ada `x`](https://evil.example)", true, "it matches `*`")
            .with_link(Some("https://github.com/acme/shop/commit/a(b)"));

        assert_eq!(
            ItemLine(&item).to_string(),
            "[`</details> @ada 'x'](https://evil.example)`](https://github.com/acme/shop/commit/a%28b%29): it \
             matches \\`\\*\\`"
        );
        assert_eq!(ItemLine(&EvidenceItem::new("", false, "")).to_string(), "`(no title)`");
    }
}
