//! The result of each delivery, for people.

use std::{borrow::Cow, fmt};

use system_health_reporter::{Delivery, DeliveryResult, DeliveryStatus, Preview, Receipt, Refusal};

use super::style::{BAD, paint};

/// The result of a delivery.
pub(super) struct DeliveryText<'a> {
    delivery: &'a Delivery,
    destination: Cow<'a, str>,
}

/// What happened to the points and events of a delivery.
pub(crate) struct ReceiptText<'a>(pub(crate) &'a Receipt);

/// A number of series of a run, and a number of series about the reporter: `8 series, and 12 about the reporter`.
struct Series(u64, u64);

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(of_run, about_reporter) = self;
        write!(f, "{of_run} series")?;
        if *about_reporter > 0 {
            write!(f, ", and {about_reporter} about the reporter")?;
        }
        Ok(())
    }
}

impl<'a> DeliveryText<'a> {
    /// The texts of all deliveries. If a sink has several deliveries, each text names the address of its destination.
    pub(super) fn all(deliveries: &'a [Delivery]) -> impl Iterator<Item = Self> {
        deliveries.iter().map(|delivery| {
            let same_sink = deliveries.iter().filter(|other| other.sink == delivery.sink).count();
            let destination = if same_sink > 1 {
                format!("{} ({})", delivery.sink, delivery.address).into()
            } else {
                delivery.sink.into()
            };
            Self { delivery, destination }
        })
    }

    /// The text without the payload of a dry run.
    pub(super) fn summary(&self) -> String {
        match &self.delivery.result {
            DeliveryResult::Pushed(_) | DeliveryResult::Interrupted { .. } => {
                self.to_string().trim_end().to_owned()
            }
            DeliveryResult::DryRun(preview) => {
                let series = Series(preview.series as u64, preview.self_metrics as u64);
                format!("Would be delivered to {}: {series}.", self.destination)
            }
        }
    }
}

impl fmt::Display for DeliveryText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let destination = &self.destination;
        match &self.delivery.result {
            DeliveryResult::Pushed(receipt) => {
                match receipt.status() {
                    DeliveryStatus::Accepted => write!(f, "Delivered to {destination}")?,
                    DeliveryStatus::Partial => {
                        write!(f, "{} to {destination}", paint(BAD, "Partly delivered"))?;
                    }
                    DeliveryStatus::Failed => write!(f, "{} to {destination}", paint(BAD, "Not delivered"))?,
                }
                ReceiptText(receipt).fmt(f)
            }
            DeliveryResult::Interrupted { kept } => {
                let rest =
                    if *kept { "The rest waits in the outbox for the next run" } else { "The rest is lost" };
                let result = paint(BAD, "Interrupted");
                writeln!(f, "{result} before everything was delivered to {destination}. {rest}.")
            }
            DeliveryResult::DryRun(Preview { payload, events, .. }) => {
                writeln!(f, "{}\n{payload:#}", self.summary())?;
                events.iter().try_for_each(|event| writeln!(f, "An event would be sent:\n{event:#}"))
            }
        }
    }
}

impl fmt::Display for ReceiptText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(receipt) = self;
        let accepted = Series(receipt.accepted, receipt.self_metrics);
        match (receipt.status(), &receipt.error) {
            (DeliveryStatus::Failed, Some(error)) => writeln!(f, ": {error}")?,
            (_, Some(error)) => writeln!(f, ": accepted {accepted}; {error}")?,
            (_, None) => writeln!(f, ": {accepted}.")?,
        }
        for Refusal { series, error } in &receipt.refused {
            writeln!(f, "  refused: {series} series: {error}")?;
        }
        let lost = if receipt.no_state {
            [
                "point is lost: with --no-state nothing is kept",
                "points are lost: with --no-state nothing is kept",
            ]
        } else {
            [
                "point is lost: there is no usable state folder to keep it in",
                "points are lost: there is no usable state folder to keep them in",
            ]
        };
        let counts = [
            (
                receipt.accepted_earlier,
                ["point of an earlier run was delivered too", "points of earlier runs were delivered too"],
            ),
            (
                receipt.unknown,
                [
                    "point may have arrived and is not sent again, because it would count twice",
                    "points may have arrived and are not sent again, because they would count twice",
                ],
            ),
            (
                receipt.left,
                ["point waits in the outbox for the next run", "points wait in the outbox for the next run"],
            ),
            (receipt.lost, lost),
            (
                receipt.expired,
                [
                    "point of an earlier run was dropped: it was too old, or dated more than a day ahead",
                    "points of earlier runs were dropped: they were too old, or dated more than a day ahead",
                ],
            ),
            (
                receipt.superseded,
                [
                    "point of an earlier run was dropped: it would be shown as a current one",
                    "points of earlier runs were dropped: they would be shown as current ones",
                ],
            ),
            (
                receipt.repeated,
                [
                    "point does not count: an earlier run had the same series at the same time or later, and its value stays",
                    "points do not count: an earlier run had the same series at the same time or later, and its values stay",
                ],
            ),
            (
                receipt.baselines,
                [
                    "counter is not sent: its previous total is not known, so increases count from this total on",
                    "counters are not sent: their previous totals are not known, so increases count from these totals on",
                ],
            ),
            (receipt.events, ["event was sent", "events were sent"]),
            (receipt.events_left, ["event waits for the next run", "events wait for the next run"]),
        ];
        let mut counts = counts.iter().filter(|(count, _)| *count > 0);
        counts.try_for_each(|(count, [one, many])| {
            writeln!(f, "  {count} {}", if *count == 1 { one } else { many })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_about_the_reporter_are_counted_separately() {
        let mut receipt = Receipt::default();
        (receipt.accepted, receipt.self_metrics) = (8, 12);
        assert_eq!(ReceiptText(&receipt).to_string(), ": 8 series, and 12 about the reporter.\n");

        (receipt.self_metrics, receipt.left, receipt.error) = (0, 3, Some("no connection".to_owned()));
        let text = ReceiptText(&receipt).to_string();
        assert_eq!(
            text,
            ": accepted 8 series; no connection\n  3 points wait in the outbox for the next run\n"
        );
    }
}
