"""Reads dashboards as Grafana's own SDK models them, and lists what does not fit. Input: a JSON list of dashboards. Output: a
JSON list with the faults of each. The models are generated from Grafana's schema of dashboards and panels.

- A property that the models do not know is lost when a dashboard is read and written again.
- A value of another type than the models declare is found by their annotations.
- A unit that Grafana does not know must be a suffix.
"""

import enum
import inspect
import json
import sys
import types
import typing

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import units

UNITS = {value for name, value in vars(units).items() if isinstance(value, str) and not name.startswith("_")}


def lost(sent, read, path):
    """What is in the first document but not in the second."""
    if isinstance(sent, dict) and isinstance(read, dict):
        for name, value in sent.items():
            if name in read:
                yield from lost(value, read[name], f"{path}.{name}")
            elif value is not None:
                yield f"{path}.{name}: unknown property"
    elif isinstance(sent, list) and isinstance(read, list) and len(sent) == len(read):
        for position, (value, other) in enumerate(zip(sent, read)):
            yield from lost(value, other, f"{path}[{position}]")
    elif sent != read:
        yield f"{path}: {sent!r} is read as {read!r}"


def mistyped(value, hint, path):
    """Values of another type than the annotations of the models declare."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in (typing.Any, object) or isinstance(hint, (str, typing.ForwardRef)):
        return
    if origin in (typing.Union, types.UnionType):
        if not any(not list(mistyped(value, alternative, path)) for alternative in arguments):
            yield f"{path}: {value!r} is not {hint}"
    elif origin is typing.Literal:
        if value not in arguments:
            yield f"{path}: {value!r} is not one of {arguments}"
    elif origin is list:
        if not isinstance(value, list):
            yield f"{path}: {value!r} is no list"
            return
        for position, item in enumerate(value):
            yield from mistyped(item, arguments[0], f"{path}[{position}]")
    elif origin is dict:
        if not isinstance(value, dict):
            yield f"{path}: {value!r} is no object"
            return
        for name, item in value.items():
            yield from mistyped(item, arguments[1], f"{path}.{name}")
    elif inspect.isclass(hint) and issubclass(hint, enum.Enum):
        allowed = [member.value for member in hint]
        if value not in allowed:
            yield f"{path}: {value!r} is not one of {allowed}"
    elif hint is float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            yield f"{path}: {value!r} is no number"
    elif hint in (int, str, bool, type(None)):
        if type(value) is not hint:
            yield f"{path}: {value!r} is no {hint.__name__}"
    elif inspect.isclass(hint) and isinstance(value, dict) and hasattr(hint, "from_json"):
        # Some models keep nested objects as dictionaries.
        read = hint.from_json(value)
        yield from lost(value, written(read), path)
        yield from mistyped_attributes(read, path)
    elif hasattr(value, "__dict__"):
        yield from mistyped_attributes(value, path)


def mistyped_attributes(read, path):
    # The annotations of a class may name types that cannot be resolved. Those of its base classes are used nevertheless.
    hints = {}
    for base in type(read).__mro__[:-1]:
        try:
            hints |= typing.get_type_hints(base)
        except NameError:
            continue
    for name, value in vars(read).items():
        if name in hints and value is not None:
            yield from mistyped(value, hints[name], f"{path}.{name}")
        elif hasattr(value, "__dict__"):
            yield from mistyped_attributes(value, f"{path}.{name}")


def written(read):
    return json.loads(json.dumps(read, cls=JSONEncoder))


def faults(sent):
    try:
        read = model.Dashboard.from_json(sent)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return [f"it cannot be read: {error!r}"]
    found = list(lost(sent, written(read), "dashboard")) + list(mistyped_attributes(read, "dashboard"))
    for panel in read.panels or []:
        config = getattr(panel, "field_config", None)
        for target in getattr(panel, "targets", None) or []:
            found += mistyped_attributes(target, f"{panel.title} target")
        options = getattr(panel, "options", None)
        if hasattr(options, "__dict__"):
            found += mistyped_attributes(options, f"{panel.title} options")
        if config is not None:
            if hasattr(config.defaults.custom, "__dict__"):
                found += mistyped_attributes(config.defaults.custom, f"{panel.title} custom")
            unit = config.defaults.unit
            if unit is not None and unit not in UNITS and not unit.startswith("suffix:"):
                found.append(f"{panel.title}: there is no unit {unit!r}")
    return found


if __name__ == "__main__":
    register_default_plugins()
    json.dump([faults(dashboard) for dashboard in json.load(sys.stdin)], sys.stdout)
