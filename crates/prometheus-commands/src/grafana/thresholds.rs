//! The colours of a panel by the goal of its metric.
//! See <https://grafana.com/docs/grafana/latest/panels-visualizations/configure-thresholds/>.

use serde_json::{Value, json};
use system_health_prometheus::PrometheusMetric;
use system_health_registry::{Comparison, Facts};

const MET: &str = "green";
const MISSED: &str = "red";

/// Green if the goal is met, otherwise red. Without a goal, all values have the colour of text. A step applies from its value
/// upwards. So for the goal `<= 5`, the red step starts just above 5.
pub(super) fn thresholds(metric: &Facts) -> Value {
    let Some(goal) = metric.goal() else {
        return json!({"mode": "absolute", "steps": [{"color": "text", "value": null}]});
    };
    let target = PrometheusMetric::from(metric).to_base_unit(goal.target());
    let above = target.next_up();
    let steps = match goal.comparison() {
        Comparison::Less => vec![(MET, None), (MISSED, Some(target))],
        Comparison::LessOrEqual => vec![(MET, None), (MISSED, Some(above))],
        Comparison::Greater => vec![(MISSED, None), (MET, Some(above))],
        Comparison::GreaterOrEqual => vec![(MISSED, None), (MET, Some(target))],
        Comparison::Equal => vec![(MISSED, None), (MET, Some(target)), (MISSED, Some(above))],
        Comparison::NotEqual => vec![(MET, None), (MISSED, Some(target)), (MET, Some(above))],
    };
    let steps: Vec<Value> =
        steps.into_iter().map(|(color, value)| json!({"color": color, "value": value})).collect();
    json!({"mode": "absolute", "steps": steps})
}

#[cfg(test)]
mod tests {
    use system_health_registry::Goal;

    use super::*;

    /// The colour that Grafana gives a value.
    fn colour(steps: &Value, value: f64) -> String {
        let steps = steps["steps"].as_array().unwrap();
        let step = steps.iter().rfind(|step| step["value"].as_f64().is_none_or(|from| from <= value));
        step.unwrap()["color"].as_str().unwrap().to_owned()
    }

    #[test]
    fn exactly_the_values_that_meet_the_goal_are_green() {
        for goal in ["< 5", "<= 5", "> 5", ">= 5", "== 5", "!= 5", "<= 0.1", "== 0", "> -1"] {
            let goal: Goal = goal.parse().unwrap();
            let steps = thresholds(&Facts::new("a", "A number.").with_goal(goal));
            let target = goal.target();
            for value in [target - 1.0, target.next_down(), target, target.next_up(), target + 1.0] {
                let expected = if goal.is_met_by(value) { MET } else { MISSED };
                assert_eq!(colour(&steps, value), expected, "{value} and the goal {goal}");
            }
        }
    }

    #[test]
    fn the_target_is_in_the_base_unit() {
        let facts = Facts::new("a", "A number.").with_unit("ms").with_goal("< 250".parse().unwrap());
        assert_eq!(thresholds(&facts)["steps"][1]["value"], json!(0.25));
    }
}
