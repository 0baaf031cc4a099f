//! x
const A: &str = include_str!("web/style.css");
const J: [&str; 17] = [
    include_str!("web/dom.js"),
    include_str!("web/morph.js"),
    include_str!("web/text.js"),
    include_str!("web/api.js"),
    include_str!("web/state.js"),
    include_str!("web/metric.js"),
    include_str!("web/history.js"),
    include_str!("web/scale.js"),
    include_str!("web/sparkline.js"),
    include_str!("web/plot.js"),
    include_str!("web/table.js"),
    include_str!("web/evidence.js"),
    include_str!("web/overview.js"),
    include_str!("web/metric_page.js"),
    include_str!("web/events.js"),
    include_str!("web/deliveries.js"),
    include_str!("web/monitors.js"),
    include_str!("web/intake.js"),
    include_str!("web/trace.js"),
    include_str!("web/main.js"),
];
