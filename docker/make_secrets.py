"""Make docker/secrets: every secret that docker-compose.yml mounts, each in a file of its own.

    .venv/bin/python docker/make_secrets.py [FOLDER]

Files that exist are left alone, so that a rotation is: delete one, run again, restart. The folder
is for its owner alone; the files in it are readable by the unprivileged users inside containers.
Issuers of real tokens and consents replace issuer_jwks and consent_jwks by their own.
"""

import hashlib
import json
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from federation.gateway.signing import print_jwks

FOLDER = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "secrets"
# OPA's answer to "may this request in": the gateway's token, or no more than its state of health.
AUTHZ = """package system.authz

default allow := false

allow if input.path == ["health"]

allow if crypto.sha256(input.identity) == "{digest}"
"""


def main() -> None:
    """Make what is missing."""
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    passwords = ("postgres_password", "redis_password", "admin_token", "opa_token")
    for name in (*passwords, "mask_key", "cache_key", "audit_key"):
        make(name, lambda: secrets.token_urlsafe(48))
    make("opa_authz", lambda: AUTHZ.format(digest=digest("opa_token")))
    make("audit_head_key", private_key)
    make("bundle_key", bundle_key)
    make("bundle_public_key", bundle_public_key)
    for pair in ("context", "issuer", "consent"):
        make(f"{pair}_key", private_key)
        make(f"{pair}_jwks", lambda pair=pair: public_keys(f"{pair}_key"))


def make(name: str, content: Callable[[], str]) -> None:
    """Write one secret unless it is there."""
    file = FOLDER / name
    if file.exists():
        return
    file.touch(mode=0o600)
    file.write_text(content())
    file.chmod(0o444)


def digest(name: str) -> str:
    """SHA-256 of a secret of this folder, in hex."""
    return hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()


def private_key() -> str:
    """A new Ed25519 key in PEM."""
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def bundle_key() -> str:
    """A new key on the curve P-256 in PEM: OPA verifies no Ed25519."""
    key = generate_private_key(SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def bundle_public_key() -> str:
    """The public half of what signs bundles, in PEM."""
    key = load_pem_private_key((FOLDER / "bundle_key").read_bytes(), password=None)
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def public_keys(name: str) -> str:
    """The JWKS that belongs to a private key of this folder."""
    key = load_pem_private_key((FOLDER / name).read_bytes(), password=None)
    assert isinstance(key, Ed25519PrivateKey), "made above"
    return json.dumps(print_jwks(key.public_key()))


if __name__ == "__main__":
    main()
