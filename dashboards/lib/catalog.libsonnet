// What the metrics say of themselves, as `report list --format json` prints it, so that no dashboard says
// it again.

function(entries)
  local metrics = { [metric.key]: metric for metric in entries };
  {
    // The keys of all metrics, in alphabetical order.
    keys: std.objectFields(metrics),

    has(key): std.objectHas(metrics, key),

    // What the catalog says of a metric.
    metric(key):
      if self.has(key) then metrics[key]
      else error 'the catalog has no metric `%s`: `report list` shows those it has' % key,

    // The keys of the metrics that have a goal.
    withGoal: [key for key in self.keys if metrics[key].goal != null],
  }
