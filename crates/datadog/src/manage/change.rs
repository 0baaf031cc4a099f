//! Shows people the differences between two JSON documents. The elements of a list are identified by their names if each has a
//! unique name, and otherwise by position.

use std::{collections::BTreeSet, fmt};

use serde_json::Value;

/// Maximum length of a displayed value, in characters.
const MAX_SHOWN_LENGTH: usize = 160;

/// The differences between two documents, such as an existing dashboard and the wanted one.
#[derive(Debug, Clone, PartialEq)]
pub struct Changes(Vec<Change>);

/// One difference.
#[derive(Debug, Clone, PartialEq)]
struct Change {
    path: String,
    from: Option<Value>,
    to: Option<Value>,
}

impl Changes {
    /// Compares two documents.
    pub(crate) fn between(from: &Value, to: &Value) -> Self {
        let mut changes = Vec::new();
        compare(String::new(), Some(from), Some(to), &mut changes);
        Self(changes)
    }

    /// Whether there is no difference.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn compare(path: String, from: Option<&Value>, to: Option<&Value>, changes: &mut Vec<Change>) {
    match (from, to) {
        (Some(Value::Object(from)), Some(Value::Object(to))) => {
            let names: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
            for name in names {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                compare(path, from.get(name), to.get(name), changes);
            }
        }
        (Some(Value::Array(from)), Some(Value::Array(to))) => compare_lists(&path, from, to, changes),
        (from, to) if from == to => {}
        (from, to) => changes.push(Change { path, from: from.cloned(), to: to.cloned() }),
    }
}

fn compare_lists(path: &str, from: &[Value], to: &[Value], changes: &mut Vec<Change>) {
    let (Some(from_names), Some(to_names)) = (names(from), names(to)) else {
        for position in 0..from.len().max(to.len()) {
            compare(format!("{path}[{position}]"), from.get(position), to.get(position), changes);
        }
        return;
    };
    let position_of = |names: &[&str], name: &str| names.iter().position(|known| *known == name);
    for (name, value) in from_names.iter().zip(from) {
        let other = position_of(&to_names, name).and_then(|position| to.get(position));
        compare(format!("{path}[{name:?}]"), Some(value), other, changes);
    }
    for (name, value) in to_names.iter().zip(to) {
        if position_of(&from_names, name).is_none() {
            compare(format!("{path}[{name:?}]"), None, Some(value), changes);
        }
    }
    let common = |names: &[&str], others: &[&str]| {
        names.iter().filter(|name| others.contains(name)).map(|name| Value::from(*name)).collect::<Value>()
    };
    let (before, after) = (common(&from_names, &to_names), common(&to_names, &from_names));
    if before != after {
        changes.push(Change { path: format!("{path}, their order"), from: Some(before), to: Some(after) });
    }
}

/// The names of a list's elements, if each has a unique name.
fn names(list: &[Value]) -> Option<Vec<&str>> {
    let names: Vec<&str> = list.iter().map(name).collect::<Option<_>>()?;
    let distinct: BTreeSet<&str> = names.iter().copied().collect();
    (distinct.len() == names.len()).then_some(names)
}

fn name(element: &Value) -> Option<&str> {
    let title = || element.pointer("/definition/title").or_else(|| element.get("name"));
    element.as_str().or_else(|| title()?.as_str())
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (moved, others): (Vec<&Change>, Vec<&Change>) =
            self.0.iter().partition(|change| change.moved_widget().is_some());
        for change in others {
            writeln!(f, "{change}")?;
        }
        match moved.iter().filter_map(|change| change.moved_widget()).collect::<BTreeSet<_>>().len() {
            0 => Ok(()),
            1 => writeln!(f, "  1 widget moves or changes its size"),
            moved => writeln!(f, "  {moved} widgets move or change their size"),
        }
    }
}

impl Change {
    /// The path of the widget, if its position or size differs.
    fn moved_widget(&self) -> Option<&str> {
        let (widget, property) = self.path.rsplit_once(".layout.")?;
        // The title of a widget may contain `.layout.`, too.
        let is_property = property.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        is_property.then_some(widget)
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.from, &self.to) {
            (None, Some(to)) => write!(f, "+ {}{}", self.path, Shown(to, ": ")),
            (Some(from), None) => write!(f, "- {}{}", self.path, Shown(from, ": ")),
            (Some(Value::String(from)), Some(Value::String(to)))
                if from.contains('\n') || to.contains('\n') =>
            {
                let (removed, added) = (other_lines(from, to), other_lines(to, from));
                if removed.is_empty() && added.is_empty() {
                    return write!(
                        f,
                        "~ {}: only the order, number or endings of its lines differ",
                        self.path
                    );
                }
                write!(f, "~ {}:", self.path)?;
                removed.iter().try_for_each(|line| write!(f, "\n    - {line}"))?;
                added.iter().try_for_each(|line| write!(f, "\n    + {line}"))
            }
            (Some(from), Some(to)) => write!(f, "~ {}{} → {}", self.path, Shown(from, ": "), Shown(to, "")),
            (None, None) => Ok(()),
        }
    }
}

