// The number format of a metric's values.

// Units that Datadog converts, so that 90000 seconds are shown as a day. Any other unit is a label after the number.
// See https://docs.datadoghq.com/metrics/units/.
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
