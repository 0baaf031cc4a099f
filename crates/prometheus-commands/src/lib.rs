//! Commands of `report` that print a dashboard for Grafana and alerting rules for Prometheus. Both are made from the catalog:
//! from each metric's key, description, unit and goal. They query the series that `system-health-prometheus` delivers.
//!
//! `use system_health_prometheus_commands as _;` adds the commands to a program that calls `system_health_command::main()`.

mod grafana;
mod promql;
mod rules;
