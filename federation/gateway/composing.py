"""Composition in a process of its own, so that a gateway answers while a new schema is made.

Started as ``python -m federation.gateway.composing``: sources as JSON on standard input, a JSON
``Composed`` on standard output.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE

import msgspec

from federation.errors import Diagnostic, SchemaError
from federation.gateway.sources import SchemaUnavailable, SubgraphSource, compose_sources
from federation.supergraph import print_supergraph


class Composed(msgspec.Struct, frozen=True):
    """Supergraph SDL, or what is wrong, one finding after the other."""

    sdl: str = ""
    faults: tuple[str, ...] = ()


class ReloadedSchemaFault(SchemaError):
    """The subgraphs as they are now do not compose."""

    code = "COMPOSITION_FAILED"


async def compose_apart(sources: tuple[SubgraphSource, ...]) -> str:
    """The supergraph SDL of these sources.

    Raises:
        ReloadedSchemaFault: They do not fit together.
        SchemaUnavailable: The process did not end well.
    """
    command = (sys.executable, "-m", "federation.gateway.composing")
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    try:
        said, _ = await process.communicate(msgspec.json.encode(sources))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    try:
        composed = msgspec.json.decode(said, type=Composed)
    except msgspec.MsgspecError:
        raise SchemaUnavailable("the process that composes the schema failed") from None
    if composed.faults:
        raise ReloadedSchemaFault("; ".join(composed.faults))
    return composed.sdl


def _told(found: Diagnostic) -> str:
    """A finding on one line, with its code and where it stands."""
    places = ", ".join(map(str, found.locations))
    return f"{found.code}{f' at {places}' if places else ''}: {found.message}"


def _main() -> None:
    sources = msgspec.json.decode(sys.stdin.buffer.read(), type=tuple[SubgraphSource, ...])
    composition = compose_sources(sources)
    if composition.supergraph is None:
        composed = Composed(faults=tuple(map(_told, composition.errors)))
    else:
        composed = Composed(print_supergraph(composition.supergraph))
    sys.stdout.buffer.write(msgspec.json.encode(composed))


if __name__ == "__main__":
    _main()
