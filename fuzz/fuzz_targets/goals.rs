//! Goals: what is read is written so that it is read again as the same, and compares finite numbers only.
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
