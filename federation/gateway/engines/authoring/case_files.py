"""YAML files of case tables, checked for their shape, and where in them something stands."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from federation.gateway.engines.owned import OwnedEngine
from federation.gateway.engines.release import PolicyFault, read_text
from federation.gateway.engines.shapes import Place, misshapen

_ITEM = re.compile(r"^( *)-(?:\s|$)", re.MULTILINE)


@dataclass(frozen=True)
class CaseFile:
    """One file as it was read.

    Attributes:
        stem: Its name alone.
        name: With its folder and extension, as messages say it.
    """

    stem: str
    name: str
    text: str
    document: Any

    def check(self, shape: Mapping[str, Any]) -> None:
        """Raise where the document is of another shape.

        Raises:
            PolicyFault: It is; every place is named.
        """
        faults = tuple(self.fault(*each) for each in misshapen(self.document, shape))
        if faults:
            raise PolicyFault(faults)

    def fault(self, place: Place, words: str) -> str:
        """What is wrong at a place, with file and line."""
        is_item = isinstance(self.document, list) and place
        named = ".".join(place[1:]) or "the row" if is_item else ".".join(place) or "the document"
        return f"{self.name}:{self.line(place)}: {named} {words}"

    def line(self, place: Place) -> int:
        """The line at which a value stands, or the nearest one before that can be told."""
        at = 0
        if isinstance(self.document, list) and place:
            at, place = self._items.get(int(place[0]), 0), place[1:]
        for key in place:
            found = re.compile(rf"""(?<![\w.])["']?{re.escape(key)}["']?\s*:""").search(
                self.text, at
            )
            at = found.start() if found else at
        return self.text.count("\n", 0, at) + 1

    @cached_property
    def _items(self) -> dict[int, int]:
        """Where each item of the list that the document is begins."""
        found = list(_ITEM.finditer(self.text))
        outer = [each.start() for each in found if each[1] == found[0][1]]
        return dict(enumerate(outer))


def read_case_file(path: Path) -> CaseFile:
    """A file, read by the policy engine's own function: no other YAML reader is needed.

    Raises:
        PolicyFault: It cannot be read.
    """
    name = f"{path.parent.name}/{path.name}"
    text = read_text(path, name)
    reader = _Reader()
    try:
        return CaseFile(path.stem, name, text, reader.read(text))
    except (RuntimeError, ValueError):
        line = reader.last_line(text) + 1
        raise PolicyFault((f"{name}:{line}: not YAML from here on",)) from None


class _Reader:
    def __init__(self) -> None:
        self._engine = OwnedEngine()
        self._engine.here.add_policy("r.rego", "package r\n\ndocument := yaml.unmarshal(input)")

    def read(self, text: str) -> Any:
        """The document.

        Raises:
            RuntimeError: It is not YAML; the engine does not say where.
            ValueError: The same.
        """
        self._engine.here.set_input_json(json.dumps(text))
        return json.loads(self._engine.here.eval_rule_as_json("data.r.document"))

    def last_line(self, text: str) -> int:
        """The last line up to which a broken text is YAML: the fault begins on the next one."""
        lines = text.splitlines(keepends=True)
        return next(n for n in range(len(lines), -1, -1) if self._is_yaml("".join(lines[:n])))

    def _is_yaml(self, text: str) -> bool:
        try:
            self.read(text)
        except (RuntimeError, ValueError):
            return False
        return True
