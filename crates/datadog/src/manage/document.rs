//! Compares a dashboard or monitor in Datadog with the wanted one. Determines what a push has to do, and whether the push
//! would undo changes made in Datadog.

use serde_json::Value;

use super::{
    canonical,
    change::Changes,
    mark::{Fingerprint, marked, unmarked},
    shape::Shape,
};

/// What a push has to do.
#[derive(Debug, Clone, PartialEq)]
pub enum PushAction {
    /// Create the dashboard or monitor, because it does not exist.
    Create,
    /// Do nothing, because the dashboard or monitor is as wanted.
    Keep,
    /// Update the dashboard or monitor, because it differs or has no mark of a push.
    Update {
        /// The differences.
        changes: Changes,
        /// What the update would undo, if anything.
        overwrites: Option<Overwrites>,
    },
}

/// What an update would undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overwrites {
    /// Changes made in Datadog since the last push.
    HandEdits,
    /// A dashboard or monitor without the mark of a push.
    Unmanaged,
}

/// A dashboard or a monitor in its canonical form.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CanonicalDocument {
    content: Value,
    /// The properties that are compared, including empty ones. `None` if the canonical form determines them.
    shape: Option<Shape>,
    /// The fingerprint of the last push, if there was one.
    mark: Option<Fingerprint>,
}

impl CanonicalDocument {
    pub(crate) fn from_dashboard(dashboard: &Value) -> Self {
        let document = Self::new(dashboard, "description", canonical::dashboard);
        Self { shape: Some(Shape::from_document(dashboard)), ..document }
    }

    pub(crate) fn from_monitor(monitor: &Value) -> Self {
        Self::new(monitor, "message", canonical::monitor)
    }

    fn new(raw: &Value, marked_property: &str, canonical: fn(&Value) -> Value) -> Self {
        let mut raw = raw.clone();
        let text = raw.get(marked_property).and_then(Value::as_str).unwrap_or_default();
        let (text, mark) = unmarked(text);
        if let Some(properties) = raw.as_object_mut() {
            properties.insert(marked_property.to_owned(), text.into());
        }
        Self { content: canonical(&raw), shape: None, mark }
    }

    /// Whether it has the mark of a push.
    pub(crate) fn is_managed(&self) -> bool {
        self.mark.is_some()
    }

    /// Whether it was changed since the last push. Also true if it has no mark of a push.
    pub(crate) fn is_edited(&self) -> bool {
        self.mark.as_ref() != Some(&Fingerprint::new(&self.content))
    }

    /// Like `is_edited`, but additions by Datadog do not count: properties that `wanted` does not have.
    pub(crate) fn is_edited_by_people(&self, wanted: &Self) -> bool {
        self.is_edited() && self.as_pushed(wanted).is_edited()
    }

    /// This document without the properties that Datadog added.
    fn as_pushed(&self, wanted: &Self) -> Self {
        let Some(shape) = &wanted.shape else { return self.clone() };
        Self { content: shape.project(&self.content), ..self.clone() }
    }

    /// The differences between this document and the response to its push.
    pub(crate) fn changes_in(&self, response: &Self) -> Changes {
        Changes::between(&self.content, &response.as_pushed(self).content)
    }

    /// Adds the mark to a text.
    pub(crate) fn marked(&self, text: &str) -> String {
        marked(text, &Fingerprint::new(&self.content))
    }

    /// What a push of `wanted` over this document has to do.
    pub(crate) fn action_towards(&self, wanted: &Self) -> PushAction {
        let existing = self.as_pushed(wanted);
        let overwrites = match &self.mark {
            None => Some(Overwrites::Unmanaged),
            Some(_) if existing.content == wanted.content => return PushAction::Keep,
            Some(_) => self.is_edited_by_people(wanted).then_some(Overwrites::HandEdits),
        };
        PushAction::Update { changes: Changes::between(&existing.content, &wanted.content), overwrites }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wanted(title: &str) -> CanonicalDocument {
        CanonicalDocument::from_dashboard(&json!({"title": title, "description": "What it shows."}))
    }

    /// The dashboard in Datadog after a push.
    fn pushed(title: &str) -> Value {
        json!({"id": "abc-def-ghi", "title": title, "description": wanted(title).marked("What it shows.")})
    }

    #[test]
    fn a_pushed_dashboard_is_kept_until_another_is_wanted() {
        let existing = CanonicalDocument::from_dashboard(&pushed("CI"));

        assert!(existing.is_managed());
        assert_eq!(existing.action_towards(&wanted("CI")), PushAction::Keep);
        let PushAction::Update { changes, overwrites } = existing.action_towards(&wanted("Builds")) else {
            panic!()
        };
        assert_eq!(changes.to_string(), "~ title: \"CI\" → \"Builds\"\n");
        assert_eq!(overwrites, None);
    }

    #[test]
    fn datadogs_additions_are_not_changes() {
        let mut existing = pushed("CI");
        existing["added_tomorrow"] = json!({"x": [1]});
        let existing = CanonicalDocument::from_dashboard(&existing);

        assert_eq!(existing.action_towards(&wanted("CI")), PushAction::Keep);
        let PushAction::Update { changes, overwrites } = existing.action_towards(&wanted("Builds")) else {
            panic!()
        };
        assert_eq!((changes.to_string().as_str(), overwrites), ("~ title: \"CI\" → \"Builds\"\n", None));
    }

    #[test]
    fn an_update_says_what_it_would_overwrite() {
        let mut edited = pushed("CI");
        edited["title"] = json!("Mine");
        let unmanaged = json!({"title": "CI", "description": "What it shows."});

        for (existing, expected) in [(edited, Overwrites::HandEdits), (unmanaged, Overwrites::Unmanaged)] {
            let action = CanonicalDocument::from_dashboard(&existing).action_towards(&wanted("CI"));
            assert!(
                matches!(action, PushAction::Update { overwrites: Some(found), .. } if found == expected),
                "{action:?}"
            );
        }
    }
}
