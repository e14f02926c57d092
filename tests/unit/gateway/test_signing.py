"""The signed access context: its claims, and when it is made anew."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from msgspec.json import encode
from starlette.datastructures import Headers

from federation.access import Caller
from federation.gateway.config import InvalidConfig
from federation.gateway.context import forwardable, forwarded_headers
from federation.gateway.settings import Config, Signing
from federation.gateway.signing import ContextSigner, load_published_key, load_signing_key
from federation.gateway.start import make_signer
from subgraphs.toolkit import access_context
from subgraphs.toolkit.access_context import ContextVerifier, KeySet

CALLER = Caller(id="clerk", kind="person", department="tax", region="990102", clearance=3)
TEXT = "query { citizens { edges { node { name } } } }"
FILTER = {"Citizen": {"field": "regionCode", "op": "starts_with", "value": "990102"}}


class Desk:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.key = Ed25519PrivateKey.generate()
        self.signer = ContextSigner(self.key, 60, 3, lambda: self.now)

    def sign(self, text: str = TEXT, filters: dict[str, Any] | None = None) -> str:
        return self.signer.sign("tax", text, CALLER, "case-handling", encode(filters or {}))


@pytest.fixture
def signing() -> Desk:
    return Desk()


def test_the_claims_are_those_of_the_contract(signing: Desk) -> None:
    token = signing.sign(filters=FILTER)

    key = jwt.PyJWK.from_dict(signing.signer.jwks()["keys"][0])
    claims = jwt.decode(
        token, key, audience="tax", options={"verify_exp": False, "verify_iat": False}
    )
    assert jwt.get_unverified_header(token)["kid"] == signing.signer.jwks()["keys"][0]["kid"]
    assert claims == {
        "iss": "datong-gateway",
        "aud": "tax",
        "iat": 1_800_000_000,
        "exp": 1_800_000_060,
        "sub": "clerk",
        "caller": {"id": "clerk", "kind": "person", "department": "tax", "region": "990102"},
        "purpose": "case-handling",
        "row_filters": FILTER,
        "op": hashlib.sha256(TEXT.encode()).hexdigest(),
    }


def test_a_context_is_reused_for_half_its_life(signing: Desk) -> None:
    first = signing.sign()

    signing.now += 29
    again = signing.sign()
    signing.now += 2
    later = signing.sign()

    assert (first == again, first == later) == (True, False)


def test_another_text_or_filter_is_another_context(signing: Desk) -> None:
    tokens = {signing.sign(), signing.sign("query { other }"), signing.sign(filters=FILTER)}

    assert len(tokens) == 3


def test_the_store_of_contexts_is_bounded(signing: Desk) -> None:
    first = signing.sign()
    for number in range(3):
        signing.sign(f"query {{ field{number} }}")
    signing.now += 1

    assert signing.sign() != first


def test_the_gateway_signs_for_itself(signing: Desk) -> None:
    token = signing.signer.sign_for_gateway("tax", "{ _service { sdl } }")

    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["sub"], claims["row_filters"]) == ("datong-gateway", {})


def test_a_key_file_without_an_ed25519_key_is_a_fault(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text(json.dumps({"no": "key"}))

    with pytest.raises(InvalidConfig, match=r"^signing\.key_file: .*key\.pem is no PEM file"):
        load_signing_key(str(file))
    with pytest.raises(InvalidConfig, match=r"^signing\.published_key_files: .*key\.pem is no PEM"):
        load_published_key(str(file))


def test_only_listed_headers_are_forwarded_and_never_ours_or_credentials() -> None:
    headers = Headers(
        {
            "traceparent": "00-1",
            "x-other": "1",
            "authorization": "Bearer t",
            "cookie": "c",
            "datong-context": "forged",
        }
    )

    allowed = ("traceparent", "authorization", "cookie", "Datong-Context", "absent")
    names = forwardable(allowed)
    assert names == ("traceparent", "absent")
    assert forwarded_headers(headers, names) == {"traceparent": "00-1"}


def _pem(key: Ed25519PrivateKey, file: Path, *, public: bool = False) -> str:
    text = (
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        if public
        else key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    file.write_bytes(text)
    return str(file)


async def test_keys_rotate_while_two_gateways_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One gateway after the other is restarted, first to publish the next key, then to sign by it.

    The department reads the keys of whichever gateway answers it, and refuses no context ever.
    """
    old, new = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    names = {key: _pem(key, tmp_path / f"{at}.pem") for at, key in enumerate((old, new))}
    steps: list[tuple[Ed25519PrivateKey, tuple[Ed25519PrivateKey, ...]]] = [
        (old, ()),
        (old, (new,)),
        (new, (old,)),
        (new, ()),
    ]

    def gateway(step: int) -> ContextSigner:
        key, others = steps[step]
        signing = Signing(names[key], tuple(names[each] for each in others))
        return make_signer(Config(signing=signing))

    monkeypatch.setattr(access_context, "KEYS_PAUSE", 0.0)
    jwks = tmp_path / "jwks.json"
    jwks.write_text(json.dumps(gateway(0).jwks()))
    verifier = ContextVerifier("tax", KeySet(str(jwks)))
    # Between the last two steps contexts of the old key run out.
    for first, second in ((0, 0), (1, 0), (1, 1), (2, 1), (2, 2), (3, 2), (3, 3)):
        gateways = [gateway(first), gateway(second)]
        for published in gateways:
            jwks.write_text(json.dumps(published.jwks()))
            for signer in gateways:
                token = signer.sign("tax", TEXT, CALLER, None, b"{}")
                assert (await verifier.verify(token, TEXT)).subject == "clerk"


def test_published_keys_may_be_public_and_are_published_once(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    files = (_pem(key, tmp_path / "a", public=True), _pem(key, tmp_path / "b"))

    signer = make_signer(Config(signing=Signing("", files)))

    assert len(signer.jwks()["keys"]) == 2


@pytest.mark.parametrize("text", ["", "no key", "-----BEGIN PUBLIC KEY-----\nAA==\n"])
def test_a_file_without_a_key_to_publish_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "key"
    file.write_text(text)

    with pytest.raises(InvalidConfig, match="published_key_files"):
        make_signer(Config(signing=Signing("", (str(file),))))
