//! Events as lines of the protocol. See <https://docs.datadoghq.com/developers/dogstatsd/datagram_shell/?tab=events>.

use std::time::UNIX_EPOCH;

use system_health_registry::Event;

use crate::{
    encoder::Encoder,
    limits::{MAX_AGGREGATION_KEY_LENGTH, MAX_EVENT_LINK_LENGTH, MAX_EVENT_TEXT_LENGTH},
};

/// Datadog reads a text between these marks as Markdown.
/// See <https://docs.datadoghq.com/events/guides/markdown_events/>.
const MARKDOWN: (&str, &str) = ("%%% \\n", "\\n %%%");

/// Ends a text that was cut.
const CUT: &str = " …";

/// An event that does not fit into a packet, even without its text.
#[derive(Debug, thiserror::Error)]
#[error(
    "the event `{id}` has {length} bytes without its text, and a packet has at most {limit}; raise `max_packet_size` in \
     [dogstatsd] and the Agent's `dogstatsd_buffer_size`"
)]
pub(crate) struct TooLong {
    id: String,
    length: usize,
    limit: usize,
}

impl Encoder {
    /// The line of an event. Its text is Markdown and ends with the link. A text that is too long is cut, and ends with ` …`. A
    /// link that is too long after escaping is omitted.
    pub(crate) fn event(&self, event: &Event) -> Result<String, TooLong> {
        let title = escaped(event.title());
        let link = event.link().map(|link| link.replace('@', "%40"));
        let link = link.filter(|link| link.chars().count() <= MAX_EVENT_LINK_LENGTH);
        let link = link.map(|link| format!("\\n\\n{link}")).unwrap_or_default();
        let key: String =
            event.id().chars().take(MAX_AGGREGATION_KEY_LENGTH).map(without_separator).collect();
        let time = match event.happened_at() {
            Some(time) => format!("|d:{}", time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()),
            None => String::new(),
        };
        let level = event.level().name();
        let fields = format!("{time}|k:{key}|t:{level}{}", self.fields(event.tags(), None));
        let with_text = |text: &str| {
            let text = format!("{}{text}{link}{}", MARKDOWN.0, MARKDOWN.1);
            format!("_e{{{},{}}}:{title}|{text}{fields}", title.len(), text.len())
        };

        let text = escaped(event.text().unwrap_or(event.title()));
        let whole = with_text(&text);
        let characters_around = [MARKDOWN.0, &link, MARKDOWN.1].iter().map(|part| part.chars().count()).sum();
        let max_characters = MAX_EVENT_TEXT_LENGTH.saturating_sub(characters_around);
        if whole.len() <= self.max_length && text.chars().count() <= max_characters {
            return Ok(whole);
        }
        // The line contains the length of the text. With more text than `CUT`, this length may have more digits.
        let length = with_text(CUT).len() + whole.len().to_string().len();
        let limit = self.max_length;
        let room =
            limit.checked_sub(length).ok_or_else(|| TooLong { id: event.id().to_owned(), length, limit })?;
        let kept = text.char_indices().nth(max_characters.saturating_sub(CUT.chars().count()));
        let mut end = text.floor_char_boundary(room.min(kept.map_or(text.len(), |(end, _)| end)));
        // An escaped line break is not cut in two.
        if text[..end].ends_with('\\') {
            end -= 1;
        }
        Ok(with_text(&format!("{}{CUT}", &text[..end])))
    }
}

/// The protocol's line breaks are the two characters `\n`. The length of the text precedes it, so other characters need no
/// escape. Datadog notifies everybody whose handle is in an event, and strangers may have written the text, so a zero-width space
/// breaks handles.
fn escaped(text: &str) -> String {
    text.replace("\r\n", "\n").replace(['\n', '\r'], "\\n").replace('@', "@\u{200b}")
}

/// Replaces `|`, which would end the field.
fn without_separator(c: char) -> char {
    if c == '|' { '_' } else { c }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use system_health_registry::Level;

    use super::*;

    const ENCODER: Encoder = Encoder { container: None, max_length: 200 };

    #[test]
    fn an_event_has_its_fields() {
        let event = Event::new("deploy|1", "Deployed ä|b")
            .unwrap()
            .with_text("one\ntwo")
            .unwrap()
            .with_level(Level::Success)
            .with_tag("service", "shop")
            .unwrap()
            .with_link("https://example.com/1")
            .unwrap()
            .at(UNIX_EPOCH + Duration::from_secs(1_767_323_045))
            .unwrap();

        assert_eq!(
            ENCODER.event(&event).unwrap(),
            "_e{13,45}:Deployed ä|b|%%% \\none\\ntwo\\n\\nhttps://example.com/1\\n %%%|d:1767323045|k:deploy_1|t:success|#service:shop"
        );
        let handles = Event::new("a", "To @all").unwrap().with_link("https://example.com/@ada").unwrap();
        assert_eq!(
            ENCODER.event(&handles).unwrap(),
            "_e{10,52}:To @\u{200b}all|%%% \\nTo @\u{200b}all\\n\\nhttps://example.com/%40ada\\n %%%|k:a|t:info"
        );
        let bare = Event::new("a", "Title").unwrap();
        assert_eq!(ENCODER.event(&bare).unwrap(), "_e{5,17}:Title|%%% \\nTitle\\n %%%|k:a|t:info");
    }

    #[test]
    fn a_long_text_is_cut_visibly_and_a_long_title_is_refused() {
        for filler in ["x", "ä", "\n"] {
            let event = Event::new("a", "Title").unwrap().with_text(filler.repeat(1000)).unwrap();
            let line = ENCODER.event(&event).unwrap();
            assert!(line.len() <= 200 && line.len() > 190, "{line}");
            assert!(line.contains(" …\\n %%%|k:a|t:info") && !line.contains("\\ …"), "{line}");
            let length: usize = line[5..].split_once('}').unwrap().0.parse().unwrap();
            let text = line.split('|').nth(1).unwrap();
            assert_eq!(text.len(), length, "{line}");
        }
        let long = Event::new("a", "x".repeat(300)).unwrap();
        assert!(ENCODER.event(&long).unwrap_err().to_string().contains("a packet has at most 200"));
        for length in 1..300 {
            let event = Event::new("a", "x".repeat(length)).unwrap().with_text("y".repeat(1000)).unwrap();
            match ENCODER.event(&event) {
                Ok(line) => assert!(line.len() <= 200, "{line}"),
                Err(error) => assert!(error.length > error.limit, "{error}"),
            }
        }
    }

    #[test]
    fn a_text_is_not_longer_than_datadog_accepts() {
        let encoder = Encoder { container: None, max_length: 65_507 };
        let page = format!("https://example.com/{}", "x".repeat(1900));
        let event =
            Event::new("a", "Title").unwrap().with_text("ä".repeat(3500)).unwrap().with_link(page).unwrap();

        let line = encoder.event(&event).unwrap();

        let text = line.split('|').nth(1).unwrap();
        assert_eq!(text.chars().count(), 4000);
        assert!(text.contains("ä …\\n\\nhttps://example.com/xxx"), "{text}");
        // Each `@` becomes three characters.
        let page = format!("https://example.com/{}", "@".repeat(1900));
        let line = encoder.event(&Event::new("a", "Title").unwrap().with_link(page).unwrap()).unwrap();
        assert_eq!(line, "_e{5,17}:Title|%%% \\nTitle\\n %%%|k:a|t:info");
    }
}
