"""The operation plan: fetches, what each waits for, and how their answers become the response.

Answers are merged into one tree of objects per operation. In that tree a field stands under its
*tree key*: the client's response key, unless two selections at one place clash (sibling fragments
with different fields under one key, a requirement with other arguments): then an internal alias.
``OutputField`` says how the tree becomes the response.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from msgspec import Struct

from federation.selection import Condition, SelectionSet, Stream

ResponsePath: TypeAlias = tuple[str, ...]
"""Steps from the root of the tree: a tree key, ``@`` for every item of a list (a list inside a list
takes two), or ``|A|B`` to go on only with objects of these runtime types."""

Conditions: TypeAlias = tuple[tuple[Condition, ...], ...]
"""A disjunction of conjunctions; empty means always."""


UNRELEASED = ":"
"""In a response key, which no client can write so: the field is wanted in the tree, not in the
response. It stands under its own name there, like what the planner itself needs."""

Deferrals: TypeAlias = tuple[Condition, ...]
"""Deferrals around something, from the outermost to the innermost."""


class RepresentationField(Struct, frozen=True, gc=False):
    """One field of a representation, read from an object of the tree.

    Attributes:
        name: Field name in the representation; ``__typename`` for nested abstract values.
        source: Tree key it is read from.
        fields: Sub-fields of an object or list of objects; empty for leaves.
        types: Runtime types of the enclosing object for which it is sent; None for all.
    """

    name: str
    source: str
    fields: tuple[RepresentationField, ...] = ()
    types: frozenset[str] | None = None


class ContextValue(Struct, frozen=True, gc=False):
    """A variable of an entity call, read from an object around each entity.

    Attributes:
        variable: Its name in the operation text.
        type: Its type there.
        depth: Steps of the entity's path that lead to the object.
        fields: What is read there: for each type one leaf, which may stand below other fields.
    """

    variable: str
    type: str
    depth: int
    fields: tuple[RepresentationField, ...]


class EntityFetch(Struct, frozen=True, gc=False):
    """One ``_entities`` call: objects found in the tree, asked for more fields.

    Attributes:
        paths: Where the objects are: every place at which the same is asked of the same type, so
            that an entity found at several of them is sent once.
        types: Runtime types for which it is made; objects of other types are passed over. None when
            every object at the paths qualifies (its type is then ``typename``).
        typename: ``__typename`` to send; None sends the object's own. An interface's name where the
            subgraph knows it as ``@interfaceObject``.
        representation: What is sent besides ``__typename``. An object that lacks one of the fields
            (null where the tree has none, for key fields) is not sent.
        selections: What is asked of each entity, one inline fragment on ``typename`` around it
            being the fetch text's affair.
        conditions: Run-time conditions under which anything here is wanted.
        context: Variables with values from around the entities. Entities with different values are
            asked about in calls of their own.
        fallbacks: Calls for the objects that lack a part of the representation, each for what can
            be asked with less.
    """

    paths: tuple[ResponsePath, ...]
    types: frozenset[str] | None
    typename: str | None
    representation: tuple[RepresentationField, ...]
    selections: SelectionSet
    conditions: Conditions = ()
    context: tuple[ContextValue, ...] = ()
    fallbacks: tuple[EntityFetch, ...] = ()


@dataclass(frozen=True, slots=True)
class Fetch:
    """One GraphQL request to one subgraph.

    Either ``selections`` is not empty (a root fetch) or ``entities`` is. Entity fetches of one
    stage to one subgraph share one Fetch; number ``i`` is sent as
    ``_e{i}: _entities(representations: $_r{i}) {...}``; a Fetch with one entity call is sent
    without the alias, as ``_entities(representations: $representations)``.

    Attributes:
        id: Position in ``OperationPlan.fetches``.
        kind: ``query``, ``mutation`` or ``subscription``.
        text: The operation text for the whole fetch; the same bytes for the same plan, always.
        variables: Client variables to send along.
        after: Ids of the fetches that must have ended before.
        path: Of a root fetch: where its answer is merged (not empty only when a field returns the
            Query type itself).
        declarations: Definitions of ``variables``, as text; only where a text for other calls
            can be needed (``calls_text``): those of a context, of a condition, or fallbacks.
        parts: For each entity call, the text that asks for it alone (used when a merged answer
            came back as ``data: null``); empty for root fetches and single calls.
        deferrals: For which deferred parts alone it is made, as alternatives; empty when the first
            part of the response needs it.
    """

    id: int
    subgraph: str
    kind: str
    text: str
    variables: tuple[str, ...] = ()
    after: tuple[int, ...] = ()
    selections: SelectionSet = ()
    path: ResponsePath = ()
    entities: tuple[EntityFetch, ...] = ()
    parts: tuple[str, ...] = ()
    conditions: Conditions = ()
    declarations: tuple[str, ...] = ()
    deferrals: tuple[Deferrals, ...] = ()


class OutputField(Struct, frozen=True, gc=False):
    """One field of the response, read from an object of the tree.

    Attributes:
        key: Response key.
        source: Tree key; of an introspection field, the text by which its value is found.
        name: Field name in the schema; ``__typename`` included.
        parent: Type (object or interface) of the API schema through which it was selected.
        type: Its type in the API schema as text, as seen through ``parent``.
        types: Runtime types of the enclosing object for which it is selected; None for all.
        conditions: Run-time conditions under which it is selected.
        fields: Sub-fields; empty for leaves. May hold the same response key several times, for
            different runtime types.
        deferrals: Fragments with ``@defer`` around it, those further out included.
        stream: Of a list, how its items are delivered.
    """

    key: str
    source: str
    name: str
    parent: str
    type: str
    types: frozenset[str] | None = None
    conditions: Conditions = ()
    fields: tuple[OutputField, ...] = ()
    deferrals: Deferrals = ()
    stream: Stream | None = None


@dataclass(frozen=True, slots=True)
class RowTest:
    """Objects of the tree that are released only if they fulfil a row filter.

    Attributes:
        path: Where the objects are.
        type: The object type that the filter is on.
        is_certain: Every object there is of that type; else their runtime type tells.
        columns: What the filter tests: pairs of field name and tree key.
    """

    path: ResponsePath
    type: str
    is_certain: bool
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class OperationPlan:
    """What to fetch and how to answer.

    Attributes:
        fetches: In an order in which each stands after all it waits for. Empty when only
            ``__typename`` or introspection is selected. Of a mutation, root fetches wait for their
            predecessor and everything that predecessor's fields need.
        output: The response's shape. Introspection fields (``__schema``, ``__type``) stand in it as
            leaves; their values are computed by the gateway, not fetched.
        row_tests: What must be tested before anything is released, objects below others first.
        deferrals: All that stand in the output, by number; empty when the response has one part.
        untold: Ids of fetches from which the response has nothing, not even through others: clients
            are not told what fails in them.
    """

    kind: str
    root_type: str
    fetches: tuple[Fetch, ...]
    output: tuple[OutputField, ...]
    row_tests: tuple[RowTest, ...] = ()
    deferrals: Deferrals = ()
    untold: frozenset[int] = frozenset()
