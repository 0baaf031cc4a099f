"""Reads pages in Prometheus' text format with the official Python client.

Standard input holds a list of pages; standard output gets, for each, the list of its families: name, type, help, and
samples with name, labels and value. A value is written as text that gives the same number again.
"""

import json
import sys

from prometheus_client.parser import text_string_to_metric_families


def family(one) -> dict:
    samples = [[sample.name, sample.labels, repr(sample.value)] for sample in one.samples]
    return {"name": one.name, "type": one.type, "help": one.documentation, "samples": samples}


def main() -> None:
    pages = json.load(sys.stdin)
    json.dump([[family(one) for one in text_string_to_metric_families(page)] for page in pages], sys.stdout)


main()
