"""What composition returns."""

from __future__ import annotations

from dataclasses import dataclass

from federation.errors import Diagnostic, Severity
from federation.supergraph.model import Supergraph


@dataclass(frozen=True, slots=True)
class Composition:
    """The result of composing subgraphs.

    Attributes:
        supergraph: None when some diagnostic is an error.
        diagnostics: Errors first, then hints; each group by code and coordinate.
    """

    supergraph: Supergraph | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """Findings that stopped composition."""
        return tuple(each for each in self.diagnostics if each.severity is Severity.ERROR)

    @property
    def hints(self) -> tuple[Diagnostic, ...]:
        """Findings that did not."""
        return tuple(each for each in self.diagnostics if each.severity is Severity.HINT)
