"""Case folders: behaviours that a person can read without Python."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from federation.composition import SubgraphDocument

ROOT = Path(__file__).parent.parent / "cases"
FINDINGS = ("errors/", "hints/")


@dataclass(frozen=True, slots=True)
class Case:
    """One folder under tests/cases that holds subgraphs.

    Attributes:
        folder: Absolute path.
    """

    folder: Path

    @property
    def id(self) -> str:
        """The folder's path under tests/cases."""
        return self.folder.relative_to(ROOT).as_posix()

    def subgraphs(self) -> tuple[SubgraphDocument, ...]:
        """Its subgraphs, each named like its file."""
        return tuple(
            SubgraphDocument(
                name=path.stem,
                url=f"http://{path.stem}.example/graphql",
                sdl=path.read_text(encoding="utf-8"),
                file=f"subgraphs/{path.name}",
            )
            for path in sorted((self.folder / "subgraphs").glob("*.graphql"))
        )

    @property
    def can_run(self) -> bool:
        """Whether it has rows to answer from."""
        return (self.folder / "rows.json").is_file()

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Objects by type name; see ``case_world``."""
        rows: dict[str, list[dict[str, Any]]] = _json(self.folder / "rows.json")
        return rows

    def operations(self) -> "list[CaseOperation]":
        """Its operations, in order of name."""
        paths = sorted((self.folder / "operations").glob("*.graphql"))
        return [CaseOperation(self, path) for path in paths]


@dataclass(frozen=True, slots=True)
class CaseOperation:
    """One operation of a case; the files beside it have its name."""

    case: Case
    path: Path

    @property
    def id(self) -> str:
        """Case and operation."""
        return f"{self.case.id}/{self.path.stem}"

    @property
    def text(self) -> str:
        """The operation's document."""
        return self.path.read_text(encoding="utf-8")

    def variables(self) -> dict[str, Any]:
        """As a client sends them."""
        path = self.beside("variables.json")
        variables: dict[str, Any] = _json(path) if path.exists() else {}
        return variables

    def labels(self) -> frozenset[str]:
        """Labels of progressive overrides that are switched on."""
        path = self.beside("labels.json")
        return frozenset(_json(path)) if path.exists() else frozenset()

    def beside(self, suffix: str) -> Path:
        """The file of that suffix that belongs to the operation."""
        return self.path.with_suffix(f".{suffix}")


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def all_cases() -> Iterator[Case]:
    """Every case folder, in order of its id."""
    for folder in sorted(ROOT.rglob("subgraphs")):
        if folder.is_dir():
            yield Case(folder.parent)


def composing_cases() -> list[Case]:
    """Cases whose subgraphs compose: all outside tests/cases/errors and tests/cases/hints."""
    return [case for case in all_cases() if not case.id.startswith(FINDINGS)]


def running_cases() -> list[Case]:
    """Composing cases that have rows."""
    return [case for case in composing_cases() if case.can_run]


def case_operations() -> list[CaseOperation]:
    """Every operation of every running case."""
    return [operation for case in running_cases() for operation in case.operations()]


def failing_cases() -> list[Case]:
    """Cases that show a diagnostic, one folder per code: errors, and hints that are no errors."""
    return [case for case in all_cases() if case.id.startswith(FINDINGS)]


def case(case_id: str) -> Case:
    """The case of that id.

    Raises:
        LookupError: There is no such folder.
    """
    found = Case(ROOT / case_id)
    if not (found.folder / "subgraphs").is_dir():
        raise LookupError(f"no case {case_id}")
    return found
