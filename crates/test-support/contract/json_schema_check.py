"""Checks JSON documents against a JSON schema.

The argument is the schema's file. Standard input holds a list of documents; standard output gets, for
each, the list of what is wrong with it.
"""

import json
import sys

from jsonschema import Draft202012Validator


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    documents = json.load(sys.stdin)
    json.dump([faults(validator, document) for document in documents], sys.stdout)


def faults(validator: Draft202012Validator, document) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


main()
