"""Consents as the command line describes them."""

from __future__ import annotations

import time

from federation.access import ConsentFact
from federation.cli.operation_input import read_object
from federation.cli.report import usage_fault

_TEXTS = ("id", "subject", "purpose")
_LIFE_SECONDS = 300


def read_consent(text: str, purpose: str | None, **unless_said: list[str]) -> ConsentFact:
    """A consent given as JSON text or, after `@`, as a file, as if it had been verified.

    It is for the stated purpose and valid now unless it says otherwise; ``unless_said`` are further
    facts that it may leave out. Ends the command with status 2 when it cannot be used.
    """
    given = read_object(text, "--consent")
    facts = {
        "id": "consent",
        "purpose": purpose or "",
        "expires": int(time.time()) + _LIFE_SECONDS,
        **unless_said,
        **given,
    }
    unknown = sorted(facts.keys() - {*_TEXTS, "fields", "expires"})
    if unknown:
        raise usage_fault(f"--consent: {', '.join(unknown)} is no fact of a consent")
    for name in _TEXTS:
        if not isinstance(facts.get(name), str):
            raise usage_fault(f"--consent: {name} must be a text")
    fields = facts.get("fields")
    if not isinstance(fields, list) or not all(isinstance(each, str) for each in fields):
        raise usage_fault("--consent: fields must be a list of Type.field")
    if type(facts["expires"]) is not int:
        raise usage_fault("--consent: expires must be whole seconds since 1970")
    return ConsentFact(
        id=facts["id"],
        subject=facts["subject"],
        purpose=facts["purpose"],
        fields=frozenset(fields),
        expires=facts["expires"],
    )
