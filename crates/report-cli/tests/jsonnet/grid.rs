//! Checks the positions and titles of widgets.

use serde_json::Value;

use crate::render::{shipped, widgets};

const COLUMNS: i64 = 12;

#[derive(Debug, Clone, Copy)]
struct Place {
    x: i64,
    y: i64,
    width: i64,
    height: i64,
}

impl Place {
    fn from_widget(widget: &Value) -> Self {
        let [x, y, width, height] =
            ["x", "y", "width", "height"].map(|name| widget["layout"][name].as_i64().unwrap());
        Self { x, y, width, height }
    }

    fn is_outside_or_too_small(self) -> bool {
        self.x < 0 || self.y < 0 || self.width < 1 || self.height < 2 || self.x + self.width > COLUMNS
    }

    fn overlaps(self, other: Self) -> bool {
        let apart = |start, length, other_start, other_length| {
            start + length <= other_start || other_start + other_length <= start
        };
        !apart(self.x, self.width, other.x, other.width) && !apart(self.y, self.height, other.y, other.height)
    }

    fn bottom(self) -> i64 {
        self.y + self.height
    }
}

/// The layout errors of a dashboard: of its groups, and of the widgets in each group.
pub(crate) fn layout_errors(dashboard: &Value) -> Vec<String> {
    let mut faults = layout_errors_among(widgets(dashboard));
    for group in widgets(dashboard) {
        let inner = widgets(group);
        faults.extend(layout_errors_among(inner));
        let bottom = inner.iter().map(|widget| Place::from_widget(widget).bottom()).max().unwrap();
        if Place::from_widget(group).height != bottom + 1 {
            faults.push(format!(
                "the height of {} does not match its title and its widgets",
                group["definition"]["title"]
            ));
        }
    }
    faults
}

fn layout_errors_among(widgets: &[Value]) -> Vec<String> {
    let places: Vec<Place> = widgets.iter().map(Place::from_widget).collect();
    let mut faults = vec![];
    for (index, place) in places.iter().enumerate() {
        if place.is_outside_or_too_small() {
            faults.push(format!("{place:?} leaves the grid or is too small"));
        }
        let overlapped = places[..index].iter().filter(|other| other.overlaps(*place));
        faults.extend(overlapped.map(|other| format!("{place:?} overlaps {other:?}")));
        if places.iter().filter(|other| other.y == place.y).count() > 4 {
            faults.push(format!("{place:?} is in a row of more than four"));
        }
    }
    faults
}

#[test]
#[ignore = "needs Jsonnet: run cargo xtask test"]
fn widgets_neither_overlap_nor_leave_the_grid() {
    for (name, dashboard) in shipped() {
        assert_eq!(layout_errors(&dashboard), [""; 0], "{name}");
    }
}

#[test]
#[ignore = "needs Jsonnet: run cargo xtask test"]
fn a_misplaced_widget_is_found() {
    let (_, good) = shipped().pop().unwrap();
    for (pointer, value) in [
        ("/widgets/1/layout/y", 0),
        ("/widgets/0/layout/height", 4),
        ("/widgets/0/definition/widgets/1/layout/x", 3),
        ("/widgets/0/definition/widgets/2/layout/x", 9),
        ("/widgets/0/definition/widgets/0/layout/height", 1),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value.into();

        assert!(!layout_errors(&bad).is_empty(), "{pointer} {value}");
    }
}

#[test]
#[ignore = "needs Jsonnet: run cargo xtask test"]
fn titles_are_unique_among_groups_and_in_each_group() {
    for (name, dashboard) in shipped() {
        let groups = widgets(&dashboard).iter().map(widgets);
        for siblings in groups.chain([widgets(&dashboard)]) {
            let mut titles: Vec<&str> =
                siblings.iter().filter_map(|widget| widget["definition"]["title"].as_str()).collect();
            let count = titles.len();
            titles.sort_unstable();
            titles.dedup();
            assert_eq!(titles.len(), count, "{name}: {titles:?}");
        }
    }
}
