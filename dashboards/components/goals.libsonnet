// A tile for every goal, green or red.

function(w)
  w.group('Goals', w.tiles([w.value(key) for key in w.catalog.withGoal]) + [
    w.note(|||
      **Green**: the goal is met. **Red**: it is missed. Each tile shows the last value in the selected time range. If
      there are several series, it shows the sum of counts and rates. Of gauges, it shows the worst one, or
      their average if the goal is `==` or `!=`.
      If all tiles are empty, the reporter does not run: the command `doctor` says why.
    |||),
  ])
