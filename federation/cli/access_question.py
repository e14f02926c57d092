"""Questions about single fields as the command line puts them: who asks what for which purpose."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from federation.cli.operation_input import read_object
from federation.cli.policy_options import plain, policy_failure, read_revoked, read_source
from federation.cli.report import err, failure, progress, schema_failure, usage_fault
from federation.coordinate import read_coordinate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from federation.access import AccessRequest, Asker, Caller, ConsentFact
    from federation.gateway.deciding import InForce
    from federation.gateway.engines.authoring.what_if import Explanation, WhatIf
    from federation.gateway.identity import CallerFacts
    from federation.gateway.policy_store import RevokedGrant
    from federation.gateway.settings import Config

_COORDINATES = "Type.field, Type.field(argument:), or Type for all of it"
CoordinatesArgument = Annotated[
    list[str], typer.Argument(metavar="COORDINATE...", help=f"{_COORDINATES}.")
]
CallerOption = Annotated[
    str,
    typer.Option(
        "--caller", metavar="NAME|FILE|JSON", help="A caller of the demo, or claims of a token."
    ),
]
PurposeOption = Annotated[str | None, typer.Option("--purpose", help="Purpose code.")]
ConsentOption = Annotated[
    list[str] | None,
    typer.Option(
        "--consent",
        metavar="SUBJECT|FILE|JSON",
        help="A consent as if verified: of this person to everything asked, or as described.",
    ),
]
OperationOption = Annotated[
    str | None, typer.Option("--operation", metavar="NAME", help="Name of the operation.")
]


def read_asker(
    caller: str, purpose: str | None, consents: list[str] | None
) -> tuple[Asker, CallerFacts]:
    """Who asks, and what the caller's token says; ends the command with status 2 when unclear."""
    from federation.access import Asker  # noqa: PLC0415
    from federation.gateway.identity import read_facts  # noqa: PLC0415

    facts = read_facts({"sub": "caller", **read_claims(caller)})
    shown = tuple(_read_consent(text, purpose) for text in consents or ())
    return Asker(facts.caller, purpose, shown, int(time.time())), facts


def check_purpose(
    purpose: str | None, facts: CallerFacts, policy_data: Mapping[str, Mapping[str, Any]]
) -> None:
    """Ends the command with status 2 when the policies do not know the purpose.

    Of one that a gateway would refuse to this caller it says so: with a grant it would not.
    """
    from federation.gateway.engines import granted_purposes  # noqa: PLC0415
    from federation.gateway.identity import holds_grant  # noqa: PLC0415

    if purpose is None:
        return
    caller, now = facts.caller, time.time()
    granted = granted_purposes(policy_data)

    def is_granted(caller: Caller, purpose: str) -> bool:
        return holds_grant(granted, caller, purpose, now)

    known = policy_data.get("purposes", {})
    stated = [each for each in sorted(known) if facts.may_state(each, is_granted)]
    told = (
        f"{caller.id} of {caller.department or 'no department'} may state "
        f"{', '.join(stated) or 'none'}"
    )
    if purpose not in known:
        listed = f"; they know {', '.join(sorted(known))}" if known else ""
        raise usage_fault(f"--purpose {purpose}: the policies know no such purpose{listed}. {told}")
    if purpose not in stated:
        words = f"a gateway refuses the purpose {purpose} of this caller: {told}"
        err.print(f"[yellow]note[/yellow]  {words}")


def check_purpose_by(in_force: InForce, purpose: str | None, facts: CallerFacts) -> None:
    """The same by what an engine is made of, without grants that are revoked."""
    from federation.gateway.engines import without_revoked  # noqa: PLC0415

    if in_force.source is not None:
        revoked = in_force.shared.grants if in_force.shared else frozenset()
        source = without_revoked(in_force.source, revoked)
        check_purpose(purpose, facts, source.data)


@dataclass(frozen=True, slots=True)
class FieldQuestion:
    """What is asked about fields.

    Attributes:
        asker: Consents without fields are for all coordinates asked.
        facts: What the caller's token says.
        coordinates: ``Type.field``, ``Type.field(argument:)``, or ``Type`` for all its fields.
        uses: Of each coordinate.
        feeds: What is computed from them, for the use join.
        operation: Its name.
    """

    asker: Asker
    facts: CallerFacts
    coordinates: tuple[str, ...]
    uses: tuple[str, ...] = ("select",)
    feeds: tuple[str, ...] = ()
    operation: str | None = None


