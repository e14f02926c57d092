"""Where the schema comes from: subgraphs that hand over their SDL, or a ready supergraph."""

from __future__ import annotations

import json
import os
import re
import ssl
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from federation.errors import Diagnostic, InvalidSupergraph, SchemaError
from federation.gateway.schema_cache import SubgraphText, composition_key, open_schema_cache
from federation.gateway.settings import Schema
from federation.gateway.text_files import UnreadableText, read_text
from federation.supergraph import Supergraph, read_supergraph

if TYPE_CHECKING:
    from federation.composition import Composition

_WORTH_KEEPING_SECONDS = 1.0
# No SDL lacks both white space and braces.
_FILE_NAME = re.compile(r"[^\s{}]*[./\\][^\s{}]*")

SignServiceQuery = Callable[[str, str], str]
"""Subgraph name and operation text to the `Datong-Context` of the gateway itself."""

Progress = Callable[[str], None]
"""Takes one line for people."""


class SchemaUnavailable(SchemaError):
    """No schema can be had: a file cannot be read, or a subgraph does not answer."""

    code = "SCHEMA_UNAVAILABLE"


class CompositionFailed(SchemaError):
    """The subgraphs do not fit together.

    Attributes:
        diagnostics: All findings, hints included.
    """

    code = "COMPOSITION_FAILED"

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__("the subgraphs do not compose")
        self.diagnostics = diagnostics


@dataclass(frozen=True, slots=True)
class SubgraphSource:
    """One subgraph as it was named to the gateway; ``sdl`` is None until it is fetched."""

    name: str
    url: str
    sdl: str | None = None
    file: str = ""


def list_sources(schema: Schema) -> tuple[SubgraphSource, ...]:
    """The subgraphs that the settings name, in their order; none for a ready supergraph.

    Raises:
        SchemaUnavailable: The list cannot be read, or says of a subgraph neither its SDL nor where
            to fetch it.
    """
    sources = _listed(schema)
    for source in sources:
        if source.sdl is None and not source.url.startswith(("http://", "https://")):
            raise SchemaUnavailable(
                f"subgraph {source.name}: {source.url or 'nothing'} is no URL to fetch its SDL"
                " from; write one such as http://127.0.0.1:14306/graphql"
            )
    return sources


def _listed(schema: Schema) -> tuple[SubgraphSource, ...]:
    if not schema.subgraphs_file:
        return tuple(SubgraphSource(name, url) for name, url in schema.subgraphs.items())
    file = Path(schema.subgraphs_file)
    entries = _read_json(file)
    if not isinstance(entries, list):
        raise SchemaUnavailable(f"{file}: a JSON list of subgraphs is expected")
    return tuple(_source(entry, file, position) for position, entry in enumerate(entries))


def _read_json(file: Path) -> Any:
    try:
        return json.loads(read_text(file))
    except UnreadableText as fault:
        raise SchemaUnavailable(str(fault)) from None
    except ValueError as error:
        raise SchemaUnavailable(f"{file}: not JSON: {error}") from None


def _source(entry: Any, file: Path, position: int) -> SubgraphSource:
    """An entry's ``sdl`` is the text; ``file`` names a file beside the list instead."""
    if (
        not isinstance(entry, dict)
        or not isinstance(entry.get("name"), str)
        or not isinstance(entry.get("url", ""), str)
        or not isinstance(entry.get("sdl"), str | None)
        or not isinstance(entry.get("file"), str | None)
    ):
        raise SchemaUnavailable(
            f"{file}: entry {position + 1} needs the texts name and url, and optionally sdl or file"
        )
    if _FILE_NAME.fullmatch(entry.get("sdl") or ""):
        raise SchemaUnavailable(
            f"{file}: entry {position + 1} has the name of a file as its sdl: write"
            f' "file": "{entry["sdl"]}"; sdl is the text itself'
        )
    source = SubgraphSource(entry["name"], entry.get("url", ""), entry.get("sdl"))
    if source.sdl is None and entry.get("file"):
        return read_sdl_file(source.name, source.url, file.parent / entry["file"])
    return source


def read_sdl_file(name: str, url: str, file: Path) -> SubgraphSource:
    """A source whose SDL stands in a file.

    Raises:
        SchemaUnavailable: The file cannot be read.
    """
    try:
        return SubgraphSource(name, url, read_text(file), str(file))
    except UnreadableText as fault:
        raise SchemaUnavailable(f"{fault} (SDL of subgraph {name})") from None


