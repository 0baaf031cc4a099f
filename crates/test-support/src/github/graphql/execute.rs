//! Executes a query: <https://spec.graphql.org/October2021/#sec-Execution>.

use std::collections::HashMap;

use graphql_parser::query::{
    self, Definition, Directive, Document, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
    TypeCondition, VariableDefinition,
};
use serde_json::{Map, Value, json};

use super::{
    field::Field,
    object::{Object, Resolved},
};

type Text = String;
/// The fields that a query selects, by their names in the response. A query may select the same field several times.
type Selected<'q> = Vec<(&'q str, Vec<&'q query::Field<'q, Text>>)>;

/// A query with the values of its variables.
pub(super) struct Query<'q> {
    selection: &'q SelectionSet<'q, Text>,
    fragments: HashMap<&'q str, &'q FragmentDefinition<'q, Text>>,
    variables: Map<String, Value>,
}

/// An error of the whole query: its object in the list of errors.
pub(super) struct InvalidQuery(pub(super) Value);

impl<'q> Query<'q> {
    /// Prepares the only operation of a document.
    pub(super) fn new(
        document: &'q Document<'q, Text>,
        variables: &Map<String, Value>,
    ) -> Result<Self, InvalidQuery> {
        let mut fragments = HashMap::new();
        let mut operations = Vec::new();
        for definition in &document.definitions {
            match definition {
                Definition::Fragment(fragment) => {
                    fragments.insert(&*fragment.name, fragment);
                }
                Definition::Operation(operation) => operations.push(operation),
            }
        }
        let (selection, declared) = match operations[..] {
            [OperationDefinition::SelectionSet(selection)] => (selection, &[][..]),
            [OperationDefinition::Query(query)] => (&query.selection_set, &*query.variable_definitions),
            _ => return Err(InvalidQuery(json!({ "message": "The fake accepts exactly one query." }))),
        };
        Ok(Self { selection, fragments, variables: variable_values(declared, variables)? })
    }

    /// How many nodes the query asks for at most:
    /// <https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api#node-limit>.
    pub(super) fn requested_nodes(&self) -> u64 {
        self.requested_nodes_in(self.selection, 1)
    }

    fn requested_nodes_in(&self, selection: &SelectionSet<'q, Text>, factor: u64) -> u64 {
        let count_nodes = |item: &Selection<'q, Text>| match item {
            Selection::InlineFragment(inline) => self.requested_nodes_in(&inline.selection_set, factor),
            Selection::FragmentSpread(spread) => {
                let fragment = self.fragments.get(&*spread.fragment_name);
                fragment.map_or(0, |fragment| self.requested_nodes_in(&fragment.selection_set, factor))
            }
            Selection::Field(field) => {
                let arguments = self.arguments(field);
                let page = ["first", "last"].iter().find_map(|name| arguments.get(*name)?.as_u64());
                let (count, factor) = page.map_or((0, factor), |page| (factor * page, factor * page));
                count + self.requested_nodes_in(&field.selection_set, factor)
            }
        };
        selection.items.iter().map(count_nodes).sum()
    }

    /// The response to the query, whose root is this object: `{"data": ..., "errors": [...]}`.
    pub(super) fn execute(&self, root: &dyn Object) -> Result<Value, InvalidQuery> {
        let mut errors = Vec::new();
        let data = self.object(root, &[self.selection], &mut Vec::new(), &mut errors)?;
        let mut response = json!({ "data": data });
        if !errors.is_empty() {
            response["errors"] = errors.into();
        }
        Ok(response)
    }

    fn object(
        &self,
        object: &dyn Object,
        selections: &[&'q SelectionSet<'q, Text>],
        path: &mut Vec<Value>,
        errors: &mut Vec<Value>,
    ) -> Result<Value, InvalidQuery> {
        let mut fields = Selected::new();
        for selection in selections {
            self.select(object, selection, &mut fields);
        }
        let mut result = Map::new();
        for (key, selected) in fields {
            let field = Field::new(&selected[0].name, self.arguments(selected[0]));
            let resolved = match field.name {
                "__typename" => Some(Resolved::value(object.type_name())),
                _ => object.resolve(&field),
            };
            let Some(resolved) = resolved else { return Err(undefined_field(object, &field, path)) };
            let selections: Vec<_> = selected.iter().map(|field| &field.selection_set).collect();
            path.push(key.into());
            let value = self.complete(resolved, &selections, path, errors)?;
            path.pop();
            result.insert(key.to_owned(), value);
        }
        Ok(result.into())
    }

    fn complete(
        &self,
        resolved: Resolved<'_>,
        selections: &[&'q SelectionSet<'q, Text>],
        path: &mut Vec<Value>,
        errors: &mut Vec<Value>,
    ) -> Result<Value, InvalidQuery> {
        Ok(match resolved {
            Resolved::Value(value) => value,
            Resolved::Object(object) => self.object(&*object, selections, path, errors)?,
            Resolved::List(items) => {
                let mut list = Vec::new();
                for (number, item) in items.into_iter().enumerate() {
                    path.push(number.into());
                    list.push(self.complete(item, selections, path, errors)?);
                    path.pop();
                }
                list.into()
            }
            Resolved::Error { error_type, message } => {
                errors.push(json!({ "type": error_type, "path": path, "message": message }));
                Value::Null
            }
        })
    }

    /// Adds the fields that a selection selects from an object, by their names in the response.
    fn select(&self, object: &dyn Object, selection: &'q SelectionSet<'q, Text>, fields: &mut Selected<'q>) {
        for item in &selection.items {
            match item {
                Selection::Field(field) if self.is_included(&field.directives) => {
                    let key = field.alias.as_deref().unwrap_or(&field.name);
                    match fields.iter_mut().find(|(other, _)| *other == key) {
                        Some((_, selected)) => selected.push(field),
                        None => fields.push((key, vec![field])),
                    }
                }
                Selection::InlineFragment(inline)
                    if self.is_included(&inline.directives)
                        && inline
                            .type_condition
                            .as_ref()
                            .is_none_or(|condition| has_type(object, condition)) =>
                {
                    self.select(object, &inline.selection_set, fields);
                }
                Selection::FragmentSpread(spread) if self.is_included(&spread.directives) => {
                    let fragment = self.fragments.get(&*spread.fragment_name);
                    if let Some(fragment) =
                        fragment.filter(|fragment| has_type(object, &fragment.type_condition))
                    {
                        self.select(object, &fragment.selection_set, fields);
                    }
                }
                _ => {}
            }
        }
    }

    /// Whether the directives `@include` and `@skip` include a field or a fragment.
    fn is_included(&self, directives: &[Directive<'q, Text>]) -> bool {
        directives.iter().all(|directive| {
            let condition = directive.arguments.iter().find(|(name, _)| name == "if");
            let condition = condition.is_some_and(|(_, value)| self.value(value) == Value::Bool(true));
            match &*directive.name {
                "include" => condition,
                "skip" => !condition,
                _ => true,
            }
        })
    }

    fn arguments(&self, field: &query::Field<'q, Text>) -> Map<String, Value> {
        field.arguments.iter().map(|(name, value)| (name.clone(), self.value(value))).collect()
    }

    fn value(&self, value: &query::Value<'q, Text>) -> Value {
        match value {
            query::Value::Variable(name) => self.variables.get(name).cloned().unwrap_or_default(),
            query::Value::List(list) => list.iter().map(|value| self.value(value)).collect(),
            query::Value::Object(object) => {
                object.iter().map(|(name, value)| (name.clone(), self.value(value))).collect()
            }
            constant => constant_value(constant),
        }
    }
}