/// The lines of a text that another text does not have.
fn other_lines<'a>(text: &'a str, other: &str) -> Vec<&'a str> {
    let others: Vec<&str> = other.lines().collect();
    text.lines().filter(|line| !others.contains(line)).collect()
}

/// Converts whole numbers to integers: `2` instead of `2.0`.
fn with_integers(value: &Value) -> Value {
    match value {
        Value::Number(number) => {
            let integer = number.as_f64().and_then(|number| number.to_string().parse::<i64>().ok());
            integer.map_or_else(|| value.clone(), Value::from)
        }
        Value::Array(values) => values.iter().map(with_integers).collect(),
        Value::Object(properties) => {
            properties.iter().map(|(name, value)| (name.clone(), with_integers(value))).collect()
        }
        other => other.clone(),
    }
}

/// A value on one line, after a separator. Shows nothing for an object with a name, because the path contains the
/// name.
struct Shown<'a>(&'a Value, &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(value, before) = self;
        if value.is_object() && name(value).is_some() {
            return Ok(());
        }
        let text = with_integers(value).to_string();
        match text.char_indices().nth(MAX_SHOWN_LENGTH) {
            Some((end, _)) => write!(f, "{before}{} …", &text[..end]),
            None => write!(f, "{before}{text}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(from: &Value, to: &Value) -> String {
        Changes::between(from, to).to_string()
    }

    fn widget(title: &str, target: f64, y: u32) -> Value {
        json!({"definition": {"title": title, "target": target}, "layout": {"x": 0, "y": y}})
    }

    #[test]
    fn differences_are_shown_by_name() {
        let from = json!({"title": "CI", "widgets": [widget("a", 5.0, 0), widget("b", 1.0, 2)]});
        let to = json!({"title": "CI", "tags": ["team:web"],
                        "widgets": [widget("new", 1.0, 0), widget("a", 3.0, 2), widget("b", 1.0, 4)]});

        assert_eq!(
            shown(&from, &to),
            "+ tags: [\"team:web\"]\n\
             ~ widgets[\"a\"].definition.target: 5 → 3\n\
             + widgets[\"new\"]\n  \
             2 widgets move or change their size\n"
        );
        assert!(Changes::between(&from, &from).is_empty());
    }

    #[test]
    fn changes_are_shown_if_the_title_of_a_widget_contains_layout() {
        let from = json!({"widgets": [widget("web.layout.shift", 5.0, 0), widget("web.layout.x", 1.0, 2)]});
        let to = json!({"widgets": [widget("web.layout.shift", 3.0, 2), widget("web.layout.x", 1.0, 4)]});

        assert_eq!(
            shown(&from, &to),
            "~ widgets[\"web.layout.shift\"].definition.target: 5 → 3\n  \
             2 widgets move or change their size\n"
        );
    }

    #[test]
    fn differences_in_texts_are_shown_by_line() {
        let (from, to) = (json!({"message": "a\nb\n@ops"}), json!({"message": "a\nb\n@web"}));

        assert_eq!(shown(&from, &to), "~ message:\n    - @ops\n    + @web\n");
    }

    #[test]
    fn texts_with_the_same_lines_differ_in_their_order_number_or_endings() {
        for other in ["b\na", "a\nb\nb", "a\r\nb", "a\nb\n"] {
            let (from, to) = (json!({"message": "a\nb"}), json!({"message": other}));

            assert_eq!(
                shown(&from, &to),
                "~ message: only the order, number or endings of its lines differ\n"
            );
        }
    }

    #[test]
    fn another_order_is_a_difference() {
        let (from, to) = (json!({"tags": ["a", "b"]}), json!({"tags": ["b", "a"]}));

        assert_eq!(shown(&from, &to), "~ tags, their order: [\"a\",\"b\"] → [\"b\",\"a\"]\n");
    }

    #[test]
    fn elements_without_names_are_compared_by_position() {
        let (from, to) = (json!({"x": [1, 1.0]}), json!({"x": [1, 2.0, {"y": [3.0, 0.5]}]}));

        assert_eq!(shown(&from, &to), "~ x[1]: 1 → 2\n+ x[2]: {\"y\":[3,0.5]}\n");
    }
}
