//! Parsing and displaying a goal round-trips, and its target is a finite number.
#![no_main]

use libfuzzer_sys::fuzz_target;
use system_health_registry::Goal;

fuzz_target!(|text: &str| {
    if let Ok(goal) = text.parse::<Goal>() {
        assert!(goal.target().is_finite());
        assert_eq!(goal.to_string().parse(), Ok(goal));
        assert!(!goal.is_met_by(f64::NAN) || goal.to_string().starts_with("!="));
    }
});
