"""`datong policy revoke`: a grant or a consent that counts nowhere any more."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Annotated

import typer

from federation.cli.options import ConfigOption, read_settings
from federation.cli.policy_options import Format, FormatOption, policy_failure, read_source
from federation.cli.report import err, failure, print_json, usage_fault

if TYPE_CHECKING:
    from federation.gateway.policy_store import Member, RevokedGrant


def revoke(
    department: Annotated[str | None, typer.Argument(help="That received the grant.")] = None,
    coordinate: Annotated[str | None, typer.Argument(help="Such as Citizen.name.")] = None,
    grant: Annotated[str | None, typer.Argument(help="Name of the grant.")] = None,
    *,
    consent: Annotated[
        str | None, typer.Option(metavar="ID", help="A consent instead of a grant.")
    ] = None,
    store: Annotated[
        str | None, typer.Option(metavar="URL", help="Shared store [access.store].")
    ] = None,
    config: ConfigOption = None,
    format: FormatOption = Format.TEXT,  # noqa: A002
) -> None:
    """Take a grant or a consent back; nobody reads by it any more when the command ends.

    It ends when every gateway process has said so or has lost its lease, after two seconds at most:
    a process without a lease denies everything. The grant may stay in its file, it does not count.
    """
    settings = read_settings(config, access={"store": store})
    if not settings.access.store:
        raise usage_fault("no shared store: give --store URL, or set access.store")
    named = (department, coordinate, grant)
    if (consent is None) == (None in named) or (consent is not None and any(named)):
        raise usage_fault("give either DEPARTMENT COORDINATE GRANT or --consent ID")
    from federation.errors import FederationError  # noqa: PLC0415
    from federation.gateway.engines import PolicyFault  # noqa: PLC0415
    from federation.gateway.policy_store import RevokedGrant  # noqa: PLC0415

    revoked = None
    if department is not None and coordinate is not None and grant is not None:
        revoked = RevokedGrant(department, coordinate, grant)
        try:
            grants = read_source(settings).data["grants"]
        except PolicyFault as fault:
            raise policy_failure(fault) from None
        if grant not in grants.get(department, {}).get(coordinate, {}):
            raise usage_fault(f"{department} has no grant {grant} for {coordinate}")
    started = time.perf_counter()
    try:
        silent = asyncio.run(_revoke(settings.access.store, revoked, consent or ""))
    except FederationError as error:
        raise failure(error) from None
    seconds = round(time.perf_counter() - started, 2)
    if format is Format.JSON:
        print_json({"seconds": seconds, "silent": [each.name for each in silent]})
        return
    for each in silent:
        err.print(f"{each.name} does not answer; its lease is over, so it denies")
    err.print(f"[green]revoked everywhere[/green] after {seconds} s")


async def _revoke(url: str, grant: RevokedGrant | None, consent: str) -> list[Member]:
    from federation.gateway.lease import wait_for_all  # noqa: PLC0415
    from federation.gateway.policy_store import open_policy_store  # noqa: PLC0415

    async with open_policy_store(url) as store:
        number = await (store.revoke_grant(grant) if grant else store.revoke_consent(consent))
        return await wait_for_all(store, number)
