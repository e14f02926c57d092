"""Bundles: a release as archives that a stock OPA loads.

Policy, catalogue and grants travel apart, so that each can change without the others. Equal
contents give equal bytes.
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from federation.gateway.engines.release import (
    CATALOGUE_ROOT,
    DATA_ROOTS,
    POLICY_ROOT,
    PolicyRelease,
)

BUNDLES = ("policy", "catalogue", "grants")


@dataclass(frozen=True, slots=True)
class Bundle:
    """One archive (tar, gzip) and its revision."""

    revision: str
    archive: bytes


def build_bundles(release: PolicyRelease) -> dict[str, Bundle]:
    """The three bundles of a release, by name."""
    revisions = release.revisions
    modules = {f"/{name}": text.encode() for name, text in sorted(release.modules.items())}
    catalogue = {"/data.json": _json({CATALOGUE_ROOT: release.catalogue})}
    grants = {"/data.json": _json(dict(release.data))}
    return {
        "policy": _bundle(revisions.policy, (POLICY_ROOT,), modules),
        "catalogue": _bundle(revisions.catalogue, (CATALOGUE_ROOT,), catalogue),
        "grants": _bundle(revisions.grants, DATA_ROOTS, grants),
    }


def _bundle(revision: str, roots: tuple[str, ...], files: Mapping[str, bytes]) -> Bundle:
    manifest = {"revision": revision, "roots": list(roots), "rego_version": 1}
    return Bundle(revision, _archive({"/.manifest": _json(manifest), **files}))


def _json(document: Any) -> bytes:
    return json.dumps(document, sort_keys=True, ensure_ascii=False).encode()


def _archive(files: Mapping[str, bytes]) -> bytes:
    tar_bytes = io.BytesIO()
    with tarfile.open(fileobj=tar_bytes, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in files.items():
            # A fresh entry carries neither time nor owner: the bytes depend on the content alone.
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = 0o644
            archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(tar_bytes.getvalue(), mtime=0)
