//! Draws the dashboard for the documentation, from its JSON alone: the position, query and colours of each widget. The drawing
//! shows no values, because there are none in the JSON.
#![cfg(feature = "datadog")]

use std::{env, fmt::Write, fs, path::Path};

use serde_json::Value;
use system_health_test_support::scene::Scene;

/// The size of a cell of the grid, in pixels.
const CELL: (f64, f64) = (76.0, 46.0);
const GAP: f64 = 4.0;
const COLUMNS: f64 = 12.0;

struct Place {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl Place {
    /// Converts a layout in columns and rows to pixels. The grid starts at `left` and `top`.
    fn from_layout(layout: &Value, left: f64, top: f64) -> Self {
        let number = |name: &str| layout[name].as_f64().unwrap();
        Self {
            x: left + number("x") * CELL.0 + GAP,
            y: top + number("y") * CELL.1 + GAP,
            width: number("width") * CELL.0 - 2.0 * GAP,
            height: number("height") * CELL.1 - 2.0 * GAP,
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Shortens a text to the width, and escapes it for SVG.
fn fit(text: &str, width: f64, size: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few hundred pixels")]
    let max = (width / (size * 0.56)) as usize;
    if text.chars().count() <= max {
        return escaped(text);
    }
    let start: String = text.chars().take(max.saturating_sub(1)).collect();
    escaped(start.trim_end()) + "…"
}

fn text(svg: &mut String, x: f64, y: f64, width: f64, size: f64, class: &str, text: &str) {
    let text = fit(text, width, size);
    writeln!(svg, r#"<text class="{class}" x="{x}" y="{y}" font-size="{size}">{text}</text>"#).unwrap();
}

fn rectangle(svg: &mut String, place: &Place, class: &str) {
    let Place { x, y, width, height } = place;
    writeln!(svg, r#"<rect class="{class}" x="{x}" y="{y}" width="{width}" height="{height}" rx="3"/>"#)
        .unwrap();
}

/// The first query of a widget.
fn first_query(definition: &Value) -> &str {
    definition["requests"][0]["queries"][0]["query"].as_str().unwrap()
}

/// Draws a band for each colour that the value may have, with its condition.
fn draw_value(svg: &mut String, place: &Place, definition: &Value) {
    let none = Vec::new();
    let formats = definition["requests"][0]["conditional_formats"].as_array().unwrap_or(&none);
    let Place { x, y, width, height } = place;
    let band_width = width / f64::from(u32::try_from(formats.len().max(1)).unwrap());
    let mut left = *x;
    for format in formats {
        let class = if format["palette"] == "white_on_green" { "met" } else { "missed" };
        let (top, band_height) = (y + 24.0, height - 46.0);
        rectangle(
            svg,
            &Place { x: left + GAP, y: top, width: band_width - 2.0 * GAP, height: band_height },
            class,
        );
        let condition = format!("{} {}", format["comparator"].as_str().unwrap(), format["value"]);
        text(
            svg,
            left + 2.0 * GAP,
            top + 18.0,
            band_width,
            12.0,
            "on-colour",
            condition.trim_end_matches(".0"),
        );
        left += band_width;
    }
    if formats.is_empty() {
        text(svg, x + 8.0, y + 42.0, *width, 12.0, "faint", "no goal");
    }
}

/// Draws an axis, and the goal as a line.
fn draw_timeseries(svg: &mut String, place: &Place, definition: &Value) {
    let Place { x, y, width, height } = place;
    let (bottom, right) = (y + height - 22.0, x + width - 8.0);
    writeln!(svg, r#"<line class="axis" x1="{}" y1="{bottom}" x2="{right}" y2="{bottom}"/>"#, x + 8.0)
        .unwrap();
    if let Some(label) = definition["markers"][0]["label"].as_str() {
        let middle = y + 44.0;
        writeln!(svg, r#"<line class="goal" x1="{}" y1="{middle}" x2="{right}" y2="{middle}"/>"#, x + 8.0)
            .unwrap();
        text(svg, x + 10.0, middle - 4.0, *width, 10.0, "goal-label", label);
    }
}

fn draw(dashboard: &Value) -> String {
    let groups = dashboard["widgets"].as_array().unwrap();
    let header_height = 64.0;
    let rows: f64 = groups.iter().map(|group| group["layout"]["height"].as_f64().unwrap()).sum();
    let (width, height) = (COLUMNS * CELL.0, rows * CELL.1 + header_height);
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">
<title>The layout of the dashboard that `report dashboard` makes</title>
<style>
.page {{ fill: #fff }} .group {{ fill: #f4f3f8; stroke: #c9c4dd }} .widget {{ fill: #fff; stroke: #d8d5e4 }}
.met {{ fill: #2a7e41 }} .missed {{ fill: #b8282c }} .axis {{ stroke: #999 }}
.goal {{ stroke: #b8282c; stroke-dasharray: 5 4 }}
text {{ fill: #221f2e }} .title {{ font-weight: bold }} .faint {{ fill: #6b6780 }}
.on-colour {{ fill: #fff; font-weight: bold }} .goal-label {{ fill: #b8282c }}
</style>
<rect class="page" width="{width}" height="{height}"/>
"#
    );
    text(&mut svg, 8.0, 26.0, width, 20.0, "title", dashboard["title"].as_str().unwrap());
    let variables = dashboard["template_variables"].as_array().unwrap().iter();
    let variables: Vec<String> =
        variables.map(|variable| format!("${} *", variable["name"].as_str().unwrap())).collect();
    text(&mut svg, 8.0, 48.0, width, 12.0, "faint", &variables.join("    "));
    for group in groups {
        let place = Place::from_layout(&group["layout"], 0.0, header_height);
        rectangle(&mut svg, &place, "group");
        let definition = &group["definition"];
        text(
            &mut svg,
            place.x + 10.0,
            place.y + 24.0,
            place.width,
            14.0,
            "title",
            definition["title"].as_str().unwrap(),
        );
        for widget in definition["widgets"].as_array().unwrap() {
            let place = Place::from_layout(&widget["layout"], 0.0, place.y + CELL.1 - GAP);
            rectangle(&mut svg, &place, "widget");
            let definition = &widget["definition"];
            let Place { x, y, width, height } = place;
            text(&mut svg, x + 8.0, y + 16.0, width - 16.0, 12.0, "", definition["title"].as_str().unwrap());
            text(&mut svg, x + 8.0, y + height - 7.0, width - 16.0, 10.0, "faint", first_query(definition));
            match definition["type"].as_str().unwrap() {
                "query_value" => draw_value(&mut svg, &place, definition),
                "timeseries" => draw_timeseries(&mut svg, &place, definition),
                other => panic!("no drawing of {other}"),
            }
        }
    }
    svg + "</svg>\n"
}

#[test]
fn the_picture_shows_the_current_dashboard() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/dashboard.svg");
    let dashboard = Scene::new(env!("CARGO_BIN_EXE_report")).run(&["dashboard"]).with_status(0).json();

    let drawn = draw(&dashboard);

    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&file, &drawn).unwrap();
    }
    let stored = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        stored == drawn,
        "docs/dashboard.svg is out of date; draw it again with UPDATE_DOCS=1 cargo test --test picture"
    );
}
