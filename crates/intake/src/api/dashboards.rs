//! Dashboards. They are kept as they were sent, with the properties that Datadog adds according to recorded responses.
//! See <https://docs.datadoghq.com/api/latest/dashboards/>.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::endpoint::{AUTHOR, EndpointResult, invalid, now, number, object};
use crate::exchange::{Answer, Request, error};

/// The number of dashboards in a list if the request does not set it.
const DEFAULT_COUNT: usize = 100;
/// The properties of a dashboard that a list contains.
const SUMMARY: [&str; 9] = [
    "id",
    "title",
    "description",
    "layout_type",
    "url",
    "is_read_only",
    "created_at",
    "modified_at",
    "author_handle",
];

/// The dashboards, in the order of their creation.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Dashboards {
    pub(crate) all: Vec<Value>,
    /// The number of dashboards that were ever created.
    created: u64,
    /// The number of widgets that got an id.
    widgets: u64,
}

impl Dashboards {
    pub(crate) fn list(&self, request: &Request) -> EndpointResult {
        let start = number(request, "start")?.unwrap_or(0);
        let count = number(request, "count")?.unwrap_or(DEFAULT_COUNT);
        let summary = |dashboard: &Value| SUMMARY.map(|name| (name.to_owned(), dashboard[name].clone()));
        let page = self.all.iter().skip(start).take(count);
        let page: Vec<Map<_, _>> = page.map(|dashboard| summary(dashboard).into_iter().collect()).collect();
        Ok(json!({ "dashboards": page }))
    }

    pub(crate) fn read(&self, id: &str) -> EndpointResult {
        self.find(id).map(|index| self.all[index].clone())
    }

    pub(crate) fn create(&mut self, sent: Map<String, Value>) -> EndpointResult {
        check(&sent)?;
        let id = id(self.created);
        self.created += 1;
        let now = now();
        let dashboard = self.complete(sent, &id, &now, &now);
        self.all.push(dashboard.clone());
        Ok(dashboard)
    }

    pub(crate) fn replace(&mut self, id: &str, request: &Request) -> EndpointResult {
        let index = self.find(id)?;
        let sent = object(request)?;
        check(&sent)?;
        let created = self.all[index]["created_at"].clone();
        self.all[index] = self.complete(sent, id, &created, &now());
        Ok(self.all[index].clone())
    }

    pub(crate) fn edit(&mut self, id: &str, edit: impl FnOnce(&mut Value)) -> EndpointResult {
        let index = self.find(id)?;
        let mut dashboard = self.all[index].take();
        edit(&mut dashboard);
        dashboard["modified_at"] = now();
        self.number_widgets(&mut dashboard["widgets"]);
        self.all[index] = dashboard;
        self.read(id)
    }

    pub(crate) fn delete(&mut self, id: &str) -> EndpointResult {
        let index = self.find(id)?;
        self.all.remove(index);
        Ok(json!({ "deleted_dashboard_id": id }))
    }

    fn find(&self, id: &str) -> Result<usize, Answer> {
        let index = self.all.iter().position(|dashboard| dashboard["id"] == id);
        index.ok_or_else(|| error(404, &format!("Dashboard with ID {id} not found")))
    }

    /// Adds the properties that Datadog adds. Properties that only Datadog may set replace those that were sent.
    fn complete(&mut self, sent: Map<String, Value>, id: &str, created: &Value, modified: &Value) -> Value {
        let url = format!("/dashboard/{id}/{}", slug(sent["title"].as_str().unwrap_or_default()));
        let (name, handle) = AUTHOR;
        let mut dashboard = json!({
            "description": null,
            "is_read_only": false,
            "notify_list": null,
            "restricted_roles": [],
            "template_variables": null,
        });
        let read_only = json!({
            "id": id,
            "author_handle": handle,
            "author_name": name,
            "created_at": created,
            "modified_at": modified,
            "url": url,
        });
        for (name, value) in sent.into_iter().chain(read_only.as_object().cloned().unwrap_or_default()) {
            dashboard[name] = value;
        }
        self.number_widgets(&mut dashboard["widgets"]);
        dashboard
    }

    /// Gives an id to every widget without one, including those in groups.
    fn number_widgets(&mut self, widgets: &mut Value) {
        for widget in widgets.as_array_mut().into_iter().flatten() {
            if !widget["id"].is_u64() {
                self.widgets += 1;
                widget["id"] = self.widgets.into();
            }
            if let Some(nested) = widget.pointer_mut("/definition/widgets") {
                self.number_widgets(nested);
            }
        }
    }
}

fn check(dashboard: &Map<String, Value>) -> Result<(), Answer> {
    let property = |name| dashboard.get(name).unwrap_or(&Value::Null);
    if !property("title").is_string() {
        return Err(invalid("title"));
    }
    if !["ordered", "free"].iter().any(|layout| property("layout_type") == layout) {
        return Err(invalid("layout_type"));
    }
    if !are_widgets(property("widgets")) {
        return Err(invalid("widgets"));
    }
    let mut tags = property("tags").as_array().into_iter().flatten();
    if tags.any(|tag| !tag.as_str().is_some_and(|tag| tag.starts_with("team:"))) {
        return Err(error(400, "Invalid tag format. Tag key must be `team`."));
    }
    Ok(())
}

/// Whether a value is a list of widgets, each with a definition. A group contains such a list, too.
fn are_widgets(value: &Value) -> bool {
    let is_widget = |widget: &Value| {
        let definition = &widget["definition"];
        definition.is_object() && definition.get("widgets").is_none_or(are_widgets)
    };
    value.as_array().is_some_and(|widgets| widgets.iter().all(is_widget))
}

/// Three groups of three letters: `aaa-aaa-aaa`, `aaa-aaa-aab` and so on.
fn id(number: u64) -> String {
    let letter = |digit| char::from(b'a' + u8::try_from(number / 26_u64.pow(digit) % 26).unwrap_or_default());
    let group = |lowest| (lowest..lowest + 3).rev().map(letter).collect::<String>();
    [group(6), group(3), group(0)].join("-")
}

/// A title as Datadog writes it in a dashboard's URL.
fn slug(title: &str) -> String {
    let letters = title.chars().map(|letter| if letter == ' ' { '-' } else { letter.to_ascii_lowercase() });
    letters.filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_its_number_in_base_26() {
        assert_eq!([0, 27, 26_u64.pow(8)].map(id), ["aaa-aaa-aaa", "aaa-aaa-abb", "baa-aaa-aaa"]);
    }

    /// Recorded from api.datadoghq.com.
    #[test]
    fn a_slug_equals_that_of_datadog() {
        assert_eq!(
            slug("Test-Create_a_new_dashboard_returns_OK_response-1731611527 with Profile Metrics Query"),
            "test-createanewdashboardreturnsokresponse-1731611527-with-profile-metrics-query"
        );
    }
}
