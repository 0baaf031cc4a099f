//! What a delivery without a run did, for the log.

use std::fmt;

use system_health_reporter::{DeliveryStatus, Receipt};

/// The receipt of a delivery of what earlier runs have left.
pub(crate) struct WaitingSummary<'a>(pub(crate) &'a Receipt);

impl WaitingSummary<'_> {
    /// Whether no point or event was left, refused, lost or expired, and each fate is known.
    pub(crate) fn is_complete(&self) -> bool {
        let receipt = self.0;
        receipt.status() == DeliveryStatus::Accepted && receipt.unknown + receipt.expired == 0
    }
}

impl fmt::Display for WaitingSummary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let receipt = self.0;
        let numbers = [
            ("points delivered", receipt.accepted_earlier),
            ("points left", receipt.left),
            ("points refused", receipt.refused_series()),
            ("points unknown", receipt.unknown),
            ("points expired", receipt.expired),
            ("points lost", receipt.lost),
            ("events delivered", receipt.events),
            ("events left", receipt.events_left),
        ];
        let numbers: Vec<String> = numbers
            .into_iter()
            .filter(|(_, number)| *number > 0)
            .map(|(what, number)| format!("{what} {number}"))
            .collect();
        if numbers.is_empty() {
            f.write_str("nothing delivered")?;
        } else {
            f.write_str(&numbers.join(", "))?;
        }
        let refusal = receipt.refused.first().map(|refusal| &refusal.error);
        match receipt.error.as_ref().or(refusal) {
            Some(error) => write!(f, ": {error}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delivered_events_are_shown_even_if_no_point_was_delivered() {
        let mut receipt = Receipt::default();
        receipt.events = 1;

        let summary = WaitingSummary(&receipt);

        assert_eq!(summary.to_string(), "events delivered 1");
        assert!(summary.is_complete());
    }

    #[test]
    fn the_summary_says_why_something_is_left() {
        let mut receipt = Receipt::default();
        receipt.accepted_earlier = 2;
        receipt.left = 1;
        receipt.events_left = 3;
        receipt.error = Some("the backend answered with 503".to_owned());

        let summary = WaitingSummary(&receipt);

        let expected = "points delivered 2, points left 1, events left 3: the backend answered with 503";
        assert_eq!(summary.to_string(), expected);
        assert!(!summary.is_complete());
    }

    #[test]
    fn a_delivery_of_nothing_says_so() {
        assert_eq!(WaitingSummary(&Receipt::default()).to_string(), "nothing delivered");
    }
}
