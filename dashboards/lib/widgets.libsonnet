// The parts of a dashboard. A metric is identified by its key. Its unit, goal and description come from the catalog. A key
// can be used in place of a query.
//
// Widgets have only properties that Datadog's API description allows.
// See https://docs.datadoghq.com/api/latest/dashboards/.

local catalogs = import 'catalog.libsonnet';
local goals = import 'goal.libsonnet';
local layout = import 'layout.libsonnet';
local queries = import 'query.libsonnet';
local unit = import 'unit.libsonnet';

local repeated(titles) =
  local sorted = std.sort(titles);
  [sorted[index] for index in std.range(1, std.length(sorted) - 1) if sorted[index - 1] == sorted[index]];

// The common part of widgets about a metric: the title, the description unless it is the title, and the runbook.
local about(metric, title) =
  { title: title }
  + (if title == metric.description then {} else { description: metric.description })
  + (if std.get(metric, 'runbook') == null then {}
     else { custom_links: [{ label: 'Runbook', link: metric.runbook }] });

local optional(name, list) = if list == [] then {} else { [name]: list };

// A query, and how its result is shown.
local request(query, format, more={}) = {
  queries: [query],
  formulas: [{ formula: 'value' } + unit(query.metric.unit) + more],
  response_format: format,
};

function(document)
  local catalog = catalogs(document);
  local query = queries.of(catalog);
  local asQuery(it) = if std.isString(it) then query(it) else it;
  local goalOf(query, own) = goals(if own == null then query.metric.goal else own);
  {
    catalog: catalog,
    query: query,
    tiles: layout.tiles,

    // The last value: green if the goal is met, and red if it is missed. The argument `goal` applies only to this widget.
    value(query, title=null, width=4, height=2, goal=null):
      local it = asQuery(query);
      {
        width:: width,
        height:: height,
        key:: it.key,
        definition: about(it.metric, if title == null then it.key else title) {
          type: 'query_value',
          requests: [
            request(it { aggregator: 'last' }, 'scalar')
            + optional('conditional_formats', goalOf(it, goal).formats),
          ],
          autoscale: true,
          precision: 2,
        },
      },

    // The values over time, with the goal as a line. By default, counts and counters are bars, and everything else is a
    // line.
    timeseries(query, title=null, width=8, height=2, goal=null, display=null):
      local it = asQuery(query);
      local default = if std.member(['count', 'counter'], it.metric.kind) then 'bars' else 'line';
      {
        width:: width,
        height:: height,
        key:: it.key,
        definition: about(it.metric, if title == null then it.metric.description else title) {
          type: 'timeseries',
          requests: [
            request(it, 'timeseries') { display_type: if display == null then default else display },
          ],
          show_legend: it.by != [],
        } + optional('markers', goalOf(it, goal).markers),
      },

    // The last values of the series of a query, the worst one first.
    toplist(query, title=null, width=4, height=3, goal=null, order=null, limit=10):
      local it = asQuery(query);
      local own = goalOf(it, goal);
      local default = '%s by %s' % [it.key, std.join(', ', it.by)];
      local first = { limit: { count: limit, order: if order == null then own.order else order } };
      {
        width:: width,
        height:: height,
        key:: it.key,
        definition: about(it.metric, if title == null then default else title) {
          type: 'toplist',
          requests: [
            request(it { aggregator: 'last' }, 'scalar', first)
            + optional('conditional_formats', own.formats),
          ],
        },
      },

    // A text in Markdown.
    note(text, width=12, height=2): {
      width:: width,
      height:: height,
      key:: null,
      definition: { type: 'note', content: text, background_color: 'white', font_size: '14' },
    },

    // Widgets under one title, placed from left to right.
    group(title, widgets):
      local twice = repeated([it.definition.title for it in widgets if it.key != null]);
      local placed = layout.flow(widgets);
      {
        title:: title,
        widgets:: widgets,
        keys:: [widget.key for widget in widgets if widget.key != null],
        width:: layout.columns,
        // The title takes a row.
        height:: placed.height + 1,
        definition: {
          type: 'group',
          layout_type: 'ordered',
          title: title,
          show_title: true,
          widgets:
            if twice == [] then placed.widgets
            else error 'the group `%s` has several widgets with the title `%s`' % [title, twice[0]],
        },
      },

    // Groups without the widgets whose metrics the catalog does not have.
    known(groups): [
      group
      for group in [
        $.group(group.title, [it for it in group.widgets if it.key == null || catalog.has(it.key)])
        for group in groups
      ]
      if group.keys != []
    ],

    // Groups one below the other. The default time range is a day, because the reporter runs only every few minutes.
    dashboard(title, groups, description='', variables=queries.variables): {
      title: title,
      description: description,
      layout_type: 'ordered',
      reflow_type: 'fixed',
      default_timeframe: { type: 'live', value: 1, unit: 'day' },
      template_variables: [{ name: name, prefix: name, defaults: ['*'] } for name in variables],
      widgets: layout.flow(groups).widgets,
    },
  }
