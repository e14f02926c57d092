"""Options that several commands share, and how they become settings."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from federation.cli.report import usage_fault
from federation.gateway.config import load_config
from federation.gateway.settings import Config

SubgraphOption = Annotated[
    list[str] | None,
    typer.Option("--subgraph", metavar="NAME=URL", help="A subgraph; its SDL is fetched."),
]
SubgraphsOption = Annotated[
    Path | None,
    typer.Option(
        "--subgraphs",
        metavar="FILE",
        help="JSON list of name, url and optionally sdl (text) or file (beside it).",
    ),
]
SupergraphOption = Annotated[
    Path | None,
    typer.Option("--supergraph", metavar="FILE", help="Ready supergraph SDL."),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Settings in TOML, such as datong.toml."),
]


@dataclass(frozen=True, slots=True)
class SchemaOptions:
    """Where the schema is, and all other settings."""

    subgraph: SubgraphOption = None
    subgraphs: SubgraphsOption = None
    supergraph: SupergraphOption = None
    config: ConfigOption = None

    def settings(self, **sections: dict[str, Any]) -> Config:
        """The settings; ends the command with status 2 when they cannot be used."""
        return read_settings(
            self.config, self.subgraph, self.subgraphs, self.supergraph, **sections
        )


def read_settings(
    config: Path | None,
    subgraph: list[str] | None = None,
    subgraphs: Path | None = None,
    supergraph: Path | None = None,
    **sections: dict[str, Any],
) -> Config:
    """The settings that flags, environment and file give together; options left out stay out.

    Ends the command with status 2 when they cannot be used.
    """
    schema = {
        "subgraphs": read_pairs(subgraph) if subgraph else None,
        "subgraphs_file": str(subgraphs) if subgraphs else None,
        "supergraph_file": str(supergraph) if supergraph else None,
    }
    flags = {
        section: {key: value for key, value in values.items() if value is not None}
        for section, values in {"schema": schema, **sections}.items()
    }
    return load_config(config, os.environ, flags)


def read_pairs(pairs: list[str]) -> dict[str, str]:
    """NAME=URL texts as a mapping; ends the command with status 2 when one is something else."""
    read: dict[str, str] = {}
    for pair in pairs:
        name, separator, url = pair.partition("=")
        if not separator or not name or not url:
            raise usage_fault(
                f"--subgraph {pair}: write NAME=URL, such as tax=http://127.0.0.1:14306"
            )
        if name in read:
            raise usage_fault(f"--subgraph {name} is given twice")
        read[name] = url
    return read