def explain_fields(
    settings: Config, question: FieldQuestion, *, as_read: bool = False
) -> tuple[AccessRequest, WhatIf, tuple[Explanation, ...]]:
    """The question as asked, what it was asked of, and the explanations.

    Ends the command with status 1 when schema, policies or the store of revocations cannot be used.

    Args:
        settings: Name schema and policies.
        question: About fields.
        as_read: Explain how operations that select the fields are answered, and not the policies'
            answers alone.
    """
    from federation.access import build_access_index  # noqa: PLC0415
    from federation.catalogue import build_catalogue  # noqa: PLC0415
    from federation.errors import SchemaError, Unavailable  # noqa: PLC0415
    from federation.gateway.engines import (  # noqa: PLC0415
        PolicyFault,
        make_release,
        without_revoked,
    )
    from federation.gateway.engines.authoring.what_if import WhatIf  # noqa: PLC0415
    from federation.gateway.start import load_supergraph  # noqa: PLC0415
    from federation.supergraph import build_api_schema  # noqa: PLC0415

    try:
        written = read_source(settings)
        revoked, _ = read_revoked(settings)
        source = without_revoked(written, revoked)
        check_purpose(question.asker.purpose, question.facts, source.data)
        supergraph = load_supergraph(settings, progress)
        catalogue = build_catalogue(supergraph)
        what_if = WhatIf(make_release(source, catalogue))
        kinds = {name: kind for kind, name in supergraph.roots.items()}
        request = _make_request(question, what_if.facts.fields, kinds, consents_to_all=as_read)
        _tell_revoked(request, written.data["grants"], revoked)
        if not as_read:
            return request, what_if, asyncio.run(what_if.explain(request))
        index = build_access_index(supergraph, build_api_schema(supergraph), catalogue)
        return request, what_if, asyncio.run(what_if.explain_reading(request, index))
    except SchemaError as error:
        raise schema_failure(error) from None
    except PolicyFault as fault:
        raise policy_failure(fault) from None
    except Unavailable as error:
        raise failure(error) from None


def _tell_revoked(
    request: AccessRequest, grants: Mapping[str, Any], revoked: frozenset[RevokedGrant]
) -> None:
    """Say which grants the files hold for this question, and do not count."""
    department = request.asker.caller.department or ""
    for coordinate in request.fields:
        for name in grants.get(department, {}).get(coordinate, {}):
            if (department, coordinate, name) in revoked:
                words = f"the grant {name} to {department} for {coordinate} is revoked"
                err.print(f"[yellow]note[/yellow]  {plain(words)}")


def _make_request(
    question: FieldQuestion,
    known: Mapping[str, Any],
    kinds: Mapping[str, str],
    *,
    consents_to_all: bool,
) -> AccessRequest:
    from federation.access import AccessRequest, OperationFacts, Uses  # noqa: PLC0415

    asker, feeds = question.asker, question.feeds
    asked = set(question.uses)
    if "join" in asked and not feeds:
        raise usage_fault("--use join: say with --feeds what is computed from the field")
    each = Uses("select" in asked, "filter" in asked, "sort" in asked, tuple(sorted(feeds)))
    coordinates = question.coordinates
    expanded = dict.fromkeys(name for text in coordinates for name in _expand(text, known))
    consents = tuple(
        consent
        if consent.fields
        else replace(consent, fields=frozenset(known if consents_to_all else expanded))
        for consent in asker.consents
    )
    return AccessRequest(
        replace(asker, consents=consents),
        OperationFacts(_kind_of(expanded, kinds), question.operation),
        dict.fromkeys(expanded, each),
    )


def _kind_of(coordinates: Iterable[str], kinds: Mapping[str, str]) -> str:
    """Of the one operation that could select all of these; a query where several could."""
    of_roots: dict[str, str] = {}
    for coordinate in coordinates:
        if kind := kinds.get(coordinate.partition(".")[0]):
            of_roots.setdefault(kind, coordinate)
    if len(of_roots) > 1:
        both = " and ".join(of_roots.values())
        raise usage_fault(f"{both} are never in one operation; ask one after the other")
    return next(iter(of_roots), "query")


def _expand(text: str, known: Mapping[str, Any]) -> list[str]:
    if text not in known and Path(text).is_file():
        raise usage_fault(
            f"{text} is a file; write {_COORDINATES}. An operation is explained by"
            f" `datong explain --stage decision {text} --caller ...`"
        )
    try:
        at = read_coordinate(text)
    except ValueError as error:
        raise usage_fault(f"{error}; write {_COORDINATES}") from None
    if at.field is not None:
        return [text]
    found = [name for name in known if name.partition(".")[0] == text]
    if not found:
        raise usage_fault(f"{text}: no such object type; write {_COORDINATES}")
    return found


def read_claims(text: str) -> dict[str, Any]:
    """Claims of a caller of the demo, of a file, or as they are given in JSON.

    Ends the command with status 2 when they cannot be read, or a gateway would refuse them.
    """
    from federation.cli.demo.callers import CALLERS  # noqa: PLC0415
    from federation.gateway.identity import UnknownKind, read_facts  # noqa: PLC0415

    if text in CALLERS:
        return dict(CALLERS[text])
    if not text.startswith(("{", "@")):
        if not Path(text).is_file():
            names = ", ".join(CALLERS)
            raise usage_fault(f"--caller {text}: neither a file nor a caller of the demo ({names})")
        text = f"@{text}"
    claims = read_object(text, "--caller")
    try:
        read_facts({"sub": "caller", **claims})
    except UnknownKind as fault:
        raise usage_fault(f"--caller: {fault}") from None
    return claims


def _read_consent(text: str, purpose: str | None) -> ConsentFact:
    from federation.cli.consent_input import read_consent  # noqa: PLC0415

    if text.startswith("@") or Path(text).is_file():
        text = f"@{text.removeprefix('@')}"
    elif not text.startswith("{"):
        text = json.dumps({"subject": text})
    return read_consent(text, purpose, fields=[])
