// Any metric of the catalog: its last value, next to its values over time.

function(w) {
  // The two widgets of a metric, which fill a row. Each value of the tags in `by` has its own line.
  row(key, by=[], height=2): [
    w.value(key, height=height),
    w.timeseries(w.query(key, by=by), height=height),
  ],

  // A group of metrics, a row for each.
  group(title, keys): w.group(title, std.flatMap(self.row, keys)),

  // The metrics that none of these groups shows, in one group for each first word of their keys.
  others(groups):
    local shown = std.set(std.flatMap(function(group) group.keys, groups));
    local left = std.setDiff(w.catalog.keys, shown);
    local subject(key) = std.split(key, '.')[0];
    [
      self.group(std.strReplace(name, '_', ' '), [key for key in left if subject(key) == name])
      for name in std.set([subject(key) for key in left])
    ],
}
