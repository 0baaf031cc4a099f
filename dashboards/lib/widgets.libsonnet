// Everything a dashboard is made of. A metric is named by its key; its unit, its goal and its description
// come from the catalog. Where a query is asked for, a key alone will do.
//
// Widgets have only what Datadog's API description allows.
// See https://docs.datadoghq.com/api/latest/dashboards/.

local catalogs = import 'catalog.libsonnet';
local goals = import 'goal.libsonnet';
local layout = import 'layout.libsonnet';
local queries = import 'query.libsonnet';
local unit = import 'unit.libsonnet';

local repeated(titles) =
  local sorted = std.sort(titles);
  [sorted[index] for index in std.range(1, std.length(sorted) - 1) if sorted[index - 1] == sorted[index]];

// What every widget about a metric has: a title, a description where the title is none, and the runbook.
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

function(entries)
  local catalog = catalogs(entries);
  local query = queries.of(catalog);
  local asQuery(it) = if std.isString(it) then query(it) else it;
  local goalOf(query, own) = goals(if own == null then query.metric.goal else own);
  {
    catalog: catalog,
    query: query,
    tiles: layout.tiles,

    // The last value: green where the goal is met and red where it is missed. A goal that is given here is
    // this widget's alone.
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

    // The course, with the goal as a line. Counts are bars, everything else is lines, unless a display is
    // named.
    timeseries(query, title=null, width=8, height=2, goal=null, display=null):
      local it = asQuery(query);
      local usual = if it.metric.kind == 'count' then 'bars' else 'line';
      {
        width:: width,
        height:: height,
        key:: it.key,
        definition: about(it.metric, if title == null then it.metric.description else title) {
          type: 'timeseries',
          requests: [
            request(it, 'timeseries') { display_type: if display == null then usual else display },
          ],
          show_legend: it.by != [],
        } + optional('markers', goalOf(it, goal).markers),
      },

    // The last values of the series of a query, the one farthest from the goal first.
    toplist(query, title=null, width=4, height=3, goal=null, order=null, limit=10):
      local it = asQuery(query);
      local own = goalOf(it, goal);
      local usual = '%s by %s' % [it.key, std.join(', ', it.by)];
      local first = { limit: { count: limit, order: if order == null then own.order else order } };
      {
        width:: width,
        height:: height,
        key:: it.key,
        definition: about(it.metric, if title == null then usual else title) {
          type: 'toplist',
          requests: [
            request(it { aggregator: 'last' }, 'scalar', first)
            + optional('conditional_formats', own.formats),
          ],
        },
      },

    // Words for people, in Markdown.
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

    // Groups one below the other. It opens with the last day: the reporter runs every few minutes at most.
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
