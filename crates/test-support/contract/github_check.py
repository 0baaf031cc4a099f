"""Checks requests and answers against GitHub's own OpenAPI description, and GraphQL queries against its schema.

    github_check.py DESCRIPTION SCHEMA < exchanges.jsonl

Each line of the input is one exchange: {"method", "path", "query", "request", "status", "body"}. Each line
of the output is the list of what is wrong with it, empty if nothing is.

The description is 13 MB. The first use of an operation copies it, with all that it refers to, into a
small file beside the description, so that later checks take a fraction of a second.

The check is stricter than the description: objects may not have properties that it does not list,
an error needs a message, and bounds that it gives in prose ("max 100") count. A schema keyword that
this script does not know stops the check, so no part of a schema is skipped unnoticed.
"""

import json
import os
import re
import sys
import tempfile
import urllib.parse

import jsonschema

import github_graphql

# Every operation may answer with these; the description repeats them for some operations only.
COMMON_ERRORS = {301, 307, 401, 403, 404, 429, 500, 502, 503}
# The status of an answer to a conditional request; the description has it for some operations only.
NOT_MODIFIED = 304
BASIC_ERROR = {"$ref": "#/components/schemas/basic-error"}

# Redirects and Link headers lead to /repositories/{id}; the description leaves these paths out.
BY_ID = re.compile(r"^/repositories/\d+(?=/|$)")

CHECKED = {"enum", "format", "maximum", "maxLength", "minimum", "minLength", "pattern", "required", "type",
           "maxItems", "minItems", "uniqueItems"}
IGNORED = {"default", "deprecated", "description", "discriminator", "example", "examples", "externalDocs",
           "readOnly", "title", "writeOnly", "xml"}

FORMATS = jsonschema.FormatChecker()


@FORMATS.checks("uri")
def is_uri(value):
    if not isinstance(value, str):
        return True
    parts = urllib.parse.urlsplit(value)
    return bool(parts.scheme and parts.netloc) and " " not in value


@FORMATS.checks("date-time")
def is_date_time(value):
    pattern = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
    return not isinstance(value, str) or re.fullmatch(pattern, value) is not None


class Description:
    """The part of the OpenAPI description that was used so far."""

    def __init__(self, path):
        self.path = path
        self.cache = os.path.join(os.path.dirname(path), "used-operations.json")
        stat = os.stat(path)
        self.fingerprint = [stat.st_size, stat.st_mtime_ns]
        self.used = self.read_cache() or self.read_description([])
        self.validators = {}

    def learn(self, paths):
        """Adds the operations at these paths. Reads the whole description at most once."""
        wanted = {template for path in paths if (template := self.template(path))}
        if not wanted <= self.used["paths"].keys():
            self.used = self.read_description(wanted | self.used["paths"].keys())

    def operation(self, template, method):
        return self.used["paths"][template].get(method.lower())

    def template(self, path):
        """The template that matches a path. If several match, the one with the most fixed parts."""
        matches = [template for template in self.used["templates"] if is_instance(path, template)]
        return max(matches, key=fixed_parts, default=None)

    def resolve(self, node):
        while "$ref" in node:
            group, name = node["$ref"].removeprefix("#/components/").split("/")
            node = self.used["components"][group][name]
        return node

    def validator(self, schema):
        key = json.dumps(schema, sort_keys=True)
        if key not in self.validators:
            definitions = {name: to_json_schema(schema)
                           for name, schema in self.used["components"].get("schemas", {}).items()}
            self.validators[key] = jsonschema.Draft202012Validator(
                {**to_json_schema(schema), "$defs": definitions}, format_checker=FORMATS)
        return self.validators[key]

    def read_cache(self):
        try:
            with open(self.cache) as file:
                cached = json.load(file)
        except (OSError, ValueError):
            return None
        return cached if cached["fingerprint"] == self.fingerprint else None

    def read_description(self, templates):
        with open(self.path) as file:
            whole = json.load(file)
        used = {
            "fingerprint": self.fingerprint,
            "templates": sorted(whole["paths"]),
            "paths": {template: without_examples(whole["paths"][template]) for template in sorted(templates)},
            "components": {},
        }
        copy_references(used["paths"], whole["components"], used["components"])
        copy_references(BASIC_ERROR, whole["components"], used["components"])
        used = merged(used, used["components"])
        # Tests run concurrently, so the complete file replaces the old one in one step.
        with tempfile.NamedTemporaryFile("w", dir=os.path.dirname(self.cache), delete=False) as file:
            json.dump(used, file)
        os.replace(file.name, self.cache)
        return used


