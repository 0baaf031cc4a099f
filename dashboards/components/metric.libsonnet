// Any metric of the catalog: its last value, next to its values over time.

function(w) {
  // The two widgets of a metric, which fill a row. Each value of the tags in `by` has its own line. Default: the metric's
  // option `by`.
  row(key, by=null, height=2):
    local own = std.get(w.catalog.metric(key), 'by');
    local lines = if by != null then by else if own != null then own else [];
    [
      w.value(key, height=height),
      w.timeseries(w.query(key, by=lines), height=height),
    ],

  // A group of metrics, a row for each.
  group(title, keys): w.group(title, std.flatMap(self.row, keys)),

  // The metrics that none of these groups shows, in one group for each first word of their keys.
  others(groups):
    local shown = std.set(std.flatMap(function(group) group.keys, groups));
    local left = std.setDiff(w.catalog.keys, shown);
    local title(key) = w.catalog.metric(key).group_title;
    [
      self.group(name, [key for key in left if title(key) == name])
      for name in std.set([title(key) for key in left])
    ],
}
