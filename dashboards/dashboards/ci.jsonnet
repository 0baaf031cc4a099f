// For people who merge: do the tests pass, and what had to be repaired?

local ci = import '../components/ci.libsonnet';
local commits = import '../components/commits.libsonnet';
local reporter = import '../components/reporter.libsonnet';
local widgets = import '../lib/widgets.libsonnet';

function(catalog=import '../catalog.json')
  local w = widgets(catalog);
  w.dashboard(
    'System health: CI',
    [ci(w), commits(w), reporter(w).behind('ci.tests_passing_on_main')],
    description='Tests, hotfixes and reverts. Written in dashboards/dashboards/ci.jsonnet.',
  )