async def fetch_missing(
    sources: Iterable[SubgraphSource],
    sign: SignServiceQuery,
    limit_seconds: float,
    progress: Progress,
    tls: ssl.SSLContext | None = None,
) -> tuple[SubgraphSource, ...]:
    """The sources with their SDL, asked of the subgraphs where it was not given.

    Asks again until a subgraph answers: departments start in any order. ``tls`` says whom to trust
    there, and who we are.

    Raises:
        SchemaUnavailable: A subgraph had not answered after ``limit_seconds``.
    """
    found = tuple(sources)
    if all(each.sdl is not None for each in found):
        return found
    # What is not configured is not imported.
    from federation.gateway.service_sdl import ask_for_sdl  # noqa: PLC0415

    return await ask_for_sdl(found, sign, limit_seconds, progress, tls)


def compose_sources(sources: Iterable[SubgraphSource]) -> Composition:
    """The composition of sources whose SDL is at hand; a text that is no SDL is a finding."""
    # Neither a ready supergraph nor a kept composition needs it.
    from federation.composition import SubgraphDocument, compose_documents  # noqa: PLC0415

    return compose_documents(
        SubgraphDocument(each.name, each.url, each.sdl or "", each.file) for each in sources
    )


def compose_kept(
    sources: tuple[SubgraphSource, ...], schema: Schema, progress: Progress
) -> Supergraph:
    """The composition of sources, from an earlier one of the same where it was kept.

    Raises:
        CompositionFailed: The subgraphs do not fit together.
    """
    kept = read_kept(sources, schema)
    if kept is not None:
        progress("the composition of these subgraphs was kept from an earlier start")
        return kept
    begin = time.monotonic()
    composition = compose_sources(sources)
    if composition.supergraph is None:
        raise CompositionFailed(composition.diagnostics)
    keep(sources, schema, composition.supergraph, time.monotonic() - begin)
    return composition.supergraph


def read_kept(sources: tuple[SubgraphSource, ...], schema: Schema) -> Supergraph | None:
    """The kept composition of these sources; None without one."""
    cache = open_schema_cache(schema, os.environ)
    return cache.read(composition_key(map(_text, sources))) if cache is not None else None


def keep(
    sources: tuple[SubgraphSource, ...], schema: Schema, supergraph: Supergraph, seconds: float
) -> None:
    """Keep a composition that took its time; one that cannot be written is composed again."""
    cache = open_schema_cache(schema, os.environ)
    if cache is not None and seconds >= _WORTH_KEEPING_SECONDS:
        cache.keep(composition_key(map(_text, sources)), supergraph)


def _text(source: SubgraphSource) -> SubgraphText:
    return SubgraphText(source.name, source.url, source.sdl or "")


def read_supergraph_text(file: Path) -> str:
    """The text of a ready supergraph.

    Raises:
        SchemaUnavailable: The file cannot be read.
    """
    try:
        return read_text(file)
    except UnreadableText as fault:
        raise SchemaUnavailable(str(fault)) from None


def read_supergraph_file(file: Path) -> Supergraph:
    """A ready supergraph.

    Raises:
        SchemaUnavailable: The file cannot be read.
        InvalidSupergraph: Its text is no supergraph SDL; the message names the file.
    """
    text = read_supergraph_text(file)
    try:
        return read_supergraph(text)
    except InvalidSupergraph as error:
        raise InvalidSupergraph(f"{file}: {error.message}") from None


async def load_schema(
    schema: Schema,
    sign: SignServiceQuery,
    limit_seconds: float,
    progress: Progress,
    tls: ssl.SSLContext | None = None,
) -> Supergraph:
    """The supergraph that the settings name, composed where it is not ready.

    ``tls`` is as for ``fetch_missing``.

    Raises:
        SchemaUnavailable: Something cannot be read, or no source is named.
        InvalidSupergraph: A ready supergraph cannot be used.
        CompositionFailed: The subgraphs do not fit together.
    """
    if schema.supergraph_file:
        return read_supergraph_file(Path(schema.supergraph_file))
    sources = list_sources(schema)
    if not sources:
        raise SchemaUnavailable(
            "no schema: give --subgraph NAME=URL, --subgraphs FILE or --supergraph FILE, or "
            "--config with one of them under [schema]"
        )
    complete = await fetch_missing(sources, sign, limit_seconds, progress, tls)
    return compose_kept(complete, schema, progress)
