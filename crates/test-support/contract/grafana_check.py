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
        if not any(not list(mistyped(value, one, path)) for one in arguments):
            yield f"{path}: {value!r} is not {hint}"
    elif origin is typing.Literal:
        if value not in arguments:
            yield f"{path}: {value!r} is not one of {arguments}"
    elif origin is list:
        if not isinstance(value, list):
            yield f"{path}: {value!r} is no list"
            return
        for position, one in enumerate(value):
            yield from mistyped(one, arguments[0], f"{path}[{position}]")
    elif origin is dict:
        if not isinstance(value, dict):
            yield f"{path}: {value!r} is no object"
            return
        for name, one in value.items():
            yield from mistyped(one, arguments[1], f"{path}.{name}")
    elif inspect.isclass(hint) and issubclass(hint, enum.Enum):
        if value not in [one.value for one in hint]:
            yield f"{path}: {value!r} is not one of {[one.value for one in hint]}"
    elif hint is float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            yield f"{path}: {value!r} is no number"
    elif hint in (int, str, bool, type(None)):
        if type(value) is not hint:
            yield f"{path}: {value!r} is no {hint.__name__}"
    elif inspect.isclass(hint) and isinstance(value, dict) and hasattr(hint, "from_json"):
        # Some models keep nested objects as they are.
        read = hint.from_json(value)
        yield from lost(value, written(read), path)
        yield from annotated(read, path)
    elif hasattr(value, "__dict__"):
        yield from annotated(value, path)


def annotated(read, path):
    # A class may use names of its own module and of others, so each class of its family is asked.
    hints = {}
    for family in type(read).__mro__[:-1]:
        try:
            hints |= typing.get_type_hints(family)
        except NameError:
            continue
    for name, value in vars(read).items():
        if name in hints and value is not None:
            yield from mistyped(value, hints[name], f"{path}.{name}")
        elif hasattr(value, "__dict__"):
            yield from annotated(value, f"{path}.{name}")


def written(read):
    return json.loads(json.dumps(read, cls=JSONEncoder))


def faults(sent):
    try:
        read = model.Dashboard.from_json(sent)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return [f"it cannot be read: {error!r}"]
    found = list(lost(sent, written(read), "dashboard")) + list(annotated(read, "dashboard"))
    for panel in read.panels or []:
        config = getattr(panel, "field_config", None)
        for target in getattr(panel, "targets", None) or []:
            found += annotated(target, f"{panel.title} target")
        for part in ("options",):
            if hasattr(getattr(panel, part, None), "__dict__"):
                found += annotated(getattr(panel, part), f"{panel.title} {part}")
        if config is not None:
            if hasattr(config.defaults.custom, "__dict__"):
                found += annotated(config.defaults.custom, f"{panel.title} custom")
            unit = config.defaults.unit
            if unit is not None and unit not in UNITS and not unit.startswith("suffix:"):
                found.append(f"{panel.title}: there is no unit {unit!r}")
    return found


if __name__ == "__main__":
    register_default_plugins()
    json.dump([faults(one) for one in json.load(sys.stdin)], sys.stdout)
