// Places on Datadog's grid. Widgets say how wide and high they are; where they go is worked out here.

local columns = 12;
local atMost = 4;

local checked(widget) =
  if widget.width < 1 || widget.width > columns then
    error 'a widget is %s columns wide: the grid has 1 to %s' % [widget.width, columns]
  else if widget.height < 1 then error 'a widget is %s rows high: 1 is the least' % widget.height
  else widget;

// `tailstrict` works the places out one by one, so that any number of widgets fits on the stack.
local flow(widgets, index=0, x=0, y=0, bottom=0, placed=[]) =
  if index == std.length(widgets) then { height: bottom, widgets: placed }
  else
    local widget = checked(widgets[index]);
    local full = x + widget.width > columns;
    local left = if full then 0 else x;
    local top = if full then bottom else y;
    local here = { x: left, y: top, width: widget.width, height: widget.height };
    local below = std.max(bottom, top + widget.height);
    flow(widgets, index + 1, left + widget.width, top, below, placed + [widget { layout: here }]) tailstrict;

{
  columns: columns,

  // Widgets from left to right, in a new row where one does not fit any more, and how high that is.
  flow(widgets): flow(widgets),

  // Widgets with new widths, so that they fill as few rows as possible evenly.
  tiles(widgets):
    local count = std.length(widgets);
    local rows = std.ceil(count / atMost);
    local row(index) = std.floor(index * rows / count);
    local first(row) = std.ceil(row * count / rows);
    local width(row) = columns / (first(row + 1) - first(row));
    std.mapWithIndex(function(index, widget) widget { width:: width(row(index)) }, widgets),
}
