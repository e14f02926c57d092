"""``@link``: which specifications a document uses, and what it calls their elements."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, TypeGuard

from graphql import (
    DirectiveNode,
    DocumentNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    value_from_ast_untyped,
)

from federation.errors import Diagnostic, SourceLocation
from federation.subgraph.model import Link
from federation.subgraph.specifications import (
    FEDERATION,
    FEDERATION_DIRECTIVES,
    FEDERATION_IDENTITY,
    GRAPHQL,
    KNOWN_VERSIONS,
    LINK_IDENTITY,
    MACHINERY_TYPES,
    NEWEST_FEDERATION,
    directives_of_specification,
    specification_of,
    types_of_specification,
)

_URL = re.compile(r"^(?P<identity>.*?/(?P<name>[^/]+))(?:/v(?P<major>\d+)\.(?P<minor>\d+))/?$")
_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*", re.ASCII)
_LINK = Link("", LINK_IDENTITY, "link", (1, 0), "link", {}, None)
# Code, message, fix.
_Report: TypeAlias = Callable[[str, str, str], None]


@dataclass(frozen=True, slots=True)
class Names:
    """What a document's names mean.

    Attributes:
        directives: Local directive name to specification and canonical name.
        types: Local names of types that belong to specifications.
        namespaces: Prefixes (without ``__``) of specifications.
        version: Of federation; (1, 0) without a link.
    """

    directives: Mapping[str, tuple[str, str]]
    types: frozenset[str]
    namespaces: frozenset[str]
    version: tuple[int, int]

    def is_machinery(self, type_name: str) -> bool:
        """Whether a type belongs to a specification and not to the subgraph's own schema."""
        prefix, separator, _ = type_name.partition("__")
        return type_name in self.types or (bool(separator) and prefix in self.namespaces)


@dataclass(slots=True)
class ReadLinks:
    """All links of a document and what was wrong with them."""

    links: list[Link] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)


def schema_directive_nodes(document: DocumentNode) -> Iterable[DirectiveNode]:
    """Directives on all schema definitions and extensions."""
    for node in document.definitions:
        if isinstance(node, SchemaDefinitionNode | SchemaExtensionNode):
            yield from node.directives or ()


def read_links(document: DocumentNode, subgraph: str, file: str) -> ReadLinks:
    """Every ``@link`` of the document, in order.

    The directive may itself be renamed: then it is the one that links its own specification.
    """
    nodes = list(schema_directive_nodes(document))
    local = _name_of_link(nodes)
    result = ReadLinks()
    for node in nodes:
        if node.name.value == local:
            _read_link(node, SourceLocation(subgraph, *_place(node), file), result)
    result.diagnostics += _clashes(result.links)
    return result


def _clashes(links: Sequence[Link]) -> Iterator[Diagnostic]:
    """Links that take each other's names: ``INVALID_LINK_DIRECTIVE_USAGE``."""
    for position, link in enumerate(links):
        for earlier in links[:position]:
            problem = _clash(earlier, link) or _clash(link, earlier)
            if problem:
                yield Diagnostic(
                    "INVALID_LINK_DIRECTIVE_USAGE",
                    problem,
                    locations=(earlier.location, link.location),
                    fix="Link each specification once, and tell equal names apart by `as`.",
                )


def _clash(one: Link, other: Link) -> str:
    if one.identity == other.identity:
        return f"{one.identity} is linked twice"
    if one.namespace == other.namespace:
        return f"{one.url} and {other.url} are both called {one.namespace}"
    for name, local in one.imports.items():
        if local == f"@{other.namespace}" and local != f"@{one.namespace}":
            return f"{name} of {one.url} is imported as {local}, the name of {other.url}"
        if local in other.imports.values():
            return f"{local} is imported from {one.url} and from {other.url}"
    return ""


def _place(node: DirectiveNode) -> tuple[int, int]:
    token = node.loc.start_token if node.loc else None
    return (token.line, token.column) if token else (0, 0)


def _name_of_link(nodes: list[DirectiveNode]) -> str:
    for node in nodes:
        arguments = _arguments(node)
        url = arguments.get("url")
        if isinstance(url, str) and url.startswith(f"{LINK_IDENTITY}/"):
            return node.name.value
    return "link"


def _arguments(node: DirectiveNode) -> dict[str, object]:
    return {each.name.value: value_from_ast_untyped(each.value) for each in node.arguments or ()}


