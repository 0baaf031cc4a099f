//! Packs lines into packets: as many as fit, with a line break between them.

/// A packet that is being filled.
#[derive(Debug)]
pub(crate) struct Packet {
    text: String,
    limit: usize,
}

impl Packet {
    /// An empty packet of at most this many bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self { text: String::with_capacity(limit), limit }
    }

    /// Whether the line fits. An empty packet accepts a line of any length: the encoder limits the length.
    pub(crate) fn has_room_for(&self, line: &str) -> bool {
        self.text.is_empty() || self.text.len() + 1 + line.len() <= self.limit
    }

    /// Adds a line.
    pub(crate) fn push(&mut self, line: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(line);
    }

    /// The packet's text.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Empties the packet.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_filled_to_the_last_byte() {
        let mut packet = Packet::new(7);
        packet.push("abc");
        assert!(packet.has_room_for("def") && !packet.has_room_for("defg"));
        packet.push("def");
        assert_eq!(packet.as_str(), "abc\ndef");
        assert!(!packet.has_room_for(""));
        packet.clear();
        assert!(packet.has_room_for("more than seven"));
    }
}
