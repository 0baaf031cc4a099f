// Is everything well? A tile for every goal, green or red.

function(w)
  w.group('Goals', w.tiles([w.value(key) for key in w.catalog.withGoal]) + [
    w.note(|||
      **Green**: the goal is met. **Red**: it is missed. A value is the last one of the time that is shown; of
      several series, the one farthest from the goal, or their average where the goal is one number.
      Nothing anywhere? Then the reporter does not run: `report doctor` says why.
    |||),
  ])
