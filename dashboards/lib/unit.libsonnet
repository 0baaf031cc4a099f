// How a metric's values are written.

// Units that Datadog knows and converts, so that 90000 seconds become a day. Any other is a word after
// the number. See https://docs.datadoghq.com/metrics/units/.
local converted = [
  'nanosecond',
  'microsecond',
  'millisecond',
  'second',
  'minute',
  'hour',
  'day',
  'week',
  'byte',
  'kibibyte',
  'mebibyte',
  'gibibyte',
  'percent',
  'fraction',
];

function(unit)
  if unit == null then {}
  else if std.member(converted, unit) then
    { number_format: { unit: { type: 'canonical_unit', unit_name: unit } } }
  else { number_format: { unit: { type: 'custom_unit_label', label: unit } } }
