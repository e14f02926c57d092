"""Signed bundles: a stock OPA takes what was signed, and nothing that was changed since."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from federation.gateway.engines import PolicyFault, build_bundles, bundle_signer
from tests.policies.tables import OPA, table_release


def write_key(folder: Path, key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> Path:
    """The private half in a file, the public one beside it."""
    private = folder / "key.pem"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / "public.pem").write_bytes(public)
    return private


def change_one_file(archive: bytes) -> bytes:
    """The archive with a space more at the end of one file."""
    changed = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(archive)) as old,
        tarfile.open(fileobj=changed, mode="w:gz") as new,
    ):
        for entry in old:
            content = old.extractfile(entry)
            assert content is not None
            text = content.read()
            if entry.name.endswith("health.rego"):
                text += b" "
                entry.size += 1
            new.addfile(entry, io.BytesIO(text))
    return changed.getvalue()


@pytest.mark.skipif(OPA is None, reason="no opa on PATH")
@pytest.mark.parametrize("name", ["policy", "catalogue", "grants"])
def test_opa_verifies_signed_bundles(tmp_path: Path, name: str) -> None:
    sign = bundle_signer(str(write_key(tmp_path, ec.generate_private_key(ec.SECP256R1()))))
    archive = build_bundles(table_release(), sign)[name].archive

    assert verify(tmp_path, archive).returncode == 0
    if name == "policy":
        refused = verify(tmp_path, change_one_file(archive))
        assert refused.returncode != 0
        assert "digest mismatch" in refused.stdout or "health.rego" in refused.stdout
        unsigned = verify(tmp_path, build_bundles(table_release())[name].archive)
        assert unsigned.returncode != 0


def verify(folder: Path, archive: bytes) -> subprocess.CompletedProcess[str]:
    """`opa build` of a bundle, which verifies its signature first."""
    file = folder / "bundle.tar.gz"
    file.write_bytes(archive)
    assert OPA is not None
    return subprocess.run(
        [
            *(OPA, "build", "--bundle", str(file), "--output", str(folder / "out.tar.gz")),
            *("--verification-key", str(folder / "public.pem"), "--signing-alg", "ES256"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )


def test_only_a_key_of_the_right_curve_signs(tmp_path: Path) -> None:
    file = write_key(tmp_path, ed25519.Ed25519PrivateKey.generate())
    with pytest.raises(PolicyFault, match="P-256"):
        bundle_signer(str(file))
    file.write_text("nothing")
    with pytest.raises(PolicyFault, match="is no PEM file"):
        bundle_signer(str(file))
