"""Checks PutMetricData requests against botocore's description of CloudWatch.

Standard input holds a list of bodies; standard output gets, for each, the list of what is wrong with it. botocore validates
types and required members. The limits of lists and texts, and the allowed texts, are in its description, but it does not
check them, so this script does. Limits that are only in the documentation are checked here, too. Finally botocore itself
serializes the request, and the result must equal the body.
"""

import json
import re
import sys
from datetime import datetime, timezone

from botocore.serialize import create_serializer
from botocore.session import get_session
from botocore.validate import ParamValidator

SERVICE = get_session().get_service_model("cloudwatch")
OPERATION = SERVICE.operation_model("PutMetricData")


def limit_faults(shape, value, path):
    """What the description forbids and botocore does not check."""
    metadata = shape.metadata
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            if name in value:
                yield from limit_faults(member, value[name], f"{path}.{name}")
        return
    if shape.type_name == "list":
        if len(value) > metadata.get("max", len(value)):
            yield f"{path}: {len(value)} items, at most {metadata['max']} are allowed"
        for number, item in enumerate(value):
            yield from limit_faults(shape.member, item, f"{path}[{number}]")
        return
    if shape.type_name == "string":
        if not metadata.get("min", 0) <= len(value) <= metadata.get("max", len(value)):
            yield f"{path}: {len(value)} characters is not an allowed length"
        if shape.enum and value not in shape.enum:
            yield f"{path}: {value} is not one of {shape.enum}"
        if "pattern" in metadata and not re.fullmatch(metadata["pattern"], value):
            yield f"{path}: {value} does not match {metadata['pattern']}"


def documented_limit_faults(body):
    """What only the documentation forbids."""
    data = body.get("MetricData", [])
    if len(data) > 1000:
        yield f"{len(data)} data, at most 1000 are allowed"
    for datum in data:
        values, counts = datum.get("Values", []), datum.get("Counts")
        if len(values) > 150:
            yield f"{len(values)} values, at most 150 are allowed"
        if len(set(values)) < len(values):
            yield "a value is repeated instead of counted"
        if counts is not None and len(counts) != len(values):
            yield f"{len(counts)} counts of {len(values)} values"


def with_times(body):
    """The same request as a caller of boto3 would write it."""
    data = [dict(datum) for datum in body.get("MetricData", [])]
    for datum in data:
        if "Timestamp" in datum:
            datum["Timestamp"] = datetime.fromtimestamp(datum["Timestamp"], timezone.utc)
    return {**body, "MetricData": data}


def faults(body):
    try:
        request = with_times(body)
    except TypeError as error:
        return [str(error)]
    report = ParamValidator().validate(request, OPERATION.input_shape)
    if report.has_errors():
        return [report.generate_report()]
    found = [*limit_faults(OPERATION.input_shape, request, "request"), *documented_limit_faults(body)]
    serialized = create_serializer("json", False).serialize_to_request(request, OPERATION)
    if json.loads(serialized["body"]) != body:
        found.append("botocore sends another body")
    return found


json.dump([faults(body) for body in json.load(sys.stdin)], sys.stdout)
