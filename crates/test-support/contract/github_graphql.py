"""Checks GraphQL queries and answers against the schema that GitHub publishes. Used by github_check.py.

Where GitHub is stricter than its schema, the check is, too: a connection needs `first` or `last`, at most 100, unless the
query asks only for its number of items. A query may not ask for more than 500,000 nodes. Dates, URIs and object ids must
have the right form.
"""

import re

import graphql
from graphql import TypeInfo, TypeInfoVisitor, Visitor, visit

MAX_PAGE_SIZE = 100
MAX_NODES = 500_000
SCALARS = {
    "Boolean": lambda value: isinstance(value, bool),
    "Int": lambda value: type(value) is int and -2**31 <= value < 2**31,
    "Float": lambda value: type(value) in (int, float),
    "String": lambda value: isinstance(value, str),
    "ID": lambda value: isinstance(value, str) and value != "",
    "BigInt": lambda value: isinstance(value, str) and re.fullmatch(r"-?\d+", value),
    "Date": lambda value: matches(value, r"\d{4}-\d\d-\d\d"),
    "DateTime": lambda value: matches(value, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
    "GitObjectID": lambda value: matches(value, r"[0-9a-f]{40}"),
    "GitTimestamp": lambda value: matches(value, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)"),
    "HTML": lambda value: isinstance(value, str),
    "URI": lambda value: matches(value, r"[a-z]+://[^ ]+"),
}


def matches(value, pattern):
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


class Checker:
    """Checks exchanges with the endpoint `/graphql`."""

    def __init__(self, path):
        with open(path) as file:
            source = file.read()
        document = graphql.parse(source, no_location=True)
        self.schema = graphql.build_ast_schema(document, assume_valid=True, assume_valid_sdl=True)

    def problems_of(self, exchange):
        """What is wrong with a query, and with its answer if the status is 200."""
        request = exchange["request"]
        if exchange["method"] != "POST":
            return [f"GitHub declares no {exchange['method']} /graphql"]
        if not isinstance(request, dict) or not isinstance(request.get("query"), str):
            return ["request $.query: is not a text"]
        problems = [f"request $: {name!r} is unexpected"
                    for name in request.keys() - {"query", "variables", "operationName"}]
        try:
            document = graphql.parse(request["query"])
        except graphql.GraphQLError as error:
            return problems + [f"query: {error.message}"]
        invalid = graphql.validate(self.schema, document)
        if invalid:
            return problems + [f"query: {error.message}" for error in invalid]
        operations = [node for node in document.definitions if isinstance(node, graphql.OperationDefinitionNode)]
        if len(operations) != 1 or operations[0].operation != graphql.OperationType.QUERY:
            return problems + ["query: is not exactly one operation of type `query`"]
        given = request.get("variables") or {}
        variables = graphql.execution.values.get_variable_values(
            self.schema, operations[0].variable_definitions or [], given)
        if isinstance(variables, list):
            return problems + [f"variables: {error.message}" for error in variables]
        declared = {node.variable.name.value for node in operations[0].variable_definitions or []}
        problems += [f"variables: {name!r} is not declared" for name in given.keys() - declared]
        problems += self.problems_of_pages(document, variables.coerced)
        if exchange["status"] == 200:
            problems += self.problems_of_answer(document, operations[0], exchange["body"])
        return problems

    def problems_of_pages(self, document, variables):
        info, problems = TypeInfo(self.schema), []

        def has_page(node):
            return any(argument.name.value in ("first", "last") for argument in node.arguments or ())

        factors, nodes = [1], [0]

        class Pages(Visitor):
            def enter_field(self, node, *_):
                kind = graphql.get_named_type(info.get_type())
                factor = factors[-1]
                if kind is not None and kind.name.endswith("Connection"):
                    sizes = [graphql.value_from_ast_untyped(argument.value, variables)
                             for argument in node.arguments or () if argument.name.value in ("first", "last")]
                    sizes = [size for size in sizes if isinstance(size, int)]
                    selected = node.selection_set.selections if node.selection_set else ()
                    only_counts = all(item.kind == "field" and item.name.value == "totalCount" for item in selected)
                    if only_counts and not has_page(node):
                        pass  # GitHub counts the items without a page.
                    elif len(sizes) != 1 or not 1 <= sizes[0] <= MAX_PAGE_SIZE:
                        problems.append(f"query: `{node.name.value}` needs `first` or `last` from 1 to {MAX_PAGE_SIZE}")
                    else:
                        factor *= sizes[0]
                        nodes[0] += factor
                factors.append(factor)

            def leave_field(self, *_):
                factors.pop()

        visit(document, TypeInfoVisitor(info, Pages()))
        if nodes[0] > MAX_NODES:
            problems.append(f"query: asks for {nodes[0]} nodes, at most {MAX_NODES} are allowed")
        return problems

    def problems_of_answer(self, document, operation, body):
        if not isinstance(body, dict):
            return ["answer $: is not an object"]
        problems = [f"answer $: {name!r} is unexpected" for name in body.keys() - {"data", "errors", "extensions"}]
        errors = body.get("errors", [])
        if "errors" in body and not (isinstance(errors, list) and errors):
            problems.append("answer $.errors: is not a list with an error")
            errors = []
        for number, error in enumerate(errors):
            problems += problems_of_error(f"answer $.errors[{number}]", error)
        if body.get("data") is None:
            return problems + ([] if errors else ["answer $.data: is missing"])
        fragments = {node.name.value: node for node in document.definitions
                     if isinstance(node, graphql.FragmentDefinitionNode)}
        checker = DataChecker(self.schema, fragments)
        return problems + checker.problems_of_object("answer $.data", self.schema.query_type,
                                                     [operation.selection_set], body["data"])


def problems_of_error(at, error):
    if not isinstance(error, dict) or not error.get("message"):
        return [f"{at}: has no message"]
    kinds = {"message": str, "type": str, "path": list, "locations": list, "extensions": dict}
    return [f"{at}.{name}: is unexpected, or of another type" for name, value in error.items()
            if not isinstance(value, kinds.get(name, ()))]


class DataChecker:
    """Checks the data in an answer."""

    def __init__(self, schema, fragments):
        self.schema = schema
        self.fragments = fragments

    def problems_of_value(self, at, kind, selections, value):
        if isinstance(kind, graphql.GraphQLNonNull):
            if value is None:
                return [f"{at}: is null"]
            kind = kind.of_type
        if value is None:
            return []
        if isinstance(kind, graphql.GraphQLList):
            if not isinstance(value, list):
                return [f"{at}: is not a list"]
            return [problem for number, item in enumerate(value)
                    for problem in self.problems_of_value(f"{at}[{number}]", kind.of_type, selections, item)]
        if isinstance(kind, graphql.GraphQLEnumType):
            return [] if isinstance(value, str) and value in kind.values else [f"{at}: {value!r} is no {kind.name}"]
        if isinstance(kind, graphql.GraphQLScalarType):
            if kind.name not in SCALARS:
                return [f"{at}: this check does not know the scalar {kind.name}"]
            return [] if SCALARS[kind.name](value) else [f"{at}: {value!r} is no {kind.name}"]
        possible = [kind]
        if graphql.is_abstract_type(kind):
            possible = self.schema.get_possible_types(kind)
        results = [self.problems_of_object(at, possible_kind, selections, value) for possible_kind in possible]
        return min(results, key=len)

    def problems_of_object(self, at, kind, selections, value):
        if not isinstance(value, dict):
            return [f"{at}: is no {kind.name}"]
        fields = {}
        for selection in selections:
            self.select(kind, selection, fields)
        problems = [f"{at}: {name!r} is missing" for name, (_, needed) in fields.items()
                    if needed and name not in value]
        problems += [f"{at}: {name!r} is unexpected" for name in value.keys() - fields.keys()]
        for name in value.keys() & fields.keys():
            nodes, _ = fields[name]
            field = nodes[0].name.value
            if field == "__typename":
                problems += [] if value[name] == kind.name else [f"{at}.{name}: is no {kind.name}"]
                continue
            inner = [node.selection_set for node in nodes if node.selection_set]
            problems += self.problems_of_value(f"{at}.{name}", kind.fields[field].type, inner, value[name])
        return problems

    def select(self, kind, selection_set, fields):
        """Adds to `fields`, for each name that the answer may have: its nodes, and whether the answer must have it."""
        for node in selection_set.selections:
            needed = not node.directives
            if isinstance(node, graphql.FieldNode):
                name = (node.alias or node.name).value
                nodes, before = fields.get(name, ([], False))
                fields[name] = (nodes + [node], before or needed)
                continue
            fragment = node
            if isinstance(node, graphql.FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
            condition = fragment.type_condition and self.schema.get_type(fragment.type_condition.name.value)
            if condition in (None, kind) or (
                    graphql.is_abstract_type(condition) and self.schema.is_sub_type(condition, kind)):
                self.select(kind, fragment.selection_set, fields)
