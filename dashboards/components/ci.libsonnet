// Do the tests pass on the branch, and if not, where?

local key = 'ci.tests_passing_on_main';

function(w)
  local byWorkflow = w.query(key, by=['repository', 'branch', 'workflow']);
  w.group('CI', [
    w.value(key, height=3),
    w.toplist(byWorkflow, title='Workflows, failed ones first', width=8, order='asc'),
    w.timeseries(byWorkflow, width=12, height=3),
  ])
