//! The sources of the page. All scripts become one module, so functions of one file can be used in all others. Constants can
//! only be used by code that runs later.

/// The document, with placeholders for the other parts.
pub(crate) const DOCUMENT: &str = include_str!("web/page.html");

/// The style sheets, in order: later rules may override earlier ones.
pub(crate) const STYLES: [&str; 9] = [
    include_str!("web/base.css"),
    include_str!("web/frame.css"),
    include_str!("web/state.css"),
    include_str!("web/overview.css"),
    include_str!("web/drawing.css"),
    include_str!("web/metric.css"),
    include_str!("web/table.css"),
    include_str!("web/others.css"),
    include_str!("web/phone.css"),
];

/// The scripts.
pub(crate) const SCRIPTS: [&str; 24] = [
    // Elements and text.
    include_str!("web/dom.js"),
    include_str!("web/morph.js"),
    include_str!("web/text.js"),
    // What is shown.
    include_str!("web/api.js"),
    include_str!("web/documents.js"),
    include_str!("web/state.js"),
    include_str!("web/metric.js"),
    include_str!("web/history.js"),
    include_str!("web/scale.js"),
    include_str!("web/histories.js"),
    // How it is shown.
    include_str!("web/sparkline.js"),
    include_str!("web/plot.js"),
    include_str!("web/table.js"),
    include_str!("web/evidence.js"),
    // The pages.
    include_str!("web/overview.js"),
    include_str!("web/metric_page.js"),
    include_str!("web/events.js"),
    include_str!("web/deliveries.js"),
    include_str!("web/trace.js"),
    include_str!("web/monitors.js"),
    include_str!("web/dashboards.js"),
    include_str!("web/received.js"),
    include_str!("web/frame.js"),
    include_str!("web/main.js"),
];
