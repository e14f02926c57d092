"""Rules that fail for one question: whose they are, and what is decided all the same.

A department's file is read for that department's fields alone. So where one fails, its department's
fields have no answer, and all others have the one that they would have without that file.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from federation.access import AccessRequest, Decision, no_decision
from federation.errors import PolicyUnavailable
from federation.gateway.engines.release import POLICY_ROOT, PolicyRelease

_log = logging.getLogger("datong.policies")
_PACKAGE = re.compile(rf"^package {POLICY_ROOT}\.departments\.(\w+)", re.MULTILINE)
_READS = f"data.{POLICY_ROOT}.departments"
_ENTRY_FILE = f"{POLICY_ROOT}/access.rego"


class RulesFailed(PolicyUnavailable):
    """A rule failed for one question; whoever evaluates the rules works.

    Attributes:
        place: File and line.
        words: Of the engine, for who loads rules: they may quote what was asked, and about whom.
    """

    def __init__(self, message: str, place: str, words: str = "") -> None:
        super().__init__(message)
        self.place = place
        self.words = words


class Departments:
    """The departments' files of a release, and the fields for which each is read."""

    def __init__(self, release: PolicyRelease) -> None:
        self._release = release
        self._told: set[str] = set()
        self._files = {
            file: found[1]
            for file, text in release.modules.items()
            if (found := _PACKAGE.search(text))
        }
        # What else reads them could say yes for want of them.
        self._are_read_elsewhere = any(
            _READS in text for file, text in release.modules.items() if file != _ENTRY_FILE
        )

    def failed_at(self, place: str) -> str | None:
        """The department whose file it is; None when others would be wrong without it.

        The log has a line for each place: whoever asks learns of no failure, only of no decision.
        Its record also says so in a ``sentence``, for commands, whose logs people read.
        """
        file, _, _ = place.partition(":")
        owners = {name for known, name in self._files.items() if f"/{file}".endswith(f"/{known}")}
        if len(owners) != 1 or self._are_read_elsewhere:
            return None
        department = owners.pop()
        if place not in self._told:
            self._told.add(place)
            line = {"time": time.time(), "policies": "failed", "of": department, "at": place}
            told = f"rules of {department} fail at {place}: its fields have no decision"
            _log.error(json.dumps(line), extra={"sentence": told})
        return department

    def without(self, department: str) -> PolicyRelease:
        """The release without what a department says."""
        modules = {
            file: text
            for file, text in self._release.modules.items()
            if self._files.get(file) != department
        }
        return replace(self._release, modules=modules)

    def others(self, fields: Mapping[str, Any], department: str) -> dict[str, Any]:
        """Of the fields asked those for which the department's file is not read."""
        facts = self._release.catalogue.get("fields", {})
        return {
            name: uses
            for name, uses in fields.items()
            if department not in facts.get(name, {}).get("owners", {})
        }


def with_undecided(decision: Decision, request: AccessRequest) -> Decision:
    """An answer to a part of a question as one to the whole of it."""
    return replace(decision, verdicts={**no_decision(request).verdicts, **decision.verdicts})
