// The health of the reporter itself. If there are several reporters, counts are summed, and other values show the worst
// reporter.

function(w) {
  local query(name, aggregate, by=[], where=[]) =
    w.query('system_health.reporter.' + name, by=by, where=where, aggregate=aggregate),
  local outbox = query('outbox_points', 'sum'),
  local expired = query('points_expired', 'sum'),
  local quota = query('github_rate_limit_remaining', 'min'),
  local timeseries(query, title, display=null) =
    w.timeseries(query, title=title, width=4, height=3, display=display),

  // A summary: existing problems, and problems that are about to occur.
  health: w.group('Reporter', w.tiles([
    w.value(query('metrics', 'sum', where=['state:error']), title='Metrics that failed', goal='== 0'),
    w.value(query('points', 'sum', where=['result:refused']), title='Points refused', goal='== 0'),
    w.value(outbox, title='Points in the outbox'),
    w.value(expired, title='Points that expired'),
    w.value(query('run_duration_seconds', 'max'), title='Longest run'),
    w.value(query('last_value_age_seconds', 'max'), title='Oldest last value'),
    w.value(quota, title='GitHub requests left'),
  ])),

  // The results of the collectors.
  collectors: w.group('Reporter: collectors', [
    w.toplist(query('collector_success', 'min', by=['metric']), title='Failed ones first', order='asc'),
    w.timeseries(query('metrics', 'sum', by=['state']), title='Metrics by state', height=3, display='bars'),
    w.toplist(query('last_value_age_seconds', 'max', by=['metric']), title='Age of the last value'),
    timeseries(query('collector_duration_seconds', 'max', by=['metric']), 'Time to collect a metric'),
    timeseries(query('run_duration_seconds', 'max', by=['service']), 'Time of a run'),
    timeseries(query('failed_items', 'sum', by=['metric']), 'Items that failed', display='bars'),
    timeseries(query('sources', 'sum', by=['state']), 'Sources by state', display='bars'),
    timeseries(query('refused_metrics', 'sum', by=['metric_source']), 'Metrics refused from sources'),
  ]),

  // The fates of the points.
  delivery: w.group('Reporter: delivery', [
    timeseries(query('points', 'sum', by=['result']), 'Points by result', display='bars'),
    timeseries(outbox, 'Points in the outbox'),
    timeseries(expired, 'Points that expired'),
  ]),

  // The responses of other systems.
  apis: w.group('Reporter: APIs', [
    timeseries(query('api_requests', 'sum', by=['api', 'status']), 'Requests by status', display='bars'),
    timeseries(query('api_latency_seconds', 'max', by=['api']), 'Response time'),
    timeseries(quota, 'GitHub requests left'),
  ]),

  // Everything except the summary.
  details: [self.collectors, self.delivery, self.apis],

  // Whether the values of one metric can be trusted.
  behind(key):
    local about(name, aggregate) = query(name, aggregate, where=['metric:' + key]);
    w.group('Behind ' + key, w.tiles([
      w.value(about('collector_success', 'min'), title='Collected'),
      w.value(about('last_value_age_seconds', 'max'), title='Age of the last value'),
      w.value(about('collector_duration_seconds', 'max'), title='Time to collect it'),
      w.value(quota, title='GitHub requests left'),
    ])),
}
