"""A token issuer for tests: keys, JWKS, tokens and consents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from federation.gateway.signing import key_id, print_jwks

ISSUER = "https://issuer.heming.example"
CONSENT_ISSUER = "https://consent.heming.example"


class Issuer:
    """Signs claims with one key at a time; ``now`` is the issue time it claims."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.key = Ed25519PrivateKey.generate()

    def rotate(self) -> None:
        self.key = Ed25519PrivateKey.generate()

    @property
    def jwks(self) -> dict[str, Any]:
        return print_jwks(self.key.public_key())

    def publish(self, file: Path) -> str:
        """Writes the JWKS; its path."""
        file.write_text(json.dumps(self.jwks))
        return str(file)

    def sign(self, claims: dict[str, Any]) -> str:
        headers = {"kid": key_id(self.key.public_key())}
        return jwt.encode(claims, self.key, algorithm="EdDSA", headers=headers)

    def token(self, **changes: Any) -> str:
        """A caller's token; a claim given as None is left out."""
        claims = {
            "iss": ISSUER,
            "aud": "datong",
            "sub": "bank-app",
            "iat": self.now,
            "exp": self.now + 600,
            "kind": "application",
            "department": "heming_bank",
            "clearance": 2,
            "purposes": ["loan-pre-approval"],
            **changes,
        }
        return self.sign({name: value for name, value in claims.items() if value is not None})

    def consent(self, **changes: Any) -> str:
        """A consent artefact for ``bank-app``."""
        claims = {
            "iss": CONSENT_ISSUER,
            "aud": "bank-app",
            "sub": "990102198805120013",
            "jti": "consent-1",
            "purpose": "loan-pre-approval",
            "fields": ["Citizen.name"],
            "nbf": self.now,
            "exp": self.now + 600,
            **changes,
        }
        return self.sign({name: value for name, value in claims.items() if value is not None})