def is_variable(part):
    return part.startswith("{") and part.endswith("}")


def is_instance(path, template):
    parts, patterns = path.split("/"), template.split("/")
    return len(parts) == len(patterns) and all(
        part == pattern or (part and is_variable(pattern)) for part, pattern in zip(parts, patterns))


def fixed_parts(template):
    return sum(not is_variable(part) for part in template.split("/"))


def without_examples(node):
    """A copy without extensions (`x-`) and without examples, which are most of the description and refer to much else."""
    if isinstance(node, list):
        return [without_examples(item) for item in node]
    if not isinstance(node, dict):
        return node
    named = {"properties", "schemas"}
    return {key: {name: without_examples(item) for name, item in value.items()} if key in named
            else without_examples(value)
            for key, value in node.items()
            if key not in ("example", "examples") and not key.startswith("x-")}


def copy_references(node, source, target):
    """Copies all components that a node refers to, however indirectly."""
    if isinstance(node, list):
        for item in node:
            copy_references(item, source, target)
    elif isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str):
            group, name = reference.removeprefix("#/components/").split("/")
            if name not in target.setdefault(group, {}):
                target[group][name] = without_examples(source[group][name])
                copy_references(target[group][name], source, target)
        for item in node.values():
            copy_references(item, source, target)


def merged(node, components):
    """A copy in which `allOf` is one object. Its parts are closed objects, of which none would accept the properties of the
    others."""
    if isinstance(node, list):
        return [merged(item, components) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: merged(value, components) for key, value in node.items()}
    for part in node.pop("allOf", []):
        while "$ref" in part:
            group, name = part["$ref"].removeprefix("#/components/").split("/")
            part = merged(components[group][name], components)
        properties = {**node.get("properties", {}), **part.get("properties", {})}
        required = [*node.get("required", []), *part.get("required", [])]
        node.update(part, properties=properties, required=required)
    return node


def to_json_schema(schema):
    """An OpenAPI 3.0 schema as JSON Schema: `nullable` becomes an alternative, objects are closed."""
    if "$ref" in schema:
        return {"$ref": schema["$ref"].replace("#/components/schemas/", "#/$defs/")}
    result = {}
    for keyword, value in schema.items():
        if keyword in CHECKED:
            result[keyword] = value
        elif keyword == "properties":
            result[keyword] = {name: to_json_schema(item) for name, item in value.items()}
        elif keyword in ("oneOf", "anyOf"):
            result[keyword] = [to_json_schema(item) for item in value]
        elif keyword == "items":
            result[keyword] = to_json_schema(value)
        elif keyword == "additionalProperties":
            result[keyword] = value if isinstance(value, bool) else to_json_schema(value)
        elif keyword not in IGNORED and keyword != "nullable" and not keyword.startswith("x-"):
            sys.exit(f"the schema keyword {keyword!r} is unknown to this script: {json.dumps(schema)[:300]}")
    if "properties" in result:
        result.setdefault("additionalProperties", False)
    return {"anyOf": [{"type": "null"}, result]} if schema.get("nullable") else result


