// Metrics in Datadog's query language. See https://docs.datadoghq.com/dashboards/querying/.

local goal = import 'goal.libsonnet';

// The tags that every report carries.
local ofReports = ['env', 'service'];
local variables = ofReports + ['repository', 'branch'];

// The metrics about the reporter itself have no repository: they stay visible if somebody chooses one.
local variablesOf(metric) =
  if std.get(metric, 'about_reporter', false) then ofReports else variables;

// Of several series, counts add up; of a gauge, the one farthest from the goal is told.
local aggregateOf(metric) =
  local said = std.get(metric, 'aggregate');
  if said != null then said
  else if metric.kind == 'gauge' then goal(metric.goal).worst
  else 'sum';

local suffixes = { gauge: '', count: '.as_count()', rate: '.as_rate()' };

{
  // The names of the template variables.
  variables: variables,

  // A query for a metric of the catalog.
  //
  //   by         tags, each combination of which is a series of its own
  //   where      further filters, such as `state:error`
  //   scope      template variables that narrow it
  //   aggregate  what several series become, where the catalog's word and the goal's are not it
  of(catalog): function(key, by=[], where=[], scope=variablesOf(catalog.metric(key)), aggregate=null)
    local metric = catalog.metric(key);
    local space = if aggregate == null then aggregateOf(metric) else aggregate;
    local filters = ['$' + variable for variable in scope] + where;
    local within = if filters == [] then '*' else std.join(',', filters);
    local groups = if by == [] then '' else ' by {%s}' % std.join(',', by);
    {
      key:: key,
      metric:: metric,
      by:: by,
      data_source: 'metrics',
      name: 'value',
      query: '%s:%s{%s}%s%s' % [space, key, within, groups, suffixes[metric.kind]],
    },
}
