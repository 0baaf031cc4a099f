//! The delivery of one page of points.
//!
//! If the backend overwrites repeated points, a point is sent again until its fate is known. If the backend adds them up,
//! points are marked before they are sent. If their fate stays unknown, they count as unknown and are removed from the
//! outbox.

use std::{collections::BTreeSet, mem, ops::Range};

use system_health_registry::{DeliveryError, Fate, Point, Repeat, Sink};
use system_health_state::{PendingId, PendingPoint};
use tokio::time::Instant;

use super::Courier;
use crate::{
    Receipt, StateError,
    error::Chain,
    guard::{self, Next},
    outbox::Outbox,
};

/// Points that are being delivered.
struct PageDelivery<'a> {
    outbox: Outbox<'a>,
    ids: Vec<PendingId>,
    /// For each point: whether the backend would add it up if it were sent twice.
    adds_up: Vec<bool>,
    /// For each point: whether the sink has not reported its fate yet.
    open: Vec<bool>,
    /// Whether a point was accepted, refused or repeated.
    settled_any: bool,
    /// Whether a point was left, or its fate is unknown.
    any_undelivered: bool,
    /// Points that could not be removed from the outbox yet.
    unsettled: Vec<PendingId>,
    /// Points that could not be returned to the outbox yet.
    unreturned: Vec<PendingId>,
}

impl Courier<'_> {
    /// Delivers a page of points. Returns whether to try the next page. If the sink got points, and all of them were left or have
    /// an unknown fate, the next page is not tried.
    pub(super) async fn deliver_page(
        &self,
        sink: &dyn Sink,
        outbox: Outbox<'_>,
        mut pending: Vec<PendingPoint>,
        deadline: Instant,
        receipt: &mut Receipt,
    ) -> Result<bool, StateError> {
        let capabilities = &self.target.capabilities;
        let adds_up = |pending: &PendingPoint| capabilities.repeat(pending.point.kind) == Repeat::AddsUp;
        let additive: Vec<PendingId> =
            pending.iter().filter(|pending| adds_up(pending)).map(|pending| pending.id).collect();
        if !additive.is_empty() {
            let marked: BTreeSet<PendingId> = outbox.begin_sending(additive).await?.into_iter().collect();
            receipt.sent_additive_points = true;
            pending.retain(|pending| !adds_up(pending) || marked.contains(&pending.id));
        }
        if pending.is_empty() {
            // Another process is sending all of these points.
            return Ok(true);
        }
        let adds_up = pending.iter().map(adds_up).collect();
        let (ids, points): (Vec<PendingId>, Vec<Point>) =
            pending.into_iter().map(|pending| (pending.id, pending.point)).unzip();
        let open = vec![true; ids.len()];
        let mut page = PageDelivery {
            outbox,
            ids,
            adds_up,
            open,
            settled_any: false,
            any_undelivered: false,
            unsettled: Vec::new(),
            unreturned: Vec::new(),
        };
        let mut settlements = guard::deliver(sink, &points, deadline);
        while page.open.contains(&true) {
            match guard::next(&mut settlements, deadline).await {
                Next::Settled(settlement) => {
                    page.apply_fate(settlement.points, settlement.fate, receipt).await;
                }
                Next::End => {
                    page.handle_unreported(None, receipt).await;
                    break;
                }
                Next::Interrupted(error) => {
                    page.handle_unreported(Some(error), receipt).await;
                    break;
                }
            }
        }
        page.repeat_failed_changes(receipt).await;
        receipt.update_contact(page.any_undelivered);
        Ok(page.settled_any)
    }
}

