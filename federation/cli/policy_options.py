"""Options that the commands for policy authors share, and what they read."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from federation.cli.options import SchemaOptions
from federation.cli.report import err, progress, usage_fault

if TYPE_CHECKING:
    from federation.catalogue import Catalogue
    from federation.gateway.deciding import InForce
    from federation.gateway.engines import PolicyFault, PolicySource
    from federation.gateway.policy_store import RevokedGrant
    from federation.gateway.settings import Config


class Format(StrEnum):
    """How results are printed."""

    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="json: for machines.")]
FolderArgument = Annotated[
    Path | None, typer.Argument(metavar="FOLDER", help="Policy folder; the delivered one.")
]
PoliciesOption = Annotated[
    Path | None,
    typer.Option("--policies", metavar="FOLDER", help="Policy folder; the delivered one without."),
]
DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="FOLDER",
        help="Grants, purposes and organisations; those in the policy folder without.",
    ),
]


@dataclass(frozen=True, slots=True)
class ReleaseOptions(SchemaOptions):
    """Which policies decide on which schema."""

    policies: PoliciesOption = None
    data: DataOption = None

    def settings(self, **sections: dict[str, Any]) -> Config:
        """The settings; ends the command with status 2 when they cannot be used."""
        access = access_section(self.policies, self.data)
        return super(ReleaseOptions, self).settings(access=access, **sections)


def access_section(policies: Path | None, data: Path | None) -> dict[str, str | None]:
    """The settings that folders given on the command line stand for.

    A policy folder that is given brings its data, and one without any takes what is configured.
    """
    beside = "" if policies and (policies / "data").is_dir() else None
    return {
        "policies": str(policies) if policies else None,
        "data": str(data) if data else beside,
    }


def stdout() -> Console:
    """Where results go."""
    return Console(highlight=False)


def policy_folder(folder: Path | None) -> Path:
    """The policy folder that is meant; ends the command with status 2 when there is none."""
    from federation.gateway.engines import POLICY_FOLDER  # noqa: PLC0415

    chosen = folder or POLICY_FOLDER
    if not chosen.is_dir():
        raise usage_fault(f"{chosen}: no such folder")
    return chosen


def data_folder(folder: Path | None) -> Path | None:
    """The data folder that is meant; ends the command with status 2 when it does not exist."""
    if folder is not None and not folder.is_dir():
        raise usage_fault(f"{folder}: no such folder of data")
    return folder


def policy_failure(fault: PolicyFault) -> typer.Exit:
    """Says what is wrong with policies, fault by fault; the exit to raise, with status 1."""
    for each in fault.faults:
        err.print(f"[red]error:[/red] {plain(each)}")
    return typer.Exit(1)


def policy_folders(settings: Config) -> tuple[Path, Path | None]:
    """The folders of policies and of data that settings name; None for the data beside them.

    Ends the command with status 2 when one does not exist.
    """
    access = settings.access
    return (
        policy_folder(Path(access.policies) if access.policies else None),
        data_folder(Path(access.data) if access.data else None),
    )


def read_source(settings: Config) -> PolicySource:
    """The policies and data that settings name.

    Raises:
        PolicyFault: They cannot be read.
    """
    from federation.gateway.engines import load_policies  # noqa: PLC0415

    return load_policies(*policy_folders(settings))


def read_in_force(settings: Config) -> InForce:
    """What decides by these settings; nothing where access is open.

    Ends the command with status 2 when a folder does not exist.

    Raises:
        PolicyFault: The policies cannot be read.
        PolicyStoreUnavailable: What is revoked cannot be known.
    """
    from federation.gateway import deciding  # noqa: PLC0415

    if settings.access.engine != "open":
        policy_folders(settings)
    return asyncio.run(deciding.read_in_force(settings.access))


def read_revoked(settings: Config) -> tuple[frozenset[RevokedGrant], int]:
    """The grants that the shared store says are revoked, and how many revocations there were.

    Where settings name no store there are none.

    Raises:
        PolicyStoreUnavailable: That cannot be known. No answer would be safe then: a gateway that
            has lost the store denies everything.
    """
    if not settings.access.store:
        return frozenset(), 0
    from federation.gateway.policy_store import read_shared  # noqa: PLC0415

    shared = asyncio.run(read_shared(settings.access.store))
    return shared.grants, shared.revocations


def read_catalogue(settings: Config) -> Catalogue:
    """The catalogue of the schema that settings name.

    Raises:
        SchemaError: There is no usable schema.
    """
    from federation.catalogue import build_catalogue  # noqa: PLC0415
    from federation.gateway.start import load_supergraph  # noqa: PLC0415

    return build_catalogue(load_supergraph(settings, progress))


def plain(text: object) -> str:
    """Text that holds no markup for rich."""
    return str(text).replace("[", r"\[")
