"""Compositions kept on disk, so that a gateway over the same subgraphs starts quickly again.

An entry is named by everything that it depends on: the subgraphs' names, addresses and texts, the
code that composes, and the version of the GraphQL library. It holds data only, is checked against
its own hash and decoded into the types of the model: what was damaged, cut or put there by somebody
else is composed anew. The folder belongs to the gateway's user alone, or is not used.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple

import graphql
import msgspec

from federation.gateway.settings import Schema
from federation.supergraph import Supergraph
from federation.supergraph.model import (
    AppliedDirective,
    DirectiveDefinition,
    EnumType,
    Graph,
    InputObjectType,
    InterfaceType,
    Link,
    ObjectType,
    ScalarType,
    TypeDefinition,
    UnionType,
)

_MAGIC: Final = b"datong composition 1\n"
_SUFFIX: Final = ".composition"
_DIGEST_BYTES: Final = 32
_CODE: Final = ("subgraph", "supergraph", "query_graph", "composition")
_KINDS: Final[Mapping[type[Any], str]] = {
    ScalarType: "scalars",
    ObjectType: "objects",
    InterfaceType: "interfaces",
    UnionType: "unions",
    EnumType: "enums",
    InputObjectType: "inputs",
}


class SubgraphText(NamedTuple):
    """What of a subgraph its composition depends on."""

    name: str
    url: str
    sdl: str


class _Entry(msgspec.Struct, array_like=True):
    """A supergraph with its types apart by kind, as a decoder of unions needs them."""

    key: str
    graphs: tuple[Graph, ...]
    roots: dict[str, str]
    directive_definitions: tuple[DirectiveDefinition, ...]
    links: tuple[Link, ...]
    schema_directives: tuple[AppliedDirective, ...]
    scalars: list[ScalarType]
    objects: list[ObjectType]
    interfaces: list[InterfaceType]
    unions: list[UnionType]
    enums: list[EnumType]
    inputs: list[InputObjectType]


class SchemaCache:
    """One folder of compositions.

    Attributes:
        folder: Made when something is kept first.
        max_bytes: Of all entries together; the ones used longest ago go.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self.folder = folder
        self.max_bytes = max_bytes

    def read(self, key: str) -> Supergraph | None:
        """The composition of that key; None when it is not here, or not whole."""
        file = self.folder / f"{key}{_SUFFIX}"
        try:
            if not _is_private(self.folder):
                return None
            content = file.read_bytes()
        except OSError:
            return None
        supergraph = _decode(content, key)
        with contextlib.suppress(OSError):
            if supergraph is None:
                file.unlink()
            else:
                os.utime(file)
        return supergraph

    def keep(self, key: str, supergraph: Supergraph) -> bool:
        """Write an entry; whether that was possible. Readers never see a part of one."""
        content = _encode(key, supergraph)
        if len(content) > self.max_bytes:
            return False
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _is_private(self.folder):
                return False
            handle, name = tempfile.mkstemp(dir=self.folder, suffix=".part")
            try:
                with os.fdopen(handle, "wb") as part:
                    part.write(content)
                Path(name).replace(self.folder / f"{key}{_SUFFIX}")
            except OSError:
                Path(name).unlink(missing_ok=True)
                raise
            self._make_room()
        except OSError:
            return False
        return True

    def _make_room(self) -> None:
        entries = [(file.stat(), file) for file in self.folder.glob(f"*{_SUFFIX}")]
        total = sum(state.st_size for state, _ in entries)
        for state, file in sorted(entries, key=lambda entry: entry[0].st_mtime):
            if total <= self.max_bytes:
                return
            file.unlink(missing_ok=True)
            total -= state.st_size


def open_schema_cache(schema: Schema, environment: Mapping[str, str]) -> SchemaCache | None:
    """The cache that the settings name; None when it is switched off."""
    if schema.cache_max_bytes <= 0:
        return None
    if schema.cache_folder:
        return SchemaCache(Path(schema.cache_folder), schema.cache_max_bytes)
    home = environment.get("XDG_CACHE_HOME")
    base = Path(home) if home else Path(environment.get("HOME", "~")).expanduser() / ".cache"
    return SchemaCache(base / "datong" / "compositions", schema.cache_max_bytes)


def composition_key(subgraphs: Iterable[SubgraphText]) -> str:
    """The name of the composition of these subgraphs by this code; their order does not matter."""
    digest = hashlib.sha256()
    for part in (_code_digest(), graphql.__version__, *chain.from_iterable(sorted(subgraphs))):
        text = part.encode()
        digest.update(len(text).to_bytes(8, "big"))
        digest.update(text)
    return digest.hexdigest()


@cache
def _code_digest() -> str:
    """Hash of the code that composes: the version's number alone stays equal while developing."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    packages = [file for package in _CODE for file in (root / package).rglob("*.py")]
    for file in sorted((*root.glob("*.py"), *packages)):
        digest.update(file.relative_to(root).as_posix().encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _is_private(folder: Path) -> bool:
    """Whether nobody else can write there."""
    state = folder.stat()
    return state.st_uid == os.getuid() and not state.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _encode(key: str, supergraph: Supergraph) -> bytes:
    kinds: dict[str, list[Any]] = {name: [] for name in _KINDS.values()}
    for definition in supergraph.types.values():
        kinds[_KINDS[type(definition)]].append(definition)
    entry = _Entry(
        key=key,
        graphs=supergraph.graphs,
        roots=dict(supergraph.roots),
        directive_definitions=supergraph.directive_definitions,
        links=supergraph.links,
        schema_directives=supergraph.schema_directives,
        **kinds,
    )
    body = msgspec.msgpack.encode(entry)
    return _MAGIC + hashlib.sha256(body).digest() + body


def _decode(content: bytes, key: str) -> Supergraph | None:
    head = len(_MAGIC) + _DIGEST_BYTES
    body = content[head:]
    if content[:head] != _MAGIC + hashlib.sha256(body).digest():
        return None
    try:
        entry = msgspec.msgpack.decode(body, type=_Entry)
    except msgspec.MsgspecError:
        return None
    if entry.key != key:
        return None
    found: list[TypeDefinition] = [
        *entry.scalars,
        *entry.objects,
        *entry.interfaces,
        *entry.unions,
        *entry.enums,
        *entry.inputs,
    ]
    supergraph = Supergraph(
        graphs=entry.graphs,
        types={},
        roots=entry.roots,
        directive_definitions=entry.directive_definitions,
        links=entry.links,
        schema_directives=entry.schema_directives,
    )
    types = {each.name: each for each in sorted(found, key=lambda each: each.name)}
    return replace(supergraph, types=types)
