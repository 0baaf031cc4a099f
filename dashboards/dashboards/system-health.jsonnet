// Everything on one page: all goals first, then each subject, then the reporter aboutReporter.

local ci = import '../components/ci.libsonnet';
local commits = import '../components/commits.libsonnet';
local goals = import '../components/goals.libsonnet';
local metrics = import '../components/metric.libsonnet';
local reporter = import '../components/reporter.libsonnet';
local widgets = import '../lib/widgets.libsonnet';

function(catalog=import '../catalog.json')
  local w = widgets(catalog);
  local subjects = w.known([ci(w), commits(w)]);
  local aboutReporter = w.known(reporter(w).details);
  w.dashboard(
    'System health',
    [goals(w)] + subjects + metrics(w).others(subjects + aboutReporter) + aboutReporter,
    description='Every metric of the catalog. Written in dashboards/dashboards/system-health.jsonnet.',
  )
