"""Takes Datadog's OpenAPI descriptions out of the source archive of its Python client and keeps what
our requests need. The whole of v2 takes seconds to load; the reduced description takes milliseconds.

usage: datadog_description.py ARCHIVE FOLDER   writes FOLDER/v1.json and FOLDER/v2.json
"""

import json
import sys
import tarfile
from pathlib import Path

import yaml

PATHS = {
    "v1": [
        "/api/v1/validate",
        "/api/v1/dashboard",
        "/api/v1/dashboard/{dashboard_id}",
        "/api/v1/monitor",
        "/api/v1/monitor/{monitor_id}",
        "/api/v1/metrics/{metric_name}",
        "/api/v1/distribution_points",
        "/api/v1/events",
        "/api/v1/query",
    ],
    "v2": ["/api/v2/series", "/api/v2/validate_keys"],
}


def main(archive: str, folder: str) -> None:
    with tarfile.open(archive) as members:
        root = members.next().name.split("/")[0]
        for version, paths in PATHS.items():
            member = members.extractfile(f"{root}/.generator/schemas/{version}/openapi.yaml")
            loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
            reduced = reduce(yaml.load(member, Loader=loader), paths)
            # YAML knows dates, which JSON and the checks take as text.
            text = json.dumps(reduced, default=str)
            Path(folder, f"{version}.json").write_text(text, encoding="utf-8")


def reduce(description: dict, paths: list[str]) -> dict:
    """Keeps the servers, these paths, and the components that the paths refer to, however indirectly."""
    kept = {name: description[name] for name in ("openapi", "servers")}
    reduced = kept | {"paths": {}, "components": {}}
    waiting = []
    for path in paths:
        reduced["paths"][path] = description["paths"][path]
        waiting += references(description["paths"][path])
    while waiting:
        _, _, kind, name = waiting.pop().split("/")
        components = reduced["components"].setdefault(kind, {})
        if name not in components:
            components[name] = description["components"][kind][name]
            waiting += references(components[name])
    return reduced


def references(node) -> list[str]:
    if isinstance(node, list):
        return [reference for child in node for reference in references(child)]
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + references(list(node.values()))
    return []


if __name__ == "__main__":
    main(*sys.argv[1:])
