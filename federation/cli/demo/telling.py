"""Telling the stories: each run over HTTP as a client would, then held against the truth."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import aiohttp

from federation.cli.demo.callers import CALLERS, purpose_of
from federation.cli.demo.departments import Departments
from federation.cli.demo.keys import DemoKeys
from federation.cli.demo.stories import CONSENTED_FIELDS, RUNS, Run, operation_text


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one run.

    Attributes:
        data: The answer.
        masked: Mask by coordinate.
        denied: Reasons by coordinate.
        departments: That were asked.
        faults: What is not as it must be; empty when all is well.
    """

    run: Run
    data: Any
    masked: dict[str, str]
    denied: dict[str, str]
    departments: tuple[str, ...]
    milliseconds: float
    faults: tuple[str, ...]


def headers_of(run: Run, keys: DemoKeys) -> dict[str, str]:
    """Token, purpose and consent of a run's caller."""
    purpose = purpose_of(run.caller)
    headers = {
        "Authorization": f"Bearer {keys.token(CALLERS[run.caller])}",
        "Datong-Purpose": purpose,
        "Datong-Debug": "1",
        "Accept": "application/graphql-response+json",
    }
    if run.consent_of:
        headers["Datong-Consent"] = keys.consent_of(
            run.consent_of, run.caller, purpose, CONSENTED_FIELDS
        )
    return headers


async def tell_all(url: str, keys: DemoKeys, departments: Departments) -> list[Told]:
    """All runs, one after the other; the truth is asked for meanwhile."""
    truths = [asyncio.ensure_future(run.expect(departments)) for run in RUNS]
    expected = await asyncio.gather(*truths)
    async with aiohttp.ClientSession() as session:
        return [
            await _tell(session, url, keys, run, data)
            for run, data in zip(RUNS, expected, strict=True)
        ]


async def _tell(
    session: aiohttp.ClientSession, url: str, keys: DemoKeys, run: Run, expected: Any
) -> Told:
    body = {"query": operation_text(run.operation), "variables": run.variables}
    started = time.perf_counter()
    async with session.post(f"{url}/graphql", json=body, headers=headers_of(run, keys)) as reply:
        answer = await reply.json(content_type=None)
    milliseconds = (time.perf_counter() - started) * 1000
    described = answer.get("extensions", {}).get("datong", {})
    denied: dict[str, str] = {}
    others: list[str] = []
    for error in answer.get("errors", ()):
        extensions = error.get("extensions", {})
        if "coordinate" in extensions:
            denied[extensions["coordinate"]] = ", ".join(extensions.get("reasons", ()))
        else:
            others.append(error["message"])
    masked = described.get("masked", {})
    asked = {each["subgraph"] for each in described.get("fetches", ()) if each["requests"]}
    data = answer.get("data")
    return Told(
        run=run,
        data=data,
        masked=masked,
        denied=denied,
        departments=tuple(sorted(asked)),
        milliseconds=milliseconds,
        faults=(
            *others,
            *_differences("data", data, expected),
            *_differences("masked", set(masked), set(run.masked)),
            *_differences("denied", denied, run.denied | run.withheld(expected)),
            *_differences("departments", asked, set(run.departments)),
        ),
    )


def _differences(what: str, found: Any, expected: Any) -> list[str]:
    return [] if found == expected else [f"{what}: {found!r} instead of {expected!r}"]
