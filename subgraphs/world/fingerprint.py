"""The content hash under which a written world is kept."""

from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from subgraphs.toolkit import check_digits
from subgraphs.world.departments import DEPARTMENTS
from subgraphs.world.sizes import check_size

_WORLD = Path(__file__).parent


def fingerprint(size: str, seed: int) -> str:
    """Hexadecimal SHA-256 over everything that decides the rows.

    That is the source of the world and of its check digits, the models and rows of the departments,
    the version of the word lists, size and seed.
    """
    digest = sha256(f"{check_size(size)} {seed} faker {version('faker')}\n".encode())
    for path in _sources():
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _sources() -> list[Path]:
    paths = [*sorted(_WORLD.glob("*.py")), Path(check_digits.__file__)]
    for department in DEPARTMENTS:
        folder = _WORLD.parent / department
        paths += [folder / "models.py", folder / "rows.py"]
    return paths
