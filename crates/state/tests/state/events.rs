//! Goals whose state flips, events that are sent once, and the ids of dashboards.

use system_health_state::{GoalState, PendingEvent, Store};

use crate::harness::at;

const HERE: &str = "datadog api.datadoghq.eu";
const ELSEWHERE: &str = "datadog api.datadoghq.com";

fn goal(tags: &str, met: bool) -> GoalState {
    GoalState { key: "commits.hotfix".into(), tags: tags.into(), goal: "< 5".into(), met }
}

fn event(id: &str, seconds: u64) -> PendingEvent {
    PendingEvent { id: id.into(), time: at(seconds), body: format!("the body of {id}") }
}

/// Records the states of goals at a time, and returns those that flipped.
fn record(store: &Store, destination: &str, seconds: u64, goals: &[GoalState]) -> Vec<GoalState> {
    let mut flipped = Vec::new();
    let events = |flips: &[&GoalState]| {
        flipped = flips.iter().copied().cloned().collect();
        Vec::new()
    };
    store.record_goals(destination, at(seconds), goals, events).unwrap();
    flipped
}

/// Settles all waiting events, and returns their ids.
fn settle_all(store: &Store) -> Vec<String> {
    let mut sent = Vec::new();
    while let Some(event) = store.next_event(HERE, at(0)).unwrap() {
        store.settle_event(HERE, &event.id).unwrap();
        sent.push(event.id);
    }
    sent
}

#[test]
fn a_goal_flips_once_for_each_series_and_destination() {
    let store = Store::in_memory().unwrap();

    assert_eq!(record(&store, HERE, 0, &[goal("a", true), goal("b", true)]), [], "no state was stored");
    assert_eq!(record(&store, HERE, 1, &[goal("a", false), goal("b", true)]), [goal("a", false)]);
    assert_eq!(record(&store, HERE, 1, &[goal("a", false)]), [], "the same run again");
    assert_eq!(record(&store, HERE, 2, &[goal("b", true)]), [], "the other series is missing");
    assert_eq!(
        record(&store, ELSEWHERE, 3, &[goal("a", true)]),
        [],
        "no state was stored for this destination"
    );
    assert_eq!(record(&store, HERE, 3, &[goal("a", true)]), [goal("a", true)]);
    assert_eq!(record(&store, HERE, 2, &[goal("a", false)]), [], "an earlier run does not count");
    assert_eq!(record(&store, HERE, 4, &[goal("a", true)]), []);
}

#[test]
fn stored_states_of_other_goals_and_wrong_clocks_are_ignored() {
    let store = Store::in_memory().unwrap();
    let another = |met| GoalState { goal: "< 10".into(), ..goal("a", met) };
    record(&store, HERE, 0, &[goal("a", false)]);

    assert_eq!(record(&store, HERE, 1, &[another(true)]), []);
    assert_eq!(record(&store, HERE, 2, &[another(false)]), [another(false)]);

    let day = 24 * 60 * 60;
    assert_eq!(record(&store, HERE, 9 * day, &[another(true)]), [another(true)]);
    assert_eq!(record(&store, HERE, 3, &[another(false)]), [], "the stored time comes from a wrong clock");
    assert_eq!(record(&store, HERE, 4, &[another(true)]), [another(true)]);
}

#[test]
fn a_flip_is_stored_with_its_events() {
    let store = Store::in_memory().unwrap();
    record(&store, HERE, 0, &[goal("a", true)]);

    store.record_goals(HERE, at(1), &[goal("a", false)], |_| vec![event("missed", 1)]).unwrap();

    assert_eq!(store.next_event(HERE, at(0)).unwrap(), Some(event("missed", 1)));
    assert_eq!(store.next_event(ELSEWHERE, at(0)).unwrap(), None);
}

