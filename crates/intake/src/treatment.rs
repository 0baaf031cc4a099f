//! The treatment of submissions that Datadog would change or drop.

/// What happens to submissions that break Datadog's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Treatment {
    /// They are changed or dropped, as Datadog does.
    #[default]
    LikeDatadog,
    /// They are stored as they were sent, with any time. For tests that choose the time. A null cannot be stored, so a payload
    /// of series with a null is refused.
    AsSent,
}
