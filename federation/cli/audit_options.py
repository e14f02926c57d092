"""Options that the audit commands share, and what they mean."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import starmap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from federation.audit.record import Outcome, RecordKind
from federation.cli.options import ConfigOption, read_settings
from federation.cli.report import usage_fault

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from federation.gateway.audit.search import Wanted
    from federation.gateway.settings import Config

DatabaseOption = Annotated[
    str | None, typer.Option("--database", metavar="URL", help="SQLAlchemy URL of the trail.")
]
KeyOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--key",
        metavar="FILE",
        help="Key that signed heads, besides audit.head_key_file (PEM); repeatable.",
    ),
]
CallerOption = Annotated[
    str | None, typer.Option("--caller", metavar="ID", help="Records of this caller.")
]
OfficeOption = Annotated[
    str | None,
    typer.Option("--from", metavar="DEPARTMENT", help="Records of callers of this department."),
]
PurposeOption = Annotated[
    str | None,
    typer.Option("--purpose", metavar="CODE", help="Records of this purpose; '' for none."),
]
SinceOption = Annotated[
    str | None,
    typer.Option("--since", metavar="TIME", help="2026-11-28, 2026-11-28T09:30 (UTC), or 7d ago."),
]
UntilOption = Annotated[
    str | None, typer.Option("--until", metavar="TIME", help="The same; records before it.")
]
FieldOption = Annotated[
    str | None,
    typer.Option(
        "--field", metavar="TYPE.FIELD", help="Records that decide on it; Type.* for any."
    ),
]
OutcomeOption = Annotated[Outcome | None, typer.Option("--outcome", help="How the request ended.")]
HolderOption = Annotated[
    str | None,
    typer.Option(
        "--department", metavar="NAME", help="Records that decide on a field of this department."
    ),
]
RequestOption = Annotated[
    str | None, typer.Option("--request", metavar="ID", help="Records of one request.")
]
AllOption = Annotated[
    bool, typer.Option("--all", help="Intents and pages too, not only what was released.")
]
PageOption = Annotated[int, typer.Option("--page", min=1, help="Which page, from 1.")]
SizeOption = Annotated[int, typer.Option("--size", min=1, max=10_000, help="Records in a page.")]

_AGO = re.compile(r"(\d{1,6})([mhdw])")
_COORDINATE = re.compile(r"\w+\.(\*|\w+(\(\w+:\))?)")
ALL_KINDS: frozenset[RecordKind] = frozenset()
"""Of records: no choice is made."""

_SECONDS = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


class Format(StrEnum):
    """How results are printed."""

    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="json: for machines.")]


@dataclass(frozen=True, slots=True)
class TimeOptions:
    """Between which moments."""

    since: SinceOption = None
    until: UntilOption = None

    def wanted(self, **more: Any) -> Wanted:
        """What the options ask for; ends the command with status 2 when one cannot be read."""
        from federation.gateway.audit.search import Wanted  # noqa: PLC0415

        since, until = read_time(self.since, "--since"), read_time(self.until, "--until")
        if since is not None and until is not None and since >= until:
            raise usage_fault("--since is not before --until, so nothing can lie between")
        return Wanted(since=since, until=until, **more)


@dataclass(frozen=True, slots=True)
class WantedOptions:
    """Which records are meant."""

    caller: CallerOption = None
    office: OfficeOption = None
    purpose: PurposeOption = None
    since: SinceOption = None
    until: UntilOption = None
    field: FieldOption = None
    outcome: OutcomeOption = None
    department: HolderOption = None
    request: RequestOption = None
    is_all: AllOption = False

    def wanted(self) -> Wanted:
        """What the options ask for; ends the command with status 2 when one cannot be read."""
        if self.field is not None and not _COORDINATE.fullmatch(self.field):
            raise usage_fault(f"--field {self.field}: write Type.field or Type.*")
        return TimeOptions(self.since, self.until).wanted(
            caller=self.caller,
            office=self.office,
            purpose=self.purpose,
            coordinate=self.field,
            outcome=self.outcome,
            department=self.department,
            request_id=self.request,
            kinds=ALL_KINDS if self.is_all else frozenset({RecordKind.RELEASE}),
        )


@dataclass(frozen=True, slots=True)
class PageOptions:
    """Which part of what was found."""

    page: PageOption = 1
    size: SizeOption = 50


@dataclass(frozen=True, slots=True)
class TrailOptions:
    """Where the trail is."""

    config: ConfigOption = None
    database: DatabaseOption = None

    def settings(self) -> Config:
        """The settings, with a trail; ends the command with status 2 when none is named."""
        return trail_settings(self.config, self.database)


def trail_settings(config: Path | None, database: str | None) -> Config:
    """The settings, with a trail; ends the command with status 2 when none is named."""
    settings = read_settings(config, audit={"database": database})
    if not settings.audit.database:
        raise usage_fault("no audit trail: give --database URL, or --config with audit.database")
    return settings


def existing_key(file: str, setting: str) -> str:
    """A key file that is there: reading a trail must not make one."""
    if not file or not Path(file).is_file():
        missing = f"{file}: no such file" if file else "no key"
        raise usage_fault(f"{missing}: set {setting} to the file that the gateway uses")
    return file


def public_keys(files: list[Path] | None, settings: Config) -> dict[str, Ed25519PublicKey]:
    """Keys that heads are trusted by: those of ``--key`` and the configured one.

    Ends the command with status 2 when there are none, or one cannot be read.
    """
    from federation.audit import key_id  # noqa: PLC0415

    named = [("--key", file) for file in files or ()]
    if settings.audit.head_key_file:
        named.append(("audit.head_key_file", Path(settings.audit.head_key_file)))
    if not named:
        raise usage_fault("no key: give --key FILE, or --config with audit.head_key_file")
    return {key_id(public): public for public in starmap(_read_public_key, named)}


def read_time(text: str | None, option: str) -> int | None:
    """Milliseconds since 1970; ends the command with status 2 when it is no time."""
    if text is None:
        return None
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return int((time.time() - int(ago[1]) * _SECONDS[ago[2]]) * 1000)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise usage_fault(
            f"{option} {text}: write 2026-11-28, 2026-11-28T09:30, or how long ago: 30m 12h 7d 4w"
        ) from None
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def _read_public_key(source: str, file: Path) -> Ed25519PublicKey:
    """A public key, or the public half of a private one.

    Args:
        source: The option or setting that names the file.
    """
    from federation.gateway.pem import (  # noqa: PLC0415
        ED25519_PUBLIC,
        UnusableKey,
        load_public_key,
    )

    try:
        return load_public_key(file, ED25519_PUBLIC)
    except UnusableKey as error:
        raise usage_fault(f"{source}: {error}") from None