def problems_of_parameters(description, operation, template, path, query):
    declared = {"path": {}, "query": {}}
    for parameter in map(description.resolve, operation.get("parameters", [])):
        declared.setdefault(parameter["in"], {})[parameter["name"]] = parameter
    given = [(name[1:-1], value, "path") for name, value
             in zip(template.split("/"), path.split("/")) if is_variable(name)]
    try:
        pairs = urllib.parse.parse_qsl(query, keep_blank_values=True, strict_parsing=True) if query else []
    except ValueError as error:
        return [f"query {query!r}: {error}"]
    given += [(name, value, "query") for name, value in pairs]

    problems = []
    for name in sorted({name for name, _ in pairs if [other for other, _ in pairs].count(name) > 1}):
        problems.append(f"query parameter {name!r} is given more than once")
    for name, text, place in given:
        parameter = declared[place].get(name)
        if parameter is None:
            problems.append(f"{place} parameter {name!r} is not declared; "
                            f"declared are {', '.join(sorted(declared[place]))}")
            continue
        validator = description.validator(bounded(parameter))
        candidates = [urllib.parse.unquote(text) if place == "path" else text, *typed(text)]
        if not any(validator.is_valid(candidate) for candidate in candidates):
            schema = json.dumps(bounded(parameter))
            problems.append(f"{place} parameter {name!r} is {text!r}, which does not match {schema}")
    names = {name for name, _, _ in given}
    for parameters in declared.values():
        problems += [f"{parameter['in']} parameter {name!r} is missing"
                     for name, parameter in parameters.items()
                     if parameter.get("required") and name not in names]
    return problems


def bounded(parameter):
    """A parameter's schema with the bounds that the description gives in prose only."""
    schema = dict(parameter["schema"])
    if schema.get("type") == "integer":
        if parameter["name"] in ("page", "per_page"):
            schema.setdefault("minimum", 1)
        if maximum := re.search(r"\(max (\d+)\)", parameter.get("description", "")):
            schema.setdefault("maximum", int(maximum[1]))
    return schema


def typed(text):
    """What a parameter's text means if it is a number or a boolean."""
    if re.fullmatch(r"-?\d+", text):
        yield int(text)
    if text in ("true", "false"):
        yield text == "true"


def problems_of_answer(description, operation, status, body):
    answers = operation["responses"]
    if status == NOT_MODIFIED:
        return [] if body is None else [f"an answer with status {status} must not have a body"]
    if str(status) in answers:
        content = description.resolve(answers[str(status)]).get("content")
        if content is None:
            return [] if body is None else [f"an answer with status {status} must not have a body"]
        schema = content["application/json"]["schema"]
    elif status in COMMON_ERRORS:
        schema = BASIC_ERROR
    else:
        return [f"status {status} is not declared; declared are {', '.join(sorted(answers))}"]
    errors = description.validator(schema).iter_errors(body)
    problems = [f"answer {error.json_path}: {shortened(error.message)}" for error in errors]
    if status >= 300 and isinstance(body, dict):
        if not body.get("message"):
            problems.append("answer $: an error needs a message")
        if body.get("status", str(status)) != str(status):
            problems.append(f"answer $.status: is {body['status']!r}, but the status is {status}")
    return problems


def shortened(message):
    return message if len(message) <= 300 else f"{message[:140]} ... {message[-140:]}"


def documented_path(path):
    return BY_ID.sub("/repos/owner/name", path)


def problems_of_query(description, graphql, exchange):
    problems = graphql.problems_of(exchange)
    status, body = exchange["status"], exchange["body"]
    if status == 200 or (isinstance(body, dict) and "errors" in body):
        return problems
    # An error that is not about the query has the form of an error of the REST API.
    return problems + problems_of_answer(description, {"responses": {}}, status, body)


def problems_of(description, exchange):
    path = documented_path(exchange["path"])
    template = description.template(path)
    operation = template and description.operation(template, exchange["method"])
    if not operation:
        return [f"GitHub declares no {exchange['method']} {exchange['path']}"]
    return (problems_of_parameters(description, operation, template, path, exchange["query"])
            + problems_of_answer(description, operation, exchange["status"], exchange["body"]))


def main():
    description = Description(sys.argv[1])
    exchanges = [json.loads(line) for line in sys.stdin]
    description.learn(documented_path(exchange["path"]) for exchange in exchanges)
    graphql = None
    for exchange in exchanges:
        if exchange["path"] == "/graphql":
            # It takes seconds to read the schema.
            graphql = graphql or github_graphql.Checker(sys.argv[2])
            problems = problems_of_query(description, graphql, exchange)
        else:
            problems = problems_of(description, exchange)
        print(json.dumps(problems))


if __name__ == "__main__":
    main()
