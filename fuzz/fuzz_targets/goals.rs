//! A goal that is displayed and parsed again is equal, and its target is a finite number. NaN fulfils only goals with `!=`.
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
