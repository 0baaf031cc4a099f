// The health of the reporter itself. Several reporters add up where things are counted; else the worst of
// them is told.

local of(name) = 'system_health.reporter.' + name;

function(w) {
  // One look: what went wrong, and what soon will.
  health: w.group('Reporter', w.tiles([
    w.value(
      w.query(of('metrics'), where=['state:error'], aggregate='sum'), title='Metrics that failed', goal='== 0'
    ),
    w.value(
      w.query(of('points'), where=['result:refused'], aggregate='sum'), title='Points refused', goal='== 0'
    ),
    w.value(w.query(of('outbox_points'), aggregate='sum'), title='Points in the outbox'),
    w.value(w.query(of('points_expired'), aggregate='sum'), title='Points that expired'),
    w.value(w.query(of('run_duration_seconds'), aggregate='max'), title='Longest run'),
    w.value(w.query(of('last_value_age_seconds'), aggregate='max'), title='Oldest last value'),
    w.value(w.query(of('github_rate_limit_remaining'), aggregate='min'), title='GitHub requests left'),
  ])),

  // What each metric's collection did.
  collectors: w.group('Reporter: collectors', [
    w.toplist(
      w.query(of('collector_success'), by=['metric'], aggregate='min'),
      title='Collectors, those that failed first',
      order='asc',
    ),
    w.timeseries(
      w.query(of('metrics'), by=['state'], aggregate='sum'), title='Metrics by state', height=3, display='bars'
    ),
    w.toplist(
      w.query(of('last_value_age_seconds'), by=['metric'], aggregate='max'), title='Age of the last value'
    ),
    w.timeseries(
      w.query(of('collector_duration_seconds'), by=['metric'], aggregate='max'),
      title='Duration by metric',
      width=4,
      height=3,
    ),
    w.timeseries(
      w.query(of('run_duration_seconds'), by=['service'], aggregate='max'),
      title='Duration of the run',
      width=4,
      height=3,
    ),
  ]),

  // What became of the points.
  delivery: w.group('Reporter: delivery', [
    w.timeseries(
      w.query(of('points'), by=['result'], aggregate='sum'),
      title='Points by result',
      width=4,
      height=3,
      display='bars',
    ),
    w.timeseries(
      w.query(of('outbox_points'), aggregate='sum'), title='Points in the outbox', width=4, height=3
    ),
    w.timeseries(
      w.query(of('points_expired'), aggregate='sum'), title='Points that expired', width=4, height=3
    ),
  ]),

  // What other systems answered.
  apis: w.group('Reporter: APIs', [
    w.timeseries(
      w.query(of('api_requests'), by=['api', 'status'], aggregate='sum'),
      title='Requests by API and status',
      width=4,
      height=3,
      display='bars',
    ),
    w.timeseries(
      w.query(of('api_latency_seconds'), by=['api'], aggregate='max'),
      title='Time for an answer',
      width=4,
      height=3,
    ),
    w.timeseries(
      w.query(of('github_rate_limit_remaining'), aggregate='min'),
      title='GitHub requests left',
      width=4,
      height=3,
    ),
  ]),

  // The details, without the first look.
  details: [self.collectors, self.delivery, self.apis],

  // Whether the values of one metric can be believed.
  behind(key):
    local query(name, aggregate) = w.query(of(name), where=['metric:' + key], aggregate=aggregate);
    w.group('Behind ' + key, w.tiles([
      w.value(query('collector_success', 'min'), title='Collected'),
      w.value(query('last_value_age_seconds', 'max'), title='Age of the last value'),
      w.value(query('collector_duration_seconds', 'max'), title='Time to collect it'),
      w.value(w.query(of('github_rate_limit_remaining'), aggregate='min'), title='GitHub requests left'),
    ])),
}
