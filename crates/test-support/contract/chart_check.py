"""Checks rendered Kubernetes objects against the schemas of Kubernetes.

usage: chart_check.py < MANIFESTS

Writes {"objects": [...], "faults": [...]}: the objects as JSON, and what is wrong with them in any of
the checked versions of Kubernetes. Unknown fields are faults. Kinds that Kubernetes does not know itself are not checked.
"""

import json
import sys

import kubernetes_validate
import yaml

VERSIONS = ("1.30", "1.35")
FOREIGN = {"ExternalSecret", "ServiceMonitor"}


def main() -> None:
    objects = [document for document in yaml.safe_load_all(sys.stdin) if document]
    faults = []
    for version in VERSIONS:
        for document in objects:
            if document["kind"] in FOREIGN:
                continue
            try:
                kubernetes_validate.validate(document, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                faults.append(f"{document['kind']} in {version}: {error.message} at {list(error.path)}")
    json.dump({"objects": objects, "faults": faults}, sys.stdout)


if __name__ == "__main__":
    main()
