//! What the intake tells the person who started it.

use std::fmt;

use serde::Serialize;

use crate::{
    query::Transition,
    rules::{Finding, quoted},
};

/// Something that has happened: one line of output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "notice", rename_all = "snake_case")]
pub enum Notice {
    /// Data has arrived.
    Delivery {
        /// The endpoint, or `dogstatsd`.
        source: String,
        /// What was delivered, in the singular: `point`, `value`, `line`, `service check` or `span`.
        item: &'static str,
        /// The number that was sent.
        sent: usize,
        /// The number that was stored.
        stored: usize,
        /// The number of metrics of the stored points or values. 0 for other items.
        metrics: usize,
    },
    /// An event has arrived.
    Event {
        /// The endpoint, or `dogstatsd`.
        source: String,
        /// The title, in one line and cut if it is long.
        title: String,
    },
    /// A new finding.
    Finding(Finding),
    /// The status of a monitor's group has changed.
    Transition {
        /// The name of the monitor.
        name: String,
        /// The change.
        transition: Transition,
    },
}

impl Notice {
    pub(crate) fn delivery(
        source: &str,
        item: &'static str,
        sent: usize,
        stored: usize,
        metrics: usize,
    ) -> Self {
        Self::Delivery { source: source.to_owned(), item, sent, stored, metrics }
    }

    pub(crate) fn event(source: &str, title: &str) -> Self {
        Self::Event { source: source.to_owned(), title: quoted(title) }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delivery { source, item, sent, stored, metrics } => {
                let plural = |number: &usize| if *number == 1 { "" } else { "s" };
                write!(f, "received {sent} {item}{}", plural(sent))?;
                if *metrics > 0 {
                    write!(f, " of {metrics} metric{}", plural(metrics))?;
                }
                if stored != sent {
                    write!(f, ", stored {stored}")?;
                }
                write!(f, "  ({source})")
            }
            Self::Event { source, title } => write!(f, "received the event `{title}`  ({source})"),
            Self::Finding(finding) => finding.fmt(f),
            Self::Transition { name, transition: Transition { group, to, .. } } => {
                write!(f, "monitor `{}`", quoted(name))?;
                if !group.is_empty() {
                    write!(f, " for {}", quoted(&group.join(", ")))?;
                }
                write!(f, ": {to}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Status;

    #[test]
    fn a_notice_is_one_line() {
        assert_eq!(
            Notice::delivery("/api/v2/series", "point", 12, 10, 3).to_string(),
            "received 12 points of 3 metrics, stored 10  (/api/v2/series)"
        );
        assert_eq!(
            Notice::delivery("dogstatsd", "line", 1, 1, 0).to_string(),
            "received 1 line  (dogstatsd)"
        );
        let transition = Transition {
            at: 0,
            monitor: 1,
            group: vec!["env:prod".into()],
            from: Status::Ok,
            to: Status::Alert,
            notifies: true,
        };
        let notice = Notice::Transition { name: "Goal of jobs".into(), transition };
        assert_eq!(notice.to_string(), "monitor `Goal of jobs` for env:prod: Alert");
    }
}
