//! The event of an alarm that starts to fire.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};
use system_health_registry::{Event, EventError, Level, Tag};

use super::alarm::Alarm;
use crate::hex::hex;

/// Maximum time since an alarm started to fire. After it, the alarm has no event. The state folder remembers sent events for much
/// longer.
const MAX_AGE: Duration = Duration::from_hours(24);

/// The event of an alarm that started to fire at most [`MAX_AGE`] before `now`. `None` for any other alarm, and for a muted
/// one. As long as the alarm fires, the event has the same id in each run, so it is sent once.
pub(super) fn firing_event(
    alarm: &Alarm,
    region: &str,
    now: SystemTime,
) -> Result<Option<Event>, EventError> {
    let Some(changed_at) = alarm.changed_at() else { return Ok(None) };
    let is_old = now.duration_since(changed_at).is_ok_and(|age| age > MAX_AGE);
    if alarm.state != Alarm::FIRING || alarm.is_muted() || is_old {
        return Ok(None);
    }
    let mut event = Event::new(id(alarm, changed_at), format!("Alarm {} fires in {region}", alarm.name))?
        .with_text(alarm.reason.chars().take(MAX_REASON_LENGTH).collect::<String>())?
        .with_level(Level::Error)
        .with_tag("region", region)?
        .at(changed_at)?;
    // There is no tag if the name has no character that a tag may have.
    event = event.with_tags(Tag::new("alarm", &alarm.name));
    // An unusable link is left out, because the event is more important.
    let linked = alarm.page(region).map(|page| event.clone().with_link(page));
    Ok(Some(linked.and_then(Result::ok).unwrap_or(event)))
}

/// The maximum number of characters of AWS's reason in an event. AWS allows 1023.
const MAX_REASON_LENGTH: usize = 1023;

/// An id of bounded length, because the name of an alarm may be longer than an id may be.
fn id(alarm: &Alarm, changed_at: SystemTime) -> String {
    let hash = hex(&Sha256::digest(alarm.arn.as_bytes()));
    let millis = changed_at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    format!("aws-alarm-{hash}-{millis}")
}
