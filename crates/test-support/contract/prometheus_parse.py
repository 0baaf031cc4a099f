"""Reads pages in Prometheus' text format with the official Python client.

Standard input holds a list of pages; standard output gets, for each, the list of its families: name, type, help, and
samples with name, labels and value. A value is written as text that gives the same number again.
"""

import json
import sys

from prometheus_client.parser import text_string_to_metric_families


def to_dict(family) -> dict:
    samples = [[sample.name, sample.labels, repr(sample.value)] for sample in family.samples]
    return {"name": family.name, "type": family.type, "help": family.documentation, "samples": samples}


def main() -> None:
    pages = json.load(sys.stdin)
    json.dump([[to_dict(family) for family in text_string_to_metric_families(page)] for page in pages], sys.stdout)


main()
