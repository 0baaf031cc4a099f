//! What has to be done so that Datadog has a dashboard or a monitor as it should be, and whether that would
//! undo what somebody has done there.

use serde_json::Value;

use crate::{
    canonical,
    change::Changes,
    mark::{Fingerprint, marked, unmarked},
};

/// What has to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// There is none yet.
    Create,
    /// It is as it should be.
    Keep,
    /// It differs.
    Update {
        /// In what.
        changes: Changes,
        /// What would be lost.
        overwrites: Option<Overwrites>,
    },
}

/// What an update would overwrite without anybody having said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overwrites {
    /// Changes that were made in Datadog since the last push.
    HandEdits,
    /// Something that was not made by a push.
    Unmanaged,
}

/// A dashboard or a monitor in its canonical form.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Document {
    content: Value,
    /// What was pushed, if it was.
    mark: Option<Fingerprint>,
}

impl Document {
    pub(crate) fn of_dashboard(dashboard: &Value) -> Self {
        Self::new(dashboard, "description", canonical::dashboard)
    }

    pub(crate) fn of_monitor(monitor: &Value) -> Self {
        Self::new(monitor, "message", canonical::monitor)
    }

    fn new(raw: &Value, place: &str, canonical: fn(&Value) -> Value) -> Self {
        let mut raw = raw.clone();
        let text = raw.get(place).and_then(Value::as_str).unwrap_or_default();
        let (text, mark) = unmarked(text);
        if let Some(properties) = raw.as_object_mut() {
            properties.insert(place.to_owned(), text.into());
        }
        Self { content: canonical(&raw), mark }
    }

    /// Whether a push has made it.
    pub(crate) fn is_managed(&self) -> bool {
        self.mark.is_some()
    }

    /// Whether it is not as the last push has left it.
    pub(crate) fn is_edited(&self) -> bool {
        self.mark.as_ref() != Some(&Fingerprint::of(&self.content))
    }

    /// What differs in another one.
    pub(crate) fn changes_to(&self, other: &Self) -> Changes {
        Changes::between(&self.content, &other.content)
    }

    /// A text of it with the mark.
    pub(crate) fn marked(&self, text: &str) -> String {
        marked(text, &Fingerprint::of(&self.content))
    }

    /// What has to be done so that this becomes another one.
    pub(crate) fn become_like(&self, wanted: &Self) -> Action {
        let overwrites = match &self.mark {
            None => Some(Overwrites::Unmanaged),
            Some(_) if self.content == wanted.content => return Action::Keep,
            Some(_) => self.is_edited().then_some(Overwrites::HandEdits),
        };
        Action::Update { changes: self.changes_to(wanted), overwrites }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wanted(title: &str) -> Document {
        Document::of_dashboard(&json!({"title": title, "description": "What it shows."}))
    }

    /// As Datadog has it after a push.
    fn pushed(title: &str) -> Value {
        json!({"id": "abc-def-ghi", "title": title, "description": wanted(title).marked("What it shows.")})
    }

    #[test]
    fn what_was_pushed_is_kept_until_it_should_be_different() {
        let there = Document::of_dashboard(&pushed("CI"));

        assert!(there.is_managed());
        assert_eq!(there.become_like(&wanted("CI")), Action::Keep);
        let Action::Update { changes, overwrites } = there.become_like(&wanted("Builds")) else { panic!() };
        assert_eq!(changes.to_string(), "~ title: \"CI\" → \"Builds\"\n");
        assert_eq!(overwrites, None);
    }

    #[test]
    fn what_somebody_has_changed_or_made_is_told() {
        let mut edited = pushed("CI");
        edited["layout_type"] = json!("free");
        let unmanaged = json!({"title": "CI", "description": "What it shows."});

        for (there, expected) in [(edited, Overwrites::HandEdits), (unmanaged, Overwrites::Unmanaged)] {
            let action = Document::of_dashboard(&there).become_like(&wanted("CI"));
            assert!(
                matches!(action, Action::Update { overwrites: Some(it), .. } if it == expected),
                "{action:?}"
            );
        }
    }
}
