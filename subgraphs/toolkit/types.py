"""Types and fields of a department: strawberry's, with description and grading in one call.

Nothing can be declared without an English and a Chinese description and a grade, so a schema made
of these is complete by construction.
"""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import Any, TypedDict, TypeVar, dataclass_transform

import strawberry
from strawberry import federation
from strawberry.federation.params import process_federation_type_directives
from strawberry.federation.schema_directives import InterfaceObject, Key
from strawberry.federation.types import FieldSet
from strawberry.types.arguments import StrawberryArgumentAnnotation
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.object_type import type as strawberry_type
from strawberry.types.union import StrawberryUnion
from typing_extensions import Unpack

from subgraphs.toolkit.describe import text
from subgraphs.toolkit.governance import (
    Catalogued,
    Classified,
    DataSubject,
    Derivation,
    DerivedFrom,
    Directive,
    Filters,
    RegionCodeOfRow,
    SharingClass,
    SourceOfRecord,
    grading,
)

TypeT = TypeVar("TypeT", bound=type)
FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


class FieldOptions(TypedDict, total=False):
    """What a field may say besides its description and grade."""

    name: str
    sharing: SharingClass
    condition: str
    legal_basis: str
    category: str
    subject: bool
    division: bool
    source_of_record: bool
    derived_from: Sequence[str]
    derivations: Sequence[Derivation]
    external: bool
    shareable: bool
    inaccessible: bool
    requires: Sequence[str]
    provides: Sequence[str]
    override: str


def _directives(level: int, options: FieldOptions) -> list[Directive]:
    found = grading(
        level,
        category=options.get("category"),
        sharing=options.get("sharing"),
        condition=options.get("condition"),
        legal_basis=options.get("legal_basis"),
    )
    if options.get("subject"):
        found.append(DataSubject())
    if options.get("division"):
        found.append(RegionCodeOfRow())
    if options.get("source_of_record"):
        found.append(SourceOfRecord())
    found += [DerivedFrom(type=name) for name in options.get("derived_from", ())]
    found += options.get("derivations", ())
    return found


def _field(english: str, chinese: str, level: int, options: FieldOptions) -> Any:
    return federation.field(
        name=options.get("name"),
        # An external value is there only when a representation brings it.
        default=None if options.get("external") else dataclasses.MISSING,
        description=text(english, chinese),
        directives=_directives(level, options),
        external=options.get("external", False),
        shareable=options.get("shareable", False),
        inaccessible=options.get("inaccessible", False),
        requires=options.get("requires", ()),
        provides=options.get("provides", ()),
        override=options.get("override"),  # type: ignore[arg-type]  # None means no override
    )


def item(english: str, chinese: str, level: int = 1, **options: Unpack[FieldOptions]) -> Any:
    """A field whose value the node holds; a parameter of the node's constructor."""
    return _field(english, chinese, level, options)


def resolved(
    english: str, chinese: str, level: int = 1, **options: Unpack[FieldOptions]
) -> Callable[[FunctionT], FunctionT]:
    """A field that the decorated method answers."""

    def decorate(function: FunctionT) -> FunctionT:
        field: FunctionT = _field(english, chinese, level, options)(function)
        return field

    return decorate


class TypeOptions(TypedDict, total=False):
    """What a type may say besides its description and grade."""

    keys: Iterable[str | Key]
    name: str
    title: str
    code: str
    updates: str
    theme: str
    sharing: SharingClass
    condition: str
    legal_basis: str
    category: str
    source_of_record: bool
    shareable: bool
    interface: bool
    interface_object: bool


@dataclass_transform(kw_only_default=True, field_specifiers=(item,))
def node(
    english: str, chinese: str, level: int = 1, **options: Unpack[TypeOptions]
) -> Callable[[TypeT], TypeT]:
    """An object type (or, with ``interface``, an interface) of the department's graph.

    The catalogue title defaults to the description in one line.
    """
    directives: list[object] = list(
        grading(
            level,
            category=options.get("category"),
            sharing=options.get("sharing"),
            condition=options.get("condition"),
            legal_basis=options.get("legal_basis"),
        )
    )
    directives.append(
        Catalogued(
            title=options.get("title", f"{english.rstrip('.')} / {chinese.rstrip('。')}"),
            code=options.get("code", strawberry.UNSET),
            updates=options.get("updates", strawberry.UNSET),
            theme=options.get("theme", strawberry.UNSET),
        )
    )
    if options.get("source_of_record"):
        directives.append(SourceOfRecord())
    directives, _ = process_federation_type_directives(
        directives, keys=options.get("keys", ()), shareable=options.get("shareable", False)
    )
    if options.get("interface_object"):
        directives.append(InterfaceObject())

    def decorate(cls: TypeT) -> TypeT:
        return strawberry_type(
            cls,
            name=options.get("name"),
            description=text(english, chinese),
            directives=directives,
            is_interface=options.get("interface", False),
        )

    return decorate


def stub_key(fields: str) -> Key:
    """@key of a type that this subgraph refers to and cannot look up."""
    return Key(fields=FieldSet(fields), resolvable=False)


def root(english: str, chinese: str) -> Callable[[TypeT], TypeT]:
    """A root operation type: open itself, each of its fields graded on its own."""
    return node(english, chinese)


def argument(
    english: str, chinese: str, *filters: str, name: str | None = None
) -> StrawberryArgumentAnnotation:
    """Annotation of an argument; ``filters`` are the coordinates of the columns that it tests."""
    return strawberry.argument(
        description=text(english, chinese),
        name=name,
        directives=[Filters(field=coordinate) for coordinate in filters],
    )


def given(english: str, chinese: str, *filters: str, default: Any = dataclasses.MISSING) -> Any:
    """A field of an input type; ``filters`` as for arguments."""
    return strawberry.field(
        default=default,
        description=text(english, chinese),
        directives=[Filters(field=coordinate) for coordinate in filters],
    )


@dataclass_transform(kw_only_default=True, field_specifiers=(given,))
def input_type(english: str, chinese: str) -> Callable[[TypeT], TypeT]:
    """An input type made of ``given`` fields."""

    def decorate(cls: TypeT) -> TypeT:
        return strawberry.input(cls, description=text(english, chinese))

    return decorate


def choices(cls: type[Enum], english: str, chinese: str, /, **values: str) -> None:
    """Make a Python enum an enum of the graph.

    Args:
        cls: The enum; its member names are the GraphQL values.
        english: Description of the enum.
        chinese: The same in Chinese.
        values: For each member "English / 中文".

    Raises:
        ValueError: A member has no description.
    """
    if set(values) != {member.name for member in cls}:
        raise ValueError(f"{cls.__name__}: describe each member once")
    strawberry.enum(cls, description=text(english, chinese), directives=[Classified(level=1)])
    definition: StrawberryEnumDefinition = cls.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = text(*values[value.name].split(" / ", 1))


def union(name: str, english: str, chinese: str, level: int = 1) -> StrawberryUnion:
    """Annotation that makes ``A | B`` a union of the graph."""
    return strawberry.union(
        name, description=text(english, chinese), directives=[Classified(level=level)]
    )