#[test]
fn an_event_that_is_added_repeatedly_is_sent_once() {
    let store = Store::in_memory().unwrap();
    store.add_events(HERE, &[event("second", 2), event("first", 1)]).unwrap();
    store.add_events(HERE, &[event("first", 9)]).unwrap();

    assert_eq!(store.pending_events(HERE).unwrap().len(), 2);
    assert_eq!(settle_all(&store), ["first", "second"]);
    store.add_events(HERE, &[event("first", 1)]).unwrap();
    assert_eq!(settle_all(&store), [""; 0]);
}

#[test]
fn returned_events_are_sent_again_but_those_with_an_unknown_fate_are_not() {
    let store = Store::in_memory().unwrap();
    store.add_events(HERE, &[event("returned", 1), event("old", 2), event("unknown", 3)]).unwrap();

    let returned = store.next_event(HERE, at(0)).unwrap().unwrap();
    store.return_event(HERE, &returned.id).unwrap();
    assert_eq!(store.next_event(HERE, at(0)).unwrap().unwrap(), returned);
    store.settle_event(HERE, "returned").unwrap();
    store.next_event(HERE, at(0)).unwrap();
    store.return_event(HERE, "old").unwrap();
    store.next_event(HERE, at(0)).unwrap();
    store.next_event(HERE, at(0)).unwrap();
    store.return_event(HERE, "old").unwrap();

    // Events with an unknown fate, and waiting events that are too old.
    let only_old = (vec![], vec!["old".to_owned()]);
    assert_eq!(
        store.give_up_events(HERE, at(0), at(3)).unwrap(),
        only_old,
        "another process may still be sending `unknown`"
    );
    store.return_event(HERE, "old").unwrap();
    let given_up = store.give_up_events(HERE, at(1), at(3)).unwrap();

    assert_eq!(given_up, (vec!["unknown".to_owned()], vec![]));
    store.return_event(HERE, "unknown").unwrap();
    assert_eq!(store.pending_events(HERE).unwrap().len(), 0);
}

#[test]
fn an_event_with_a_sending_time_from_a_wrong_clock_is_given_up() {
    let store = Store::in_memory().unwrap();
    store.add_events(HERE, &[event("odd", 1)]).unwrap();
    let day = 24 * 60 * 60;
    store.next_event(HERE, at(2 * day)).unwrap();

    assert_eq!(store.give_up_events(HERE, at(day), at(0)).unwrap().0.len(), 0);
    assert_eq!(store.give_up_events(HERE, at(day - 1), at(0)).unwrap().0, ["odd"]);
}

#[test]
fn old_settled_events_and_goals_are_deleted() {
    let store = Store::in_memory().unwrap();
    store.add_events(HERE, &[event("settled", 1), event("waiting", 1)]).unwrap();
    store.settle_event(HERE, "settled").unwrap();

    let day = 24 * 60 * 60;
    record(&store, HERE, 1, &[goal("a", true)]);
    // Only the time differs, so nothing is written.
    record(&store, HERE, day - 1, &[goal("a", true)]);

    store.delete_older_than(at(day - 1)).unwrap();
    assert_eq!(record(&store, HERE, day, &[goal("a", false)]), [goal("a", false)]);
    store.delete_older_than(at(3 * day)).unwrap();
    assert_eq!(record(&store, HERE, 3 * day, &[goal("a", true)]), []);
    store.add_events(HERE, &[event("settled", 1)]).unwrap();

    assert_eq!(settle_all(&store), ["settled", "waiting"]);
}

#[test]
fn the_id_of_a_dashboard_is_stored_by_destination_and_title() {
    let store = Store::in_memory().unwrap();
    store.remember_dashboard(HERE, "CI", "abc-def-ghi").unwrap();
    store.remember_dashboard(HERE, "CI", "jkl-mno-pqr").unwrap();

    assert_eq!(store.dashboard_id(HERE, "CI").unwrap().as_deref(), Some("jkl-mno-pqr"));
    assert_eq!(store.dashboard_id(ELSEWHERE, "CI").unwrap(), None);
    store.forget_dashboard(HERE, "jkl-mno-pqr").unwrap();
    assert_eq!(store.dashboard_id(HERE, "CI").unwrap(), None);
}
