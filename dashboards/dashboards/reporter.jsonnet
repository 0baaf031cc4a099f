// For people who operate the reporter: does it run, and do its values arrive?

local reporter = import '../components/reporter.libsonnet';
local widgets = import '../lib/widgets.libsonnet';

function(catalog=import '../catalog.json')
  local w = widgets(catalog);
  w.dashboard(
    'System health: reporter',
    [reporter(w).health] + reporter(w).details,
    description='Runs, collectors, delivery and APIs. Written in dashboards/dashboards/reporter.jsonnet.',
    variables=['env', 'service'],
  )
