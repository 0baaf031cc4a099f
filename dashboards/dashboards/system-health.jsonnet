// Everything on one page: first all goals, then all metrics in groups, then the groups about the reporter.

local ci = import '../components/ci.libsonnet';
local commits = import '../components/commits.libsonnet';
local goals = import '../components/goals.libsonnet';
local metrics = import '../components/metric.libsonnet';
local reporter = import '../components/reporter.libsonnet';
local widgets = import '../lib/widgets.libsonnet';

function(catalog=import '../catalog.json')
  local w = widgets(catalog);
  local builtIn = w.known([ci(w), commits(w)]);
  local aboutReporter = w.known(reporter(w).details);
  w.dashboard(
    'System health',
    [goals(w)] + builtIn + metrics(w).others(builtIn + aboutReporter) + aboutReporter,
    description='Every metric of the catalog. Written in dashboards/dashboards/system-health.jsonnet.',
  )
