"""Bundles: a release as archives that a stock OPA loads.

Policy, catalogue and grants travel apart, so that each can change without the others. Equal
contents give equal bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

from federation.gateway.engines.release import (
    CATALOGUE_ROOT,
    DATA_ROOTS,
    POLICY_ROOT,
    PolicyFault,
    PolicyRelease,
)
from federation.gateway.pem import P256_PRIVATE, UnusableKey, load_private_key

BUNDLES = ("policy", "catalogue", "grants")


@dataclass(frozen=True, slots=True)
class Bundle:
    """One archive (tar, gzip) and its revision."""

    revision: str
    archive: bytes


Sign = Callable[[Mapping[str, Any]], str]
"""Claims to a signed token (JWT)."""


def build_bundles(release: PolicyRelease, sign: Sign | None = None) -> dict[str, Bundle]:
    """The three bundles of a release, by name.

    Args:
        release: What they hold together.
        sign: Signs the hashes of their files, for an OPA that verifies them.
    """
    revisions = release.revisions
    modules = {f"/{name}": text.encode() for name, text in sorted(release.modules.items())}
    catalogue = {"/data.json": _json({CATALOGUE_ROOT: release.catalogue})}
    grants = {"/data.json": _json(dict(release.data))}
    return {
        "policy": _bundle(revisions.policy, (POLICY_ROOT,), modules, sign),
        "catalogue": _bundle(revisions.catalogue, (CATALOGUE_ROOT,), catalogue, sign),
        "grants": _bundle(revisions.grants, DATA_ROOTS, grants, sign),
    }


def bundle_signer(key_file: str) -> Sign:
    """Signs with an elliptic curve key (P-256), as OPA verifies with ``signing_alg`` ES256.

    Raises:
        PolicyFault: The file holds no such key.
    """
    try:
        key = load_private_key(Path(key_file), P256_PRIVATE)
    except UnusableKey as error:
        raise PolicyFault((str(error),)) from None
    return lambda claims: jwt.encode(dict(claims), key, algorithm="ES256")


def _bundle(
    revision: str, roots: tuple[str, ...], files: Mapping[str, bytes], sign: Sign | None
) -> Bundle:
    manifest = {"revision": revision, "roots": list(roots), "rego_version": 1}
    files = {"/.manifest": _json(manifest), **files}
    if sign is not None:
        token = sign({"files": [_signed_file(name, files[name]) for name in sorted(files)]})
        files = {**files, "/.signatures.json": _json({"signatures": [token]})}
    return Bundle(revision, _archive(files))


def _signed_file(name: str, content: bytes) -> dict[str, str]:
    if not name.endswith(".rego"):
        # Of JSON files OPA hashes the document and not its bytes.
        document = json.loads(content)
        text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        content = text.encode()
    digest = hashlib.sha256(content).hexdigest()
    return {"name": name.removeprefix("/"), "hash": digest, "algorithm": "SHA-256"}


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
