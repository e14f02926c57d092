"""Merging fields of objects and interfaces, with where and how each subgraph resolves them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from federation.composition.directives import (
    ComposedDirectives,
    context_name,
    merge_description,
    merge_directives,
)
from federation.composition.governance import with_inherited_grades
from federation.composition.overrides import Overrides, read_overrides
from federation.composition.sources import FieldSource, Sources
from federation.composition.type_references import Subtypes, merge_input, merge_output
from federation.subgraph.contexts import arguments_of
from federation.subgraph.model import (
    InputValue as SubgraphInputValue,
)
from federation.subgraph.model import Subgraph, find_directive, has_directive
from federation.supergraph.model import AppliedDirective, FieldDefinition, InputValue, JoinField


def merge_fields(
    type_name: str, schema: Sources, composed: ComposedDirectives
) -> dict[str, FieldDefinition]:
    """The fields of an object or interface, in order of first mention.

    Sources of every field exist and are compatible where composition's rules found nothing.
    """
    subgraphs = frozenset(each.subgraph.name for each in schema.types[type_name])
    merged: dict[str, FieldDefinition] = {}
    for name, sources in schema.fields(type_name).items():
        field = _merge_field(name, sources, schema, composed, subgraphs)
        if field is not None:
            merged[name] = field
    return merged


def _merge_field(
    name: str,
    sources: Sequence[FieldSource],
    schema: Sources,
    composed: ComposedDirectives,
    subgraphs: frozenset[str],
) -> FieldDefinition | None:
    resolving = [each for each in sources if not each.is_external]
    if not resolving:
        return None
    types = [each.field.type for each in resolving]
    merged_type = merge_output(types, schema.subtypes) or types[0]
    is_uniform = len(set(types)) == 1
    overrides = read_overrides(sources, schema)
    elements = [(each.subgraph, each.field) for each in with_inherited_grades(resolving)]
    arguments = merge_arguments(resolving, schema.subtypes, composed)
    holders = frozenset(each.subgraph.name for each in sources)
    needs_joins = not is_uniform or _needs_joins(sources, overrides, subgraphs)
    return FieldDefinition(
        name=name,
        type=merged_type,
        arguments=arguments,
        description=merge_description(elements),
        directives=_with_known_slices(merge_directives(elements, composed), arguments),
        joins=tuple(
            _join(each, overrides, holders, is_uniform=is_uniform)
            for each in sources
            if each.subgraph.name not in overrides.removed
        )
        if needs_joins
        else (),
    )


def _with_known_slices(
    directives: Sequence[AppliedDirective], arguments: Sequence[InputValue]
) -> tuple[AppliedDirective, ...]:
    """The directives, ``@listSize`` without slicing arguments that merging left out."""
    known = {each.name for each in arguments}
    kept: list[AppliedDirective] = []
    for directive in directives:
        text = directive.argument("slicingArguments") if directive.name == "listSize" else None
        if text is not None:
            slices = json.dumps([each for each in json.loads(text) if each in known])
            changed = {**dict(directive.arguments), "slicingArguments": slices}
            directive = replace(directive, arguments=tuple(changed.items()))  # noqa: PLW2901
        kept.append(directive)
    return tuple(kept)


def _needs_joins(
    sources: Sequence[FieldSource], overrides: Overrides, subgraphs: frozenset[str]
) -> bool:
    """Whether the field is more than "resolved by every subgraph that has the type"."""
    if overrides.used or overrides.removed:
        return True
    if {each.subgraph.name for each in sources} != subgraphs:
        return True
    return any(
        each.is_external
        or any(has_directive(each.field, name) for name in ("requires", "provides"))
        or (
            (override := find_directive(each.field, "override")) is not None
            and override.text("label") is not None
        )
        or any(has_directive(argument, "fromContext") for argument in each.field.arguments)
        for each in sources
    )


def _join(
    source: FieldSource, overrides: Overrides, subgraphs: frozenset[str], *, is_uniform: bool
) -> JoinField:
    """How one subgraph holds the field; ``subgraphs`` are all that have it."""
    field = source.field

    def text(directive_name: str, argument: str) -> str | None:
        directive = find_directive(field, directive_name)
        return None if directive is None else directive.text(argument)

    loser = text("override", "from")
    return JoinField(
        graph=source.subgraph.name,
        requires=text("requires", "fields"),
        provides=text("provides", "fields"),
        type=None if is_uniform else field.type,
        external=source.is_external,
        override=loser,
        # Where the other subgraph has no such field, nothing migrates.
        override_label=text("override", "label") if loser in subgraphs else None,
        used_overridden=source.subgraph.name in overrides.used,
        context_arguments=_context_arguments(source),
    )


def _context_arguments(source: FieldSource) -> str | None:
    """The literal of ``contextArguments``: what the gateway passes from an enclosing object."""
    parts: list[str] = []
    for each in arguments_of(source.type, source.field):
        if each.context is None:
            continue
        entries = {
            "context": context_name(source.subgraph, each.context),
            "name": each.argument.name,
            "type": each.argument.type,
            "selection": f" {each.selection}",
        }
        parts.append(
            "{" + ", ".join(f"{key}: {json.dumps(value)}" for key, value in entries.items()) + "}"
        )
    return f"[{', '.join(parts)}]" if parts else None


def merge_arguments(
    sources: Sequence[FieldSource], subtypes: Subtypes, composed: ComposedDirectives
) -> tuple[InputValue, ...]:
    """Arguments that every subgraph resolving the field knows, without contextual ones."""
    found: dict[str, list[tuple[Subgraph, SubgraphInputValue]]] = {}
    contextual: set[str] = set()
    for source in sources:
        for argument in source.field.arguments:
            found.setdefault(argument.name, []).append((source.subgraph, argument))
            if has_directive(argument, "fromContext"):
                contextual.add(argument.name)
    return tuple(
        merge_input_value(values, subtypes, composed)
        for name, values in found.items()
        if len(values) == len(sources) and name not in contextual
    )


def merge_input_value(
    sources: Sequence[tuple[Subgraph, SubgraphInputValue]],
    subtypes: Subtypes,
    composed: ComposedDirectives,
    joins: tuple[JoinField, ...] = (),
) -> InputValue:
    """One argument or input field. It has a default only where all subgraphs give the same."""
    types = [each.type for _, each in sources]
    defaults = {each.default for _, each in sources}
    return InputValue(
        name=sources[0][1].name,
        type=merge_input(types, subtypes) or types[0],
        default=defaults.pop() if len(defaults) == 1 else None,
        description=merge_description(sources),
        directives=merge_directives(sources, composed),
        joins=joins,
    )
