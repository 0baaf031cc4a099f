//! The endpoint that answers queries with stored points.
//! See <https://docs.datadoghq.com/api/latest/metrics/#query-timeseries-points>.

use serde_json::{Value, json};

use super::endpoint::{EndpointResult, invalid, number};
use crate::{
    exchange::{Request, error},
    query::{Buckets, Expression},
    store::{Store, StoredSeries},
};

/// Length of a bucket of time, in seconds. Points of different seconds are not combined.
const BUCKET_LENGTH: i64 = 1;

/// The series that a request asks for.
pub(super) fn answer(store: &Store, request: &Request) -> EndpointResult {
    let text = request.parameter("query").ok_or_else(|| invalid("query"))?;
    let time = |name| number(request, name)?.ok_or_else(|| invalid(name));
    let (from, to): (i64, i64) = (time("from")?, time("to")?);
    let expression =
        Expression::parse(&text).ok_or_else(|| error(400, &format!("Error parsing query: {text}")))?;
    let stored = store.series_of(&expression.metrics(), &(from..=to))?;
    let points = stored.iter().flat_map(StoredSeries::points);
    let groups = expression.groups(&points, &(from..=to), BUCKET_LENGTH);
    let series: Vec<Value> =
        groups.iter().map(|(tags, points)| series(&expression, &text, tags, points)).collect();
    Ok(json!({
        "status": "ok",
        "res_type": "time_series",
        "series": series,
        "from_date": milliseconds(from),
        "to_date": milliseconds(to),
        "query": text,
        "group_by": expression.group_by(),
        "message": "",
    }))
}

/// One series: of a metric, or of the result of a calculation.
fn series(expression: &Expression<'_>, text: &str, tags: &[String], points: &Buckets) -> Value {
    let query = if let Expression::Query(query) = expression { Some(query) } else { None };
    let scope = match query {
        Some(query) if tags.is_empty() => query.scope.to_owned(),
        None if tags.is_empty() => "*".to_owned(),
        _ => tags.join(","),
    };
    let name = query.map_or(text, |query| query.metric);
    let expression_text = query
        .map_or_else(|| text.to_owned(), |query| format!("{}:{}{{{scope}}}", query.aggregator, query.metric));
    let point = |(time, value): (&i64, &f64)| json!([milliseconds(*time), value]);
    json!({
        "metric": name,
        "display_name": name,
        "aggr": query.map(|query| query.aggregator),
        "expression": expression_text,
        "scope": scope,
        "tag_set": tags,
        "query_index": 0,
        "start": points.keys().next().copied().map(milliseconds),
        "end": points.keys().next_back().copied().map(milliseconds),
        "length": points.len(),
        "pointlist": points.iter().map(point).collect::<Vec<_>>(),
    })
}

fn milliseconds(seconds: i64) -> i64 {
    seconds.saturating_mul(1000)
}
