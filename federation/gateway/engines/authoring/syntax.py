"""What the text of policy modules refers to, read from the embedded engine's syntax trees."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Path: TypeAlias = tuple[str | None, ...]
"""Segments such as ``input``, ``fields``, None; None is whatever a variable holds."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A path below ``input`` or ``data`` that something reads, aliases resolved."""

    path: Path
    line: int

    def __str__(self) -> str:
        first, *rest = self.path
        return f"{first}" + "".join("[_]" if part is None else f".{part}" for part in rest)


@dataclass(frozen=True, slots=True)
class Rule:
    """One definition of a rule or function.

    Attributes:
        head: Name, then what stands in brackets or after dots.
        value: The text that it is, where the head says so.
        uses: Variables that it mentions, other rules of the module among them.
        listed: Texts that stand in its arrays, sets and keys of objects, with their lines.
        statements: Lines at which the statements of its bodies begin.
        members: Keys and values of its objects where both are texts, with their lines.
    """

    name: str
    line: int
    head: Path
    value: str | None
    is_function: bool
    references: tuple[Reference, ...]
    uses: frozenset[str]
    listed: tuple[tuple[str, int], ...]
    statements: tuple[int, ...]
    members: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class Module:
    """One file; ``package`` without ``data``, imports as paths with their lines."""

    file: str
    package: str
    imports: tuple[Reference, ...]
    rules: tuple[Rule, ...]


def read_modules(syntax_trees: str) -> tuple[Module, ...]:
    """The modules of an engine, from the JSON of its syntax trees."""
    return tuple(map(_read_module, json.loads(syntax_trees)))


def _read_module(tree: Mapping[str, Any]) -> Module:
    body = tree["ast"]
    aliases: dict[str, Path] = {}
    imports = []
    for each in body["imports"]:
        path = _path(each["refr"], {}) or ()
        imports.append(Reference(path, each["span"]["line"]))
        alias = each.get("as")
        named = _text_at(tree, alias) if alias else path[-1]
        aliases[str(named)] = path
    return Module(
        file=tree["source"]["file"],
        package=".".join(str(part) for part in _path(body["package"]["refr"], {}) or ()),
        imports=tuple(imports),
        rules=tuple(_read_rule(each, aliases) for each in body["rules"]),
    )


def _text_at(tree: Mapping[str, Any], span: Mapping[str, int]) -> str:
    content = tree["source"]["contents"].encode()
    return str(content[span["start"] : span["end"]].decode())


def _read_rule(node: Mapping[str, Any], aliases: Mapping[str, Path]) -> Rule:
    kind, body = next(iter(node.items()))
    head_kind, head = (kind, body) if kind == "Default" else next(iter(body["head"].items()))
    path = _path(head["refr"], {}) or ("?",)
    assign = head.get("assign") or {}
    value = assign.get("value") or {}
    return Rule(
        name=str(path[0]),
        line=body["span"]["line"],
        head=path,
        value=value["String"]["value"] if "String" in value else None,
        is_function=head_kind == "Func",
        references=tuple(_references(node, aliases)),
        uses=frozenset(_variables(body.get("bodies", []))) | frozenset(_variables(value)),
        listed=tuple(_listed(node)),
        statements=tuple(
            statement["span"]["line"]
            for each in body.get("bodies", [])
            for statement in each["query"]["stmts"]
        ),
        members=tuple(_members(node)),
    )


def _path(node: Any, aliases: Mapping[str, Path]) -> Path | None:
    """The path of a reference, None for anything else."""
    if not isinstance(node, Mapping):
        return None
    if "Var" in node:
        name = str(node["Var"]["value"])
        return aliases.get(name, (name,))
    if "RefDot" in node:
        inner = _path(node["RefDot"]["refr"], aliases)
        return None if inner is None else (*inner, str(node["RefDot"]["field"][1]))
    if "RefBrack" in node:
        inner = _path(node["RefBrack"]["refr"], aliases)
        return None if inner is None else (*inner, _segment(node["RefBrack"]["index"]))
    if "Call" in node and _path(node["Call"]["fcn"], {}) == ("object", "get"):
        collection, key, *_ = node["Call"]["params"]
        inner = _path(collection, aliases)
        keys = key["Array"]["items"] if "Array" in key else [key]
        return None if inner is None else (*inner, *map(_segment, keys))
    return None


def _segment(node: Mapping[str, Any]) -> str | None:
    return str(node["String"]["value"]) if "String" in node else None


def _references(node: Any, aliases: Mapping[str, Path]) -> Iterator[Reference]:
    """References below ``input`` and ``data``, each in its full length."""
    path = _path(node, aliases)
    if path and path[0] in {"input", "data"}:
        yield Reference(path, _line(node))
        yield from _inside_brackets(node, aliases)
    elif isinstance(node, Mapping):
        for key, each in node.items():
            if key != "span":
                yield from _references(each, aliases)
    elif isinstance(node, list):
        for each in node:
            yield from _references(each, aliases)


def _inside_brackets(node: Mapping[str, Any], aliases: Mapping[str, Path]) -> Iterator[Reference]:
    for kind in ("RefDot", "RefBrack"):
        if kind in node:
            yield from _inside_brackets(node[kind]["refr"], aliases)
            yield from _references(node[kind].get("index"), aliases)
    if "Call" in node:
        collection, *others = node["Call"]["params"]
        yield from _inside_brackets(collection, aliases)
        yield from _references(others, aliases)


def _line(node: Mapping[str, Any]) -> int:
    return int(next(iter(node.values()))["span"]["line"])


def _variables(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        if "Var" in node:
            yield str(node["Var"]["value"])
        for each in node.values():
            yield from _variables(each)
    elif isinstance(node, list):
        for each in node:
            yield from _variables(each)


def _listed(node: Any) -> Iterator[tuple[str, int]]:
    if isinstance(node, Mapping):
        for kind in ("Array", "Set"):
            yield from _texts(node.get(kind, {}).get("items", ()))
        yield from _texts(key for _, key, _ in node.get("Object", {}).get("fields", ()))
        node = list(node.values())
    for each in node if isinstance(node, list) else ():
        yield from _listed(each)


def _texts(nodes: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, int]]:
    for each in nodes:
        if "String" in each:
            yield str(each["String"]["value"]), _line(each)


def _members(node: Any) -> Iterator[tuple[str, str, int]]:
    if isinstance(node, Mapping):
        for _, key, value in node.get("Object", {}).get("fields", ()):
            if "String" in key and "String" in value:
                yield str(key["String"]["value"]), str(value["String"]["value"]), _line(value)
        node = list(node.values())
    for each in node if isinstance(node, list) else ():
        yield from _members(each)
