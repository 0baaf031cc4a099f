//! Tests `judge` with random checks of a commit. `judge` must agree with a slow reference implementation.

use proptest::prelude::*;

use super::{
    check::{Check, CheckSource, CheckState, RequiredCheck},
    judge::judge,
};

const NAMES: [&str; 3] = ["build", "lint", "test"];

fn source() -> impl Strategy<Value = CheckSource> {
    prop_oneof![
        (1..3_u64).prop_map(|app| CheckSource::Run(Some(app))),
        Just(CheckSource::Run(None)),
        Just(CheckSource::Status)
    ]
}

fn state() -> impl Strategy<Value = CheckState> {
    prop_oneof![
        6 => Just(CheckState::Passed),
        1 => Just(CheckState::Failed),
        1 => Just(CheckState::Undecided)
    ]
}

prop_compose! {
    /// Checks in any order. The latest check has the highest id.
    fn checks()(
        checks in prop::collection::vec((prop::sample::select(&NAMES[..]), source(), state()), 0..12)
            .prop_map(|checks| checks.into_iter().zip(1_u64..).collect::<Vec<_>>())
            .prop_shuffle()
    ) -> Vec<Check> {
        let check = |((name, source, state), id): ((&str, CheckSource, CheckState), u64)| Check {
            name: name.to_owned(),
            source,
            id,
            state,
            word: format!("{state:?}"),
            web_page: Some(id.to_string()),
        };
        checks.into_iter().map(check).collect()
    }
}

fn required() -> impl Strategy<Value = Vec<RequiredCheck>> {
    let one = (prop::sample::select(&NAMES[..]), prop::option::of(1..3_u64))
        .prop_map(|(name, app)| RequiredCheck { name: name.to_owned(), app });
    prop::collection::vec(one, 1..4)
}

/// Whether a later check of the same name and source replaces this one.
fn is_replaced(check: &Check, checks: &[Check]) -> bool {
    checks.iter().any(|other| other.name == check.name && other.source == check.source && other.id > check.id)
}

/// What the documentation says, one sentence after the other.
fn reference(required: &[RequiredCheck], checks: &[Check]) -> CheckState {
    let decisive: Vec<Vec<&Check>> = required
        .iter()
        .map(|needed| {
            let mut of_needed = Vec::new();
            for check in checks {
                let is_accepted = match (needed.app, check.source) {
                    (None, _) => true,
                    (Some(app), CheckSource::Run(Some(by))) => app == by,
                    (Some(_), CheckSource::Run(None) | CheckSource::Status) => false,
                };
                if check.name == needed.name && is_accepted && !is_replaced(check, checks) {
                    of_needed.push(check);
                }
            }
            of_needed
        })
        .collect();
    let has_any = |state| decisive.iter().flatten().any(|check| check.state == state);
    if has_any(CheckState::Failed) {
        CheckState::Failed
    } else if has_any(CheckState::Undecided) || decisive.iter().any(Vec::is_empty) {
        CheckState::Undecided
    } else {
        CheckState::Passed
    }
}

proptest! {
    #[test]
    fn judge_agrees_with_the_reference(required in required(), checks in checks()) {
        let verdict = judge("abc", &required, &checks);
        prop_assert_eq!(verdict.state, reference(&required, &checks));
        prop_assert_eq!(verdict.web_page.is_some(), verdict.state == CheckState::Failed);
        prop_assert!(verdict.state != CheckState::Undecided || !verdict.undecided.is_empty());
        prop_assert!(verdict.state != CheckState::Passed || verdict.undecided.is_empty());
    }

    #[test]
    fn only_the_checks_that_decide_count(required in required(), checks in checks()) {
        let verdict = judge("abc", &required, &checks);
        let deciding = (verdict.state != CheckState::Undecided).then(|| format!("{:?}", verdict.state));
        for item in &verdict.evidence {
            prop_assert_eq!(item.is_counted(), Some(item.reason()) == deciding.as_deref(), "{:?}", item);
        }
    }

    #[test]
    fn checks_that_are_not_required_have_no_effect(required in required(), checks in checks()) {
        let mut more = checks.clone();
        more.push(Check {
            name: "optional".to_owned(),
            source: CheckSource::Status,
            id: 100,
            state: CheckState::Failed,
            word: "failure".to_owned(),
            web_page: None,
        });
        let verdict = |checks: &[Check]| format!("{:?}", judge("abc", &required, checks));
        prop_assert_eq!(verdict(&more), verdict(&checks));
    }
}
