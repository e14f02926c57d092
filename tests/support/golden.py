"""Golden files: texts that were read once by a person and may not change unnoticed."""

from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True)
class Golden:
    """Compares a text with a file, or rewrites the file when told so on the command line."""

    update: bool

    def check(self, path: Path, text: str) -> None:
        """Fail unless ``path`` holds exactly ``text``; a missing file fails as well."""
        if self.update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            return
        if not path.exists():
            pytest.fail(f"golden file is missing: {path} (make golden writes it)")
        assert text == path.read_text(encoding="utf-8"), f"{path} differs (make golden rewrites it)"
