"""Renders Jsonnet files as `jsonnet -J FOLDER FILE` does.

usage: jsonnet_render.py FOLDER FILE... < CATALOG

CATALOG is the JSON that the files get as their top-level argument `catalog`. If it is empty, they use their
own catalog. Writes a JSON list with, for each file, {"dashboard": ...} or {"error": "what Jsonnet says"}.
"""

import json
import sys

import _jsonnet


def main(folder: str, *files: str) -> None:
    catalog = sys.stdin.read()
    arguments = {"catalog": catalog} if catalog else {}
    json.dump([render(folder, file, arguments) for file in files], sys.stdout)


def render(folder: str, file: str, arguments: dict) -> dict:
    try:
        return {"dashboard": json.loads(_jsonnet.evaluate_file(file, jpathdir=[folder], tla_codes=arguments))}
    except RuntimeError as error:
        return {"error": str(error)}


if __name__ == "__main__":
    main(*sys.argv[1:])