fn constant_value(value: &query::Value<'_, Text>) -> Value {
    match value {
        query::Value::Int(number) => number.as_i64().into(),
        query::Value::Float(number) => (*number).into(),
        query::Value::String(text) | query::Value::Enum(text) => text.clone().into(),
        query::Value::Boolean(value) => (*value).into(),
        query::Value::List(list) => list.iter().map(constant_value).collect(),
        query::Value::Object(object) => {
            object.iter().map(|(name, value)| (name.clone(), constant_value(value))).collect()
        }
        query::Value::Null | query::Value::Variable(_) => Value::Null,
    }
}

/// The values of the declared variables, with their defaults. A required variable without a value is refused.
fn variable_values(
    declared: &[VariableDefinition<'_, Text>],
    given: &Map<String, Value>,
) -> Result<Map<String, Value>, InvalidQuery> {
    let mut values = Map::new();
    for variable in declared {
        let default = || variable.default_value.as_ref().map(constant_value);
        let value = given.get(&variable.name).cloned().or_else(default).unwrap_or_default();
        if value.is_null() && matches!(variable.var_type, query::Type::NonNullType(_)) {
            let (name, var_type) = (&variable.name, &variable.var_type);
            let message = format!("Variable ${name} of type {var_type} was provided invalid value");
            return Err(InvalidQuery(json!({ "message": message })));
        }
        values.insert(variable.name.clone(), value);
    }
    Ok(values)
}

fn has_type(object: &dyn Object, condition: &TypeCondition<'_, Text>) -> bool {
    let TypeCondition::On(name) = condition;
    object.type_name() == name || object.interfaces().contains(&&**name)
}

fn undefined_field(object: &dyn Object, field: &Field<'_>, path: &[Value]) -> InvalidQuery {
    let (name, type_name) = (field.name, object.type_name());
    let path: Vec<_> = std::iter::once(&json!("query")).chain(path).chain([&json!(name)]).cloned().collect();
    InvalidQuery(json!({
        "path": path,
        "extensions": { "code": "undefinedField", "typeName": type_name, "fieldName": name },
        "message": format!("Field '{name}' doesn't exist on type '{type_name}'"),
    }))
}
