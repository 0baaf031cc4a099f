//! Rows of panels, and where they are on Grafana's grid.
//! See <https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/#panel-size-and-position>.

use serde_json::{Value, json};

use super::panel::Panel;

/// Number of columns of a dashboard.
pub(super) const COLUMNS: u32 = 24;
/// Height of the title of a row.
const TITLE_HEIGHT: u32 = 1;
/// Height of a panel.
const HEIGHT: u32 = 6;

/// A row with a title. Its panels are placed from left to right, in as many lines as needed.
pub(super) struct Row {
    pub(super) title: String,
    pub(super) panels: Vec<Panel>,
}

/// Places rows below each other, and numbers the panels.
pub(super) fn placed(rows: Vec<Row>) -> Vec<Value> {
    let mut placed = Vec::<Value>::new();
    let mut place = |mut panel: Value, (width, height): (u32, u32), (left, top): (u32, u32)| {
        panel["id"] = json!(placed.len() + 1);
        panel["gridPos"] = json!({"h": height, "w": width, "x": left, "y": top});
        placed.push(panel);
    };
    let mut top = 0;
    for Row { title, panels } in rows {
        let row = json!({"type": "row", "title": title, "collapsed": false, "panels": []});
        place(row, (COLUMNS, TITLE_HEIGHT), (0, top));
        top += TITLE_HEIGHT;
        let mut left = 0;
        for Panel { json, width } in panels {
            if left + width > COLUMNS {
                left = 0;
                top += HEIGHT;
            }
            place(json, (width, HEIGHT), (left, top));
            left += width;
        }
        top += HEIGHT;
    }
    placed
}
