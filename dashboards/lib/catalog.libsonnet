// The facts about the metrics that a run collects, as `report list --format json` prints them, so that dashboards do not
// repeat them.

function(document)
  local metrics = { [metric.key]: metric for metric in document.metrics if std.get(metric, 'collected', true) };
  {
    // The keys of these metrics, in alphabetical order.
    keys: std.objectFields(metrics),

    has(key): std.objectHas(metrics, key),

    // The facts about a metric.
    metric(key):
      if self.has(key) then metrics[key]
      else error 'the catalog has no metric `%s`: `report list` shows all metrics' % key,

    // The keys of the metrics that have a goal.
    withGoal: [key for key in self.keys if metrics[key].goal != null],
  }
