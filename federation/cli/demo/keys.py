"""The demo's own issuers: keys in the user's state directory, and what is signed with them."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from federation.gateway.audit.keys import head_key
from federation.gateway.signing import key_id, print_jwks

ISSUER = "https://issuer.heming.example"
CONSENT_ISSUER = "https://consent.heming.example"
AUDIENCE = "datong"
TOKEN_SECONDS = 12 * 3600


def state_folder() -> Path:
    """Where the demo keeps keys and its audit trail, for this user alone."""
    base = os.environ.get("XDG_STATE_HOME")
    folder = (Path(base) if base else Path.home() / ".local" / "state") / "datong" / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


@dataclass(frozen=True, slots=True)
class DemoKeys:
    """All keys of the demo.

    Attributes:
        folder: Holds each as a PEM file that only its owner may read, and the JWKS files.
        issuer: Signs callers' tokens.
        consent: Signs consents.
        context: Signs what subgraphs are told.
    """

    folder: Path
    issuer: Ed25519PrivateKey
    consent: Ed25519PrivateKey
    context: Ed25519PrivateKey

    def file(self, name: str) -> str:
        """The path of a file in the state directory."""
        return str(self.folder / name)

    def token(self, caller: Mapping[str, Any]) -> str:
        """A caller's token; ``caller`` holds the claims besides issuer, audience and times."""
        return _sign(self.issuer, {"iss": ISSUER, "aud": AUDIENCE, **caller})

    def consent_of(self, subject: str, caller: str, purpose: str, fields: tuple[str, ...]) -> str:
        """A consent artefact.

        Args:
            subject: Identity number of the person who consents.
            caller: Id of the only caller that may use it.
            purpose: The only purpose it may be used for.
            fields: Coordinates that it covers.
        """
        claims = {
            "iss": CONSENT_ISSUER,
            "aud": caller,
            "sub": subject,
            "jti": secrets.token_hex(8),
            "purpose": purpose,
            "fields": list(fields),
            "nbf": int(time.time()),
        }
        return _sign(self.consent, claims)


def load_keys() -> DemoKeys:
    """The demo's keys, made at the first call."""
    folder = state_folder()
    names = ("issuer", "consent", "context")
    keys = {name: head_key(str(folder / f"{name}.pem")) for name in names}
    for name, key in keys.items():
        _write(folder / f"{name}.jwks.json", json.dumps(print_jwks(key.public_key())))
    return DemoKeys(folder, keys["issuer"], keys["consent"], keys["context"])


def _sign(key: Ed25519PrivateKey, claims: Mapping[str, Any]) -> str:
    now = int(time.time())
    return jwt.encode(
        {"iat": now, "exp": now + TOKEN_SECONDS, **claims},
        key,
        algorithm="EdDSA",
        headers={"kid": key_id(key.public_key())},
    )


def _write(file: Path, text: str) -> None:
    # Renamed into place, so that a running gateway never reads half a file.
    draft = file.with_suffix(".draft")
    draft.write_text(text)
    draft.chmod(0o600)
    draft.replace(file)