def _read_link(node: DirectiveNode, location: SourceLocation, result: ReadLinks) -> None:
    def report(code: str, message: str, fix: str) -> None:
        result.diagnostics.append(Diagnostic(code, message, locations=(location,), fix=fix))

    arguments = _arguments(node)
    url = arguments.get("url")
    if not isinstance(url, str):
        report("INVALID_LINK_DIRECTIVE_USAGE", "@link has no url", "Give the specification's URL.")
        return
    parsed = read_url(url)
    imports = _read_imports(arguments.get("import"), report)
    purpose = arguments.get("for")
    namespace = arguments.get("as")
    link = Link(
        url=url,
        identity=parsed.identity,
        name=parsed.name,
        version=parsed.version,
        namespace=namespace if _is_name(namespace) else parsed.name,
        imports=imports,
        purpose=purpose if isinstance(purpose, str) else None,
        location=location,
    )
    if link.version is None:
        report(
            "INVALID_LINK_IDENTIFIER",
            f'"{url}" does not end in a version',
            "Write the URL as https://host/name/v1.0.",
        )
    _report_names(namespace, purpose, report)
    if (
        link.identity == FEDERATION_IDENTITY
        and link.version is not None
        and not (2, 0) <= link.version <= NEWEST_FEDERATION
    ):
        report(
            "UNKNOWN_FEDERATION_LINK_VERSION",
            f"{url} is no known version of federation 2",
            f"Link a version from v2.0 to v{'.'.join(map(str, NEWEST_FEDERATION))}.",
        )
    elif link.version is not None and link.version not in KNOWN_VERSIONS.get(
        link.identity, (link.version,)
    ):
        report(
            "UNKNOWN_LINK_VERSION",
            f"{url} is no known version of {link.name}",
            f"Link one of {', '.join(f'v{a}.{b}' for a, b in KNOWN_VERSIONS[link.identity])}.",
        )
    elif specification_of(link.identity):
        known = directives_of_specification(link.identity, link.version)
        known_types = types_of_specification(link.identity)
        for name in imports:
            # Extensions of link itself and unknown elements are faults of the import list.
            if name.removeprefix("@") in (known if name.startswith("@") else known_types):
                continue
            report(
                "INVALID_LINK_DIRECTIVE_USAGE",
                f"{url} has no element {name}",
                "Correct the import, or link a version that has it.",
            )
    result.links.append(link)


def _report_names(namespace: object, purpose: object, report: _Report) -> None:
    if namespace is not None and not _is_prefix(namespace):
        report(
            "INVALID_LINK_DIRECTIVE_USAGE",
            f'@link(as: "{namespace}") is no usable prefix',
            "Use a name without double, leading and trailing underscores.",
        )
    if purpose not in (None, "SECURITY", "EXECUTION"):
        report(
            "INVALID_GRAPHQL",
            f"@link(for: {purpose}) is no purpose",
            "Write SECURITY or EXECUTION, or leave it out.",
        )


def _is_name(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _is_prefix(value: object) -> bool:
    return _is_name(value) and "__" not in value and value.strip("_") == value


def read_url(url: str) -> Link:
    """A link to ``url`` without namespace and imports of its own."""
    match = _URL.match(url)
    if match is None:
        name = url.rstrip("/").rpartition("/")[2]
        return Link(url, url.rstrip("/"), name, None, name, {}, None)
    version = (int(match["major"]), int(match["minor"]))
    return Link(url, match["identity"], match["name"], version, match["name"], {}, None)


def _read_imports(value: object, report: _Report) -> dict[str, str]:
    imports: dict[str, str] = {}
    if value is None:
        return imports
    for entry in value if isinstance(value, list) else [value]:
        name = entry.get("name") if isinstance(entry, dict) else entry
        local = entry.get("as", name) if isinstance(entry, dict) else entry
        unknown = sorted(entry.keys() - {"name", "as"}) if isinstance(entry, dict) else []
        if (
            unknown
            or not isinstance(name, str)
            or not isinstance(local, str)
            or not _is_name(name.removeprefix("@"))
            or not _is_name(local.removeprefix("@"))
        ):
            report(
                "INVALID_LINK_DIRECTIVE_USAGE",
                f"@link(import:) holds {entry!r}",
                'Import names, or {name: "...", as: "..."} objects.',
            )
        elif name.startswith("@") != local.startswith("@"):
            report(
                "INVALID_LINK_DIRECTIVE_USAGE",
                f"@link(import:) renames {name} to {local}",
                "A directive and its new name both start with @.",
            )
        elif local in imports.values():
            report(
                "INVALID_LINK_DIRECTIVE_USAGE",
                f"@link(import:) gives the name {local} twice",
                "Rename one of the elements by `as`.",
            )
        else:
            imports[name] = local
    return imports


def resolve_names(links: Iterable[Link]) -> Names:
    """What the linked specifications make of a document's names.

    Without a link to federation, the document is one of federation 1 and its directives are plain.
    """
    links = list(links)
    federation = next((each for each in links if each.identity == FEDERATION_IDENTITY), None)
    directives = {
        name: (GRAPHQL, name) for name in ("deprecated", "specifiedBy", "oneOf", "skip", "include")
    }
    types = set(MACHINERY_TYPES)
    namespaces = {"link", "core", "federation"}
    if federation is None:
        directives.update(
            {
                name: (FEDERATION, name)
                for name, each in FEDERATION_DIRECTIVES.items()
                if each.federation_1
            }
        )
    for link in links if any(each.identity == LINK_IDENTITY for each in links) else [_LINK, *links]:
        namespaces.add(link.namespace)
        if link.identity == LINK_IDENTITY:
            directives[link.namespace] = ("link", "link")
        specification = specification_of(link.identity)
        for name in directives_of_specification(link.identity, link.version):
            directives[link.local_directive(name)] = (specification, name)
        for type_name in types_of_specification(link.identity):
            types.add(link.imports.get(type_name, f"{link.namespace}__{type_name}"))
    version = (1, 0) if federation is None else (federation.version or (2, 0))
    return Names(directives, frozenset(types), frozenset(namespaces), version)