impl PageDelivery<'_> {
    /// Applies the fate of some points to the outbox and the receipt.
    async fn apply_fate(&mut self, points: Range<usize>, fate: Fate, receipt: &mut Receipt) {
        let points = points.start.min(self.ids.len())..points.end.min(self.ids.len());
        if points.is_empty() {
            return;
        }
        self.open[points.clone()].fill(false);
        let count = points.len() as u64;
        let ids = &self.ids[points.clone()];
        let own = ids.iter().filter(|id| Some(id.run()) == self.outbox.own).count() as u64;
        let earlier = count - own;
        // The points of this run in a store that has failed are also delivered from another store, and counted there.
        let own = if self.outbox.is_writable() { own } else { 0 };
        match fate {
            Fate::Accepted => {
                receipt.accepted += own;
                receipt.accepted_earlier += earlier;
            }
            Fate::Repeated => receipt.repeated += own + earlier,
            Fate::Refused(error) => receipt.refuse(own, earlier, &error),
            Fate::Left(error) => {
                self.leave(points, &error, receipt).await;
                return;
            }
            Fate::Unknown(error) => {
                self.leave_or_give_up(points, &error, receipt).await;
                return;
            }
        }
        self.settled_any = true;
        self.settle(self.ids[points].to_vec()).await;
    }

    /// Leaves points in the outbox for another attempt, because they have certainly not arrived.
    async fn leave(&mut self, points: Range<usize>, error: &DeliveryError, receipt: &mut Receipt) {
        self.any_undelivered = true;
        receipt.error.get_or_insert_with(|| error.to_string());
        let marked = self.marked(points);
        if !marked.is_empty()
            && let Err(error) = self.outbox.return_to_outbox(marked.clone()).await
        {
            tracing::debug!("cannot return undelivered points to the outbox yet: {}", Chain(&error));
            self.unreturned.extend(marked);
        }
    }

    /// Handles points that may have arrived. Points that the backend overwrites are left for another attempt, and points that
    /// it adds up are given up.
    async fn leave_or_give_up(&mut self, points: Range<usize>, error: &DeliveryError, receipt: &mut Receipt) {
        self.any_undelivered = true;
        receipt.error.get_or_insert_with(|| error.to_string());
        let marked = self.marked(points);
        if !marked.is_empty() {
            receipt.unknown += marked.len() as u64;
            self.settle(marked).await;
        }
    }

    /// Removes points from the outbox. If this fails, it is tried again when the fate of all points is known.
    async fn settle(&mut self, ids: Vec<PendingId>) {
        if let Err(error) = self.outbox.settle(ids.clone()).await {
            tracing::debug!("cannot remove settled points from the outbox yet: {}", Chain(&error));
            self.unsettled.extend(ids);
        }
    }

    /// Tries once more to change the outbox where that has failed, for example because another process had locked the store.
    async fn repeat_failed_changes(&mut self, receipt: &mut Receipt) {
        let (unsettled, unreturned) = (mem::take(&mut self.unsettled), mem::take(&mut self.unreturned));
        if !unsettled.is_empty()
            && let Err(error) = self.outbox.settle(unsettled).await
        {
            receipt.has_unsettled = true;
            tracing::warn!(
                "cannot remove settled points from the outbox; they will be sent again if the destination overwrites them, and \
                 otherwise given up: {}",
                Chain(&error)
            );
        }
        let count = unreturned.len() as u64;
        if !unreturned.is_empty()
            && let Err(error) = self.outbox.return_to_outbox(unreturned).await
        {
            receipt.lose(count);
            tracing::warn!(
                "cannot return undelivered points to the outbox, so they are not sent again: {}",
                Chain(&error)
            );
        }
    }

    /// Handles points whose fate the sink has not reported, because its stream ended or was interrupted.
    async fn handle_unreported(&mut self, interrupted: Option<DeliveryError>, receipt: &mut Receipt) {
        let open: Vec<_> = (0..self.open.len()).filter(|point| self.open[*point]).collect();
        let ranges: Vec<Range<usize>> = open
            .chunk_by(|point, next| point + 1 == *next)
            .map(|range| range[0]..range[range.len() - 1] + 1)
            .collect();
        for range in ranges {
            if let Some(error) = &interrupted {
                self.leave_or_give_up(range, error, receipt).await;
            } else {
                let missing = DeliveryError::new("the sink did not report the fate of some points");
                self.leave(range, &missing, receipt).await;
            }
        }
    }

    /// The points of a range that are marked as being sent.
    fn marked(&self, points: Range<usize>) -> Vec<PendingId> {
        points.filter(|point| self.adds_up[*point]).map(|point| self.ids[point]).collect()
    }
}
