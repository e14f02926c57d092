"""The files that a gateway's schema, policies and grants come from, and when they change."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from federation.gateway.settings import Config

Signature = tuple[tuple[str, int, int], ...]
"""Name, time of change and size of each file."""


@dataclass(frozen=True, slots=True)
class Signatures:
    """Equal as long as no file has changed."""

    schema: Signature
    policies: Signature


def read_signatures(config: Config) -> Signatures:
    """How the files are now; what cannot be read is as if it were not there."""
    policies: Signature = ()
    if config.access.engine != "open":
        # What is not configured is not imported.
        from federation.gateway.engines import POLICY_FOLDER  # noqa: PLC0415

        folder = Path(config.access.policies) if config.access.policies else POLICY_FOLDER
        data = Path(config.access.data) if config.access.data else folder / "data"
        folders = [(folder, data)]
        if config.access.candidate:
            candidate = Path(config.access.candidate)
            folders.append((candidate, Path(config.access.candidate_data or candidate)))
        policies = _sign(
            file
            for rules, facts in folders
            for file in (*rules.glob("datong/**/*.rego"), *facts.glob("*.json"))
        )
    return Signatures(_sign(_schema_files(config)), policies)


def _schema_files(config: Config) -> Iterator[Path]:
    if config.schema.supergraph_file:
        yield Path(config.schema.supergraph_file)
    if config.schema.subgraphs_file:
        file = Path(config.schema.subgraphs_file)
        yield file
        with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
            for entry in json.loads(file.read_text()):
                if entry.get("file"):
                    yield file.parent / entry["file"]


def _sign(files: Iterator[Path]) -> Signature:
    found = []
    for file in files:
        with contextlib.suppress(OSError):
            status = file.stat()
            found.append((str(file), status.st_mtime_ns, status.st_size))
    return tuple(sorted(found))
