// Metrics in Datadog's query language. See https://docs.datadoghq.com/dashboards/querying/.

local goal = import 'goal.libsonnet';

// The tags that all points have.
local common = ['env', 'service'];
local variables = common + ['repository', 'branch'];

// Metrics about the reporter have no repository. They stay visible if somebody selects one.
local variablesOf(metric) =
  if std.get(metric, 'about_reporter', false) then common else variables;

// How several series are combined: counts, rates and counters are summed, and distributions are averaged. For gauges, see
// goal.libsonnet.
local aggregateOf(metric) =
  local own = std.get(metric, 'aggregate');
  if own != null then own
  else if std.member(['gauge', 'distribution'], metric.kind) then goal(metric.goal).worst
  else 'sum';

local suffixes = {
  gauge: '',
  distribution: '',
  count: '.as_count()',
  counter: '.as_count()',
  rate: '.as_rate()',
};

{
  // The names of the template variables.
  variables: variables,

  // A query for a metric of the catalog.
  //
  //   by         names of tags; each combination of their values is a series
  //   where      additional filters, such as `state:error`
  //   scope      template variables that filter the query
  //   aggregate  how several series are combined, instead of the default
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
