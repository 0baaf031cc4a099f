//! Text for people: on one line, wrapped at the terminal's width, and lists of bounded length.

use std::fmt;

use tabled::grid::util::string::get_string_width;

/// Characters that change the direction of the text around them. With them, a name could look like another name.
/// See <https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters>.
const DIRECTIONAL_CHARACTERS: &[char] = &[
    '\u{61c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}',
    '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}',
];

/// Maximum length of a text on one line, in characters.
const MAX_LENGTH: usize = 2_000;

/// Minimum width at which text is wrapped, even if the terminal is narrower.
const MIN_WIDTH: usize = 20;

/// Maximum number of names that are shown of a list.
const MAX_NAMES: usize = 20;

/// Puts text on one line and removes control characters, because much text comes from servers. Cuts very long text.
pub(crate) fn one_line(text: &str) -> String {
    let line = printable(text).split_whitespace().collect::<Vec<_>>().join(" ");
    cut(&line, MAX_LENGTH)
}

/// Replaces control characters except for line breaks, and removes characters that change the direction of text.
pub(crate) fn printable(text: &str) -> String {
    text.replace(|c: char| c.is_control() && c != '\n', " ").replace(DIRECTIONAL_CHARACTERS, "")
}

/// The first characters of a text, and `…` if there are more.
pub(super) fn cut(text: &str, length: usize) -> String {
    match text.char_indices().nth(length) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text.to_owned(),
    }
}

/// Writes text wrapped between words. The first line starts with `first`, the others start with `others`. Without a width,
/// the text is one line.
pub(crate) fn wrap(
    f: &mut impl fmt::Write,
    width: Option<usize>,
    (first, others): (&str, &str),
    text: &str,
) -> fmt::Result {
    let Some(width) = width.map(|width| width.max(MIN_WIDTH)) else {
        return writeln!(f, "{first}{}", text.split_whitespace().collect::<Vec<_>>().join(" "));
    };
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in text.split_whitespace() {
        if !is_empty && get_string_width(&line) + 1 + get_string_width(word) > width {
            writeln!(f, "{line}")?;
            others.clone_into(&mut line);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    writeln!(f, "{}", line.trim_end())
}

/// The first names of a list, and the number of the others.
pub(crate) fn join_names(names: &[String]) -> String {
    let shown = names[..names.len().min(MAX_NAMES)].join(", ");
    match names.len().saturating_sub(MAX_NAMES) {
        0 => shown,
        hidden => format!("{shown} and {hidden} more"),
    }
}

/// The number with the noun in singular or plural: `1 item`, `2 items`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {}", plural(noun)) }
}

fn plural(noun: &str) -> String {
    let ends_with_consonant = |stem: &str| !stem.ends_with(['a', 'e', 'i', 'o', 'u']);
    match noun.strip_suffix('y') {
        Some(stem) if ends_with_consonant(stem) => format!("{stem}ies"),
        _ if noun.ends_with(['s', 'x', 'z']) || noun.ends_with("ch") || noun.ends_with("sh") => {
            format!("{noun}es")
        }
        _ => format!("{noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|number| format!("acme/repository-{number}")).collect()
    }

    #[test]
    fn text_from_servers_becomes_one_line_of_bounded_length() {
        assert_eq!(one_line("not\n found:\u{1b}[31m acme/\u{202e}a"), "not found: [31m acme/a");
        assert_eq!(one_line(&"é".repeat(3_000)).chars().count(), 2_002);
    }

    #[test]
    fn the_first_names_of_a_list_are_shown_and_the_others_are_counted() {
        assert_eq!(join_names(&[]), "");
        assert_eq!(join_names(&names(2)), "acme/repository-0, acme/repository-1");
        assert_eq!(join_names(&names(20)).matches(',').count(), 19);
        assert!(join_names(&names(20)).ends_with(", acme/repository-19"));
        assert!(join_names(&names(1_000)).ends_with(", acme/repository-19 and 980 more"));
    }

    #[test]
    fn counts_use_the_plural() {
        for (number, noun, text) in [
            (0, "repository", "0 repositories"),
            (1, "repository", "1 repository"),
            (2, "queue", "2 queues"),
            (2, "branch", "2 branches"),
            (2, "gateway", "2 gateways"),
            (2, "index", "2 indexes"),
        ] {
            assert_eq!(count(number, noun), text);
        }
    }
}
