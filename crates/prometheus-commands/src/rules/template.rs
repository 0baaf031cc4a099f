//! Texts in annotations and labels. Prometheus evaluates them as templates:
//! <https://prometheus.io/docs/prometheus/latest/configuration/template_reference/>.

/// Text that the template shows as it is.
pub(super) fn escape(text: &str) -> String {
    text.replace("{{", "{{ \"{{\" }}")
}

/// The value of an alert in this base unit, for people.
pub(super) fn value(base_unit: Option<&str>) -> String {
    match base_unit {
        Some("seconds") => "{{ $value | humanizeDuration }}".to_owned(),
        Some("ratio") => "{{ $value | humanizePercentage }}".to_owned(),
        Some("bytes") => "{{ $value | humanize1024 }}B".to_owned(),
        Some(unit) => format!("{{{{ $value | humanize }}}} {unit}"),
        None => "{{ $value | humanize }}".to_owned(),
    }
}

/// The values of an alert's labels, such as ` (acme/shop)`. Empty if the alert has none of these labels, because there never was a
/// value.
pub(super) fn label_values(labels: &[String]) -> String {
    if labels.is_empty() {
        return String::new();
    }
    let labels: Vec<String> = labels.iter().map(|label| format!("$labels.{label}")).collect();
    let values: Vec<String> = labels.iter().map(|label| format!("{{{{ {label} }}}}")).collect();
    format!("{{{{ if or {} }}}} ({}){{{{ end }}}}", labels.join(" "), values.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_in_braces_is_not_evaluated_as_a_template() {
        assert_eq!(escape("Use {{ name }} here."), "Use {{ \"{{\" }} name }} here.");
    }
}
