"""What the query page offers while the demo runs: callers with tokens, and the stories."""

from __future__ import annotations

import json
from typing import Any

from federation.cli.demo.callers import CALLERS, purpose_of
from federation.cli.demo.keys import DemoKeys
from federation.cli.demo.stories import CONSENTED_FIELDS, RUNS, operation_text
from subgraphs.world import demo


def make_session(keys: DemoKeys) -> dict[str, Any]:
    """Callers (id, token, purpose, consent) and stories (name, query, variables)."""
    stories = {
        run.operation: {
            "name": run.operation,
            "query": operation_text(run.operation),
            "variables": run.variables,
        }
        for run in reversed(RUNS)
    }
    return {
        "callers": [
            {
                "id": caller,
                "token": keys.token(claims),
                "purpose": purpose_of(caller),
                "consent": consent_for(keys, caller),
            }
            for caller, claims in CALLERS.items()
        ],
        "stories": list(reversed(stories.values())),
    }


def write_session(keys: DemoKeys) -> str:
    """The file that the gateway hands to the page; only its owner may read it."""
    file = keys.folder / "session.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(make_session(keys), ensure_ascii=False))
    return str(file)


def consent_for(keys: DemoKeys, caller: str) -> str:
    """The consent that a demo citizen gave to a caller; only the bank has one."""
    if caller != "bank-app":
        return ""
    subject = demo.CONSENTING.id_number
    return keys.consent_of(subject, caller, purpose_of(caller), CONSENTED_FIELDS)
