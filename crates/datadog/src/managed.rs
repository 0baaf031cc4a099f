//! What has to be done so that Datadog has a dashboard or a monitor as it should be, and whether that would
//! undo what somebody has done there.

use serde_json::Value;

use crate::{
    canonical,
    change::Changes,
    mark::{Fingerprint, marked, unmarked},
    shape::Shape,
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
    /// The properties that are compared, if the canonical form does not tell them: those that it has, empty ones
    /// included.
    shape: Option<Shape>,
    /// The fingerprint of what was pushed, if it was.
    mark: Option<Fingerprint>,
}

impl Document {
    pub(crate) fn of_dashboard(dashboard: &Value) -> Self {
        let document = Self::new(dashboard, "description", canonical::dashboard);
        Self { shape: Some(Shape::of(dashboard)), ..document }
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
        Self { content: canonical(&raw), shape: None, mark }
    }

    /// Whether a push has made it.
    pub(crate) fn is_managed(&self) -> bool {
        self.mark.is_some()
    }

    /// Whether it is not as the last push has left it.
    pub(crate) fn is_edited(&self) -> bool {
        self.mark.as_ref() != Some(&Fingerprint::of(&self.content))
    }

    /// Whether it is not as the last push has left it, if that push had the properties of this one.
    pub(crate) fn is_edited_since(&self, wanted: &Self) -> bool {
        self.is_edited() && self.as_pushed(wanted).is_edited()
    }

    /// Without the properties that Datadog has added to the ones that are pushed.
    fn as_pushed(&self, wanted: &Self) -> Self {
        let Some(shape) = &wanted.shape else { return self.clone() };
        Self { content: shape.project(&self.content), ..self.clone() }
    }

    /// What Datadog has made of the properties that were pushed.
    pub(crate) fn changes_in(&self, answered: &Self) -> Changes {
        Changes::between(&self.content, &answered.as_pushed(self).content)
    }

    /// A text of it with the mark.
    pub(crate) fn marked(&self, text: &str) -> String {
        marked(text, &Fingerprint::of(&self.content))
    }

    /// What has to be done so that this becomes another one.
    pub(crate) fn become_like(&self, wanted: &Self) -> Action {
        let there = self.as_pushed(wanted);
        let overwrites = match &self.mark {
            None => Some(Overwrites::Unmanaged),
            Some(_) if there.content == wanted.content => return Action::Keep,
            Some(_) => self.is_edited_since(wanted).then_some(Overwrites::HandEdits),
        };
        Action::Update { changes: Changes::between(&there.content, &wanted.content), overwrites }
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
    fn what_datadog_adds_is_no_change() {
        let mut there = pushed("CI");
        there["added_tomorrow"] = json!({"x": [1]});
        let there = Document::of_dashboard(&there);

        assert_eq!(there.become_like(&wanted("CI")), Action::Keep);
        let Action::Update { changes, overwrites } = there.become_like(&wanted("Builds")) else { panic!() };
        assert_eq!((changes.to_string().as_str(), overwrites), ("~ title: \"CI\" → \"Builds\"\n", None));
    }

    #[test]
    fn what_somebody_has_changed_or_made_is_told() {
        let mut edited = pushed("CI");
        edited["title"] = json!("Mine");
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
