// Hotfixes and reverts: how often something had to be repaired quickly.

local metrics = import 'metric.libsonnet';

function(w)
  local row(key) = metrics(w).row(key, by=['repository', 'branch'], height=3);
  w.group('Commits', row('commits.hotfix') + row('commits.reverts'))
