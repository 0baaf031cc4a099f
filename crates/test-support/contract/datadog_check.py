"""Checks requests to Datadog, and answers of our fake of it, against Datadog's own description.

usage: datadog_check.py FOLDER < MESSAGES

MESSAGES is a JSON list of objects with `method`, `path` and `body`, and with `status` for an answer. A path
is that of a request, such as `/api/v1/dashboard/abc-def-ghi` or `/api/v1/monitor?page=0`; a body is null if
there is none. Writes a JSON list with the list of faults of each message. The list of a valid message is empty.

The descriptions allow unknown properties everywhere, so that a typo would pass. This check does
not allow them.
"""

import json
import sys
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from openapi_schema_validator import OAS30Validator, oas30_format_checker


def main(folder: str) -> None:
    messages = json.load(sys.stdin)
    descriptions = {}
    for path in Path(folder).glob("v*.json"):
        descriptions[path.stem] = strict(json.loads(path.read_text(encoding="utf-8")))
    json.dump([faults(descriptions, message) for message in messages], sys.stdout)


def strict(node):
    """Closes every object that lists its properties and does not say that there may be others."""
    if isinstance(node, list):
        return [strict(child) for child in node]
    if not isinstance(node, dict):
        return node
    closed = {key: strict(child) for key, child in node.items()}
    if isinstance(node.get("properties"), dict) and node.get("type") == "object":
        closed.setdefault("additionalProperties", False)
    return closed


def faults(descriptions: dict, message: dict) -> list[str]:
    url = urlsplit(message["path"])
    description = descriptions[url.path.split("/")[2]]
    operation = find_operations(description["paths"], url.path).get(message["method"].lower())
    if operation is None:
        return [f"{message['method']} {message['path']} is not described"]
    if "status" in message:
        answer = operation["responses"].get(str(message["status"]))
        if answer is None:
            return [f"status {message['status']} is not described"]
        return body_faults(description, answer, message["body"])
    given = {name for name, _ in parse_qsl(url.query, keep_blank_values=True)}
    request = operation.get("requestBody", {})
    return parameter_faults(operation, given) + body_faults(description, request, message["body"])


def find_operations(paths: dict, path: str) -> dict:
    """The operations of a path, which may be described with names in place of some parts: `/a/{id}`."""
    parts = path.split("/")
    for template, operations in paths.items():
        described = template.split("/")
        matches = (part == name or part and name.startswith("{") for name, part in zip(described, parts))
        if len(described) == len(parts) and all(matches):
            return operations
    return {}


def parameter_faults(operation: dict, given: set[str]) -> list[str]:
    described = [parameter for parameter in operation.get("parameters", []) if parameter["in"] == "query"]
    unknown = given - {parameter["name"] for parameter in described}
    missing = {parameter["name"] for parameter in described if parameter.get("required")} - given
    faults = [f"parameter {name} is not described" for name in sorted(unknown)]
    return faults + [f"parameter {name} is missing" for name in sorted(missing)]


def body_faults(description: dict, node: dict, body) -> list[str]:
    content = resolve(description, node).get("content")
    if content is None:
        return [] if body is None else ["a body is not described"]
    # Most endpoints have JSON of the type `application/json`, and a few `text/json`.
    (media,) = content.values()
    # References are looked up from the root of the schema, so the schema contains the components, too.
    schema = {"allOf": [media["schema"]], "components": description["components"]}
    validator = OAS30Validator(schema, format_checker=oas30_format_checker)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(body)]


def resolve(description: dict, node: dict) -> dict:
    while "$ref" in node:
        _, _, kind, name = node["$ref"].split("/")
        node = description["components"][kind][name]
    return node


if __name__ == "__main__":
    main(sys.argv[1])
