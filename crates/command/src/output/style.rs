//! Colours. They only repeat what the words say: not everybody sees them.

use anstyle::{AnsiColor, Style};

pub(super) const GOOD: Style = AnsiColor::Green.on_default();
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(super) const NOTICE: Style = AnsiColor::Yellow.on_default();
const HEADING: Style = Style::new().bold();

/// Text in a style.
pub(super) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// A heading.
pub(super) fn heading(text: &str) -> String {
    paint(HEADING, text)
}
