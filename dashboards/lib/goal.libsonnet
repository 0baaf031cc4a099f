// Goals such as `< 5`: the colours of values that meet or miss a goal, and which value is the worst.

local met = 'white_on_green';
local missed = 'white_on_red';

// For each comparison: the aggregate that selects the worst value, the sort order in which this value is first, and the
// conditions for green and red. The first matching condition applies. No aggregate selects the worst value for `==` or `!=`, so
// these use the average.
local comparisons = {
  '<': { worst: 'max', order: 'desc', colours: [['<', met], ['>=', missed]] },
  '<=': { worst: 'max', order: 'desc', colours: [['<=', met], ['>', missed]] },
  '>': { worst: 'min', order: 'asc', colours: [['>', met], ['<=', missed]] },
  '>=': { worst: 'min', order: 'asc', colours: [['>=', met], ['<', missed]] },
  '==': { worst: 'avg', order: 'desc', colours: [['=', met], ['>', missed], ['<', missed]] },
  '!=': { worst: 'avg', order: 'desc', colours: [['=', missed], ['>', met], ['<', met]] },
};

local none = { worst: 'avg', order: 'desc', formats: [], markers: [] };

// The parts of a goal that widgets need. `null` means that there is no goal.
function(text)
  if text == null then none else
    local words = std.split(text, ' ');
    local comparison =
      if std.length(words) == 2 && std.objectHas(comparisons, words[0]) then comparisons[words[0]]
      else error '`%s` is not a goal: write a comparison and a number, such as `< 5`' % text;
    {
      worst: comparison.worst,
      order: comparison.order,
      formats: [
        { comparator: colour[0], value: std.parseJson(words[1]), palette: colour[1] }
        for colour in comparison.colours
      ],
      markers: [{ value: 'y = ' + words[1], display_type: 'error dashed', label: 'goal ' + text }],
    }
