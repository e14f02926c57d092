"""Case folders: behaviours that a person can read without Python."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from federation.composition import SubgraphDocument

ROOT = Path(__file__).parent.parent / "cases"


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


def all_cases() -> Iterator[Case]:
    """Every case folder, in order of its id."""
    for folder in sorted(ROOT.rglob("subgraphs")):
        if folder.is_dir():
            yield Case(folder.parent)


def composing_cases() -> list[Case]:
    """Cases whose subgraphs compose: all outside tests/cases/errors."""
    return [case for case in all_cases() if not case.id.startswith("errors/")]


def failing_cases() -> list[Case]:
    """Cases that show a diagnostic, one folder per code."""
    return [case for case in all_cases() if case.id.startswith("errors/")]


def case(case_id: str) -> Case:
    """The case of that id.

    Raises:
        LookupError: There is no such folder.
    """
    found = Case(ROOT / case_id)
    if not (found.folder / "subgraphs").is_dir():
        raise LookupError(f"no case {case_id}")
    return found
