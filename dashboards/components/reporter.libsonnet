// The health of the reporter itself. Several reporters add up where things are counted; else the worst of
// them is told.

function(w) {
  local query(name, aggregate, by=[], where=[]) =
    w.query('system_health.reporter.' + name, by=by, where=where, aggregate=aggregate),
  local outbox = query('outbox_points', 'sum'),
  local expired = query('points_expired', 'sum'),
  local quota = query('github_rate_limit_remaining', 'min'),
  local course(query, title, display=null) =
    w.timeseries(query, title=title, width=4, height=3, display=display),

  // One look: what went wrong, and what soon will.
  health: w.group('Reporter', w.tiles([
    w.value(query('metrics', 'sum', where=['state:error']), title='Metrics that failed', goal='== 0'),
    w.value(query('points', 'sum', where=['result:refused']), title='Points refused', goal='== 0'),
    w.value(outbox, title='Points in the outbox'),
    w.value(expired, title='Points that expired'),
    w.value(query('run_duration_seconds', 'max'), title='Longest run'),
    w.value(query('last_value_age_seconds', 'max'), title='Oldest last value'),
    w.value(quota, title='GitHub requests left'),
  ])),

  // What the collection of each metric came to.
  collectors: w.group('Reporter: collectors', [
    w.toplist(query('collector_success', 'min', by=['metric']), title='Failed ones first', order='asc'),
    w.timeseries(query('metrics', 'sum', by=['state']), title='Metrics by state', height=3, display='bars'),
    w.toplist(query('last_value_age_seconds', 'max', by=['metric']), title='Age of the last value'),
    course(query('collector_duration_seconds', 'max', by=['metric']), 'Time to collect a metric'),
    course(query('run_duration_seconds', 'max', by=['service']), 'Time of a run'),
    course(query('failed_items', 'sum', by=['metric']), 'Items that failed', display='bars'),
    course(query('sources', 'sum', by=['state']), 'Sources by state', display='bars'),
    course(query('refused_metrics', 'sum', by=['metric_source']), 'Metrics refused from sources'),
  ]),

  // What became of the points.
  delivery: w.group('Reporter: delivery', [
    course(query('points', 'sum', by=['result']), 'Points by result', display='bars'),
    course(outbox, 'Points in the outbox'),
    course(expired, 'Points that expired'),
  ]),

  // What other systems answered.
  apis: w.group('Reporter: APIs', [
    course(query('api_requests', 'sum', by=['api', 'status']), 'Requests by status', display='bars'),
    course(query('api_latency_seconds', 'max', by=['api']), 'Time for an answer'),
    course(quota, 'GitHub requests left'),
  ]),

  // All but the first look.
  details: [self.collectors, self.delivery, self.apis],

  // Whether the values of one metric can be believed.
  behind(key):
    local of(name, aggregate) = query(name, aggregate, where=['metric:' + key]);
    w.group('Behind ' + key, w.tiles([
      w.value(of('collector_success', 'min'), title='Collected'),
      w.value(of('last_value_age_seconds', 'max'), title='Age of the last value'),
      w.value(of('collector_duration_seconds', 'max'), title='Time to collect it'),
      w.value(quota, title='GitHub requests left'),
    ])),
}
