"""The federated schema of a department: strawberry's, with batched entities and finished SDL."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias, cast

from graphql import GraphQLError, GraphQLObjectType
from sqlalchemy import MetaData
from strawberry import federation
from strawberry.extensions import MaxTokensLimiter, ParserCache, ValidationCache
from strawberry.federation.schema import FederationAny
from strawberry.printer import print_schema
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import get_object_definition

from subgraphs.toolkit.argument_checks import check_arguments
from subgraphs.toolkit.errors import RequestRefused
from subgraphs.toolkit.governance import DataSubject, RegionCodeOfRow
from subgraphs.toolkit.scalars import SCALARS, Money, read_money
from subgraphs.toolkit.scope import Info, Scope
from subgraphs.toolkit.sdl import finish_sdl
from subgraphs.toolkit.sources import Reference, Source

Representation: TypeAlias = Mapping[str, Any]
# Answers the node of a representation, None when there is none that the caller may see.
Resolve: TypeAlias = Callable[[Scope, Representation], Awaitable[Any] | Any]

CACHED_DOCUMENTS = 512
MAX_TOKENS = 10_000
_OF_ROWS = (DataSubject, RegionCodeOfRow)
MAX_REPRESENTATIONS = 10_000


def key_text(representation: Representation, field_name: str) -> str:
    """A text key of a representation.

    Raises:
        RequestRefused: Missing or not text.
    """
    value = representation.get(field_name)
    # PostgreSQL fails on the zero character, and with it the whole batch would.
    if not isinstance(value, str) or "\0" in value:
        raise RequestRefused("BAD_REPRESENTATION", f"a representation needs {field_name} as text")
    return value


def key_number(representation: Representation, field_name: str) -> int:
    """A whole-number key of a representation.

    Raises:
        RequestRefused: Missing or not a GraphQL ``Int``.
    """
    value = representation.get(field_name)
    # Beyond 32 bits the driver would fail, and with it the whole batch.
    if not isinstance(value, int) or isinstance(value, bool) or not -(2**31) <= value < 2**31:
        raise RequestRefused("BAD_REPRESENTATION", f"a representation needs {field_name} as number")
    return value


def key_money(representation: Representation, field_name: str) -> Money | None:
    """An amount of a representation, None when it is null or not there.

    Raises:
        RequestRefused: Not an amount.
    """
    value = representation.get(field_name)
    try:
        return None if value is None else read_money(value)
    except ValueError as fault:
        message = f"{field_name} of a representation is an amount"
        raise RequestRefused("BAD_REPRESENTATION", message) from fault


def key_object(representation: Representation, field_name: str) -> Representation | None:
    """An object of a representation, None when it is null or not there.

    Raises:
        RequestRefused: Not an object.
    """
    value = representation.get(field_name)
    if value is not None and not isinstance(value, dict):
        message = f"{field_name} of a representation is an object"
        raise RequestRefused("BAD_REPRESENTATION", message)
    return value


class FederatedSchema(federation.Schema):
    """Strawberry's federation schema with our ``_entities``.

    ``entities`` says for each type with a key how a representation becomes its node.
    """

    def __init__(
        self,
        query: type,
        *,
        entities: Mapping[type, Resolve],
        mutation: type | None = None,
        types: Sequence[type] = (),
    ) -> None:
        self._entities = {
            get_object_definition(each, strict=True).name: resolve
            for each, resolve in entities.items()
        }
        super().__init__(
            query=query,
            mutation=mutation,
            # Named here because strawberry does not look for entities inside of unions.
            types=[*entities, *types],
            config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
            extensions=[
                lambda: MaxTokensLimiter(max_token_count=MAX_TOKENS),
                lambda: ParserCache(maxsize=CACHED_DOCUMENTS),
                lambda: ValidationCache(maxsize=CACHED_DOCUMENTS),
            ],
        )
        check_arguments(self._schema)
        # Strawberry would print the SDL anew, unfinished, for each question.
        service = cast(GraphQLObjectType, self._schema.type_map["_Service"])
        service.fields["sdl"].resolve = lambda *_: self.sdl

    def process_errors(self, errors: object, execution_context: object = None) -> None:
        """Nothing: strawberry would log the operation text, which holds identity numbers."""

    async def entities_resolver(  # type: ignore[override]  # awaited by the executor either way
        self, info: Info, representations: list[FederationAny]
    ) -> list[FederationAny]:
        """One result per representation, asked for at once so that loaders batch them.

        A representation that cannot be read is null with an error of its own.
        """
        if len(representations) > MAX_REPRESENTATIONS:
            raise RequestRefused("BAD_INPUT", f"at most {MAX_REPRESENTATIONS} representations")
        asked = [self._resolve(info.context, each) for each in representations]
        return cast("list[FederationAny]", await asyncio.gather(*asked, return_exceptions=True))

    async def _resolve(self, scope: Scope, representation: object) -> Any:
        known = isinstance(representation, dict) and representation.get("__typename")
        resolve = self._entities.get(known) if isinstance(known, str) else None
        if resolve is None:
            raise RequestRefused("BAD_REPRESENTATION", "not a representation of an entity here")
        found = resolve(scope, cast("Representation", representation))
        return await found if inspect.isawaitable(found) else found

    @cached_property
    def row_types(self) -> frozenset[str]:
        """Object types that say whom a row is about, or where it belongs: policies filter them."""
        definitions = (
            each.extensions.get("strawberry-definition")
            for each in self._schema.type_map.values()
            if isinstance(each, GraphQLObjectType)
        )
        return frozenset(
            each.name
            for each in definitions
            if each and any(isinstance(d, _OF_ROWS) for f in each.fields for d in f.directives)
        )

    @cached_property
    def sdl(self) -> str:
        """The federation SDL that this department publishes."""
        return finish_sdl(print_schema(self))


@dataclass(frozen=True)
class Department:
    """Everything that makes a department's service.

    Attributes:
        name: Subgraph name, also the audience of its access contexts.
        schema: What it answers.
        sources: Types whose rows can be filtered.
        metadata: Tables of its database.

    Raises:
        ValueError: Rows of a type can be filtered, and it has no source; or a source has rows in
            several tables.
    """

    name: str
    schema: FederatedSchema
    sources: Sequence[Reference[Any]]
    metadata: MetaData = field(repr=False)

    def __post_init__(self) -> None:
        """Say now what the first request with a row filter would meet."""
        missing = self.schema.row_types - {source.type_name for source in self.sources}
        if missing:
            raise ValueError(
                f"{', '.join(sorted(missing))}: a field says whom a row is about, or where it"
                " belongs (subject, division), so its rows can be filtered: list its source in"
                " Department.sources"
            )
        for source in self.sources:
            if isinstance(source, Source) and len(source.tables) > 1:
                raise ValueError(
                    f"{source.type_name}: {source.model.__name__} has rows in several tables"
                    f" ({', '.join(sorted(source.tables))}), of which a filter would cover one:"
                    " map each table by a class of its own"
                )


def is_client_error(error: GraphQLError) -> bool:
    """Whether the message was written for the client: ours, or graphql-core's own.

    What has no path was found before execution, so it is about the request.
    """
    original = error.original_error
    return error.path is None or original is None or isinstance(original, GraphQLError)
