"""Checks requests to Datadog, and answers of our fake of it, against Datadog's own description.

usage: datadog_check.py FOLDER < MESSAGES

MESSAGES is a JSON list of objects with `method`, `path` and `body`, and with `status` for an answer.
Writes a JSON list with the list of faults of each message; an empty list is a valid message.

The descriptions allow unknown properties everywhere, so that a typo would pass. Here they do not.
"""

import json
import sys
from pathlib import Path

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
    version = message["path"].split("/")[2]
    description = descriptions[version]
    operation = description["paths"].get(message["path"], {}).get(message["method"].lower())
    if operation is None:
        return [f"{message['method']} {message['path']} is not described"]
    if "status" in message:
        answer = operation["responses"].get(str(message["status"]))
        if answer is None:
            return [f"status {message['status']} is not described"]
        content = resolve(description, answer)["content"]
    else:
        content = resolve(description, operation["requestBody"])["content"]
    # References are looked up from the root of the schema, so the components come along.
    schema = {"allOf": [content["application/json"]["schema"]], "components": description["components"]}
    validator = OAS30Validator(schema, format_checker=oas30_format_checker)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(message["body"])]


def resolve(description: dict, node: dict) -> dict:
    while "$ref" in node:
        _, _, kind, name = node["$ref"].split("/")
        node = description["components"][kind][name]
    return node


if __name__ == "__main__":
    main(sys.argv[1])
