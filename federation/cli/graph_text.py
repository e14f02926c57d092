"""The query graph as text: for each type in each subgraph its fields, and where its keys lead."""

from __future__ import annotations

from collections.abc import Iterator

from federation.query_graph import Node, QueryGraph
from federation.selection import Field, SelectionSet, print_selection_set


def print_query_graph(graph: QueryGraph) -> str:
    """Nodes with their field moves, then the entity moves that need no other subgraph before."""
    return "\n".join(_lines(graph))


def print_query_graph_dot(graph: QueryGraph) -> str:
    """The same for Graphviz: field moves to objects in full lines, entity moves in dashed ones."""
    lines = ["digraph query_graph {", "  rankdir=LR", "  node [shape=box, fontname=monospace]"]
    for at, name in enumerate(graph.graphs):
        lines += [f"  subgraph cluster_{at} {{", f"    label={_quoted(name)}"]
        lines += [
            f"    {_quoted(f'{name}/{type_name}')} [label={_quoted(type_name)}]"
            for type_name in sorted(graph.types[name])
        ]
        lines.append("  }")
    for name in graph.graphs:
        for type_name, held in sorted(graph.types[name].items()):
            here = _quoted(f"{name}/{type_name}")
            lines += [
                f"  {here} -> {_quoted(f'{name}/{field.named_type}')} [label={_quoted(field.name)}]"
                for field in held.fields.values()
                if field.named_type in graph.types[name] and not field.external
            ]
            lines += [
                f"  {here} -> {_quoted(f'{other}/{target}')} [label={_quoted(key)}, style=dashed]"
                for other, target, keys in _entries(Node(name, type_name), graph)
                for key in keys
            ]
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _lines(graph: QueryGraph) -> Iterator[str]:
    for name in graph.graphs:
        for type_name, held in sorted(graph.types[name].items()):
            keys = " ".join(f"[{key.text}]" for key in held.keys)
            yield f"{name}/{type_name} ({held.kind.value}) {keys}".rstrip()
            for field in held.fields.values():
                extra = " external" if field.external else ""
                if field.requires:
                    extra += f" requires {print_selection_set(field.requires)}"
                for each in field.context:
                    taken = print_selection_set(each.selections)
                    extra += f" {each.name} from {each.context} {taken}"
                if field.provides:
                    extra += f" provides {print_selection_set(field.provides)}"
                yield f"  .{field.name}: {field.type}{extra}"
            yield from _entity_moves(Node(name, type_name), graph)


def _entity_moves(node: Node, graph: QueryGraph) -> Iterator[str]:
    for other, target, keys in _entries(node, graph):
        yield f"  -> {other}/{target} by {' '.join(f'[{key}]' for key in keys)}"


def _entries(node: Node, graph: QueryGraph) -> Iterator[tuple[str, str, list[str]]]:
    """Subgraph, type and keys of the entity moves from a node."""
    for other in graph.graphs:
        if other == node.graph:
            continue
        for target in graph.entity_targets(node.type, other):
            usable = [key for key in target.keys if _is_readable(key.selections, node, graph)]
            if usable:
                yield other, target.name, [key.text for key in usable]


def _is_readable(selections: SelectionSet, node: Node, graph: QueryGraph) -> bool:
    for selection in selections:
        if not isinstance(selection, Field):
            narrowed = selection.type_condition or node.type
            if narrowed in graph.types[node.graph] and not _is_readable(
                selection.selections, graph.down_cast(node, narrowed), graph
            ):
                return False
        elif selection.name != "__typename":
            field = graph.field_move(node, selection.name)
            if field is None or field.needs_entry:
                return False
            if selection.selections and not _is_readable(
                selection.selections, graph.target(node, field), graph
            ):
                return False
    return True
