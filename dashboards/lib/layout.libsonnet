// Positions on Datadog's grid. Widgets have a width and a height, and this file computes their positions.

local columns = 12;
local maxTilesPerRow = 4;

local checked(widget) =
  if widget.width < 1 || widget.width > columns then
    error 'a widget is %s columns wide: the grid has 1 to %s' % [widget.width, columns]
  else if widget.height < 1 then error 'a widget is %s rows high: the minimum is 1' % widget.height
  else widget;

// `tailstrict` makes this a loop, so that the number of widgets is not limited by the stack.
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

  // Places widgets from left to right. A widget that does not fit into a row starts a new one. Also returns the height.
  flow(widgets): flow(widgets),

  // Sets the widths of widgets, so that they fill as few rows as possible, evenly.
  tiles(widgets):
    local count = std.length(widgets);
    local rows = std.ceil(count / maxTilesPerRow);
    local row(index) = std.floor(index * rows / count);
    local first(row) = std.ceil(row * count / rows);
    local width(row) = columns / (first(row + 1) - first(row));
    std.mapWithIndex(function(index, widget) widget { width:: width(row(index)) }, widgets),
}
