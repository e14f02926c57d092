"""Keys in PEM files: what is wrong with a file is told plainly, and how to make one."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from federation.gateway.pem import (
    ED25519_PRIVATE,
    ED25519_PUBLIC,
    P256_PRIVATE,
    UnusableKey,
    load_private_key,
    load_public_key,
)

ED25519 = ed25519.Ed25519PrivateKey.generate()
PEM, PKCS8 = Encoding.PEM, PrivateFormat.PKCS8
PRIVATE = ED25519.private_bytes(PEM, PKCS8, NoEncryption())
PUBLIC = ED25519.public_key().public_bytes(PEM, PublicFormat.SubjectPublicKeyInfo)
RSA = rsa.generate_private_key(65537, 2048)
P256, P384 = (ec.generate_private_key(curve()) for curve in (ec.SECP256R1, ec.SECP384R1))
OTHERS = {
    "is no PEM file": (b"", b"nothing", b'{"keys": []}'),
    "is damaged": (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",),
    "is encrypted": (
        ED25519.private_bytes(PEM, PKCS8, BestAvailableEncryption(b"x")),
        RSA.private_bytes(PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"x")),
    ),
    "holds a public key": (PUBLIC,),
    "holds a certificate": (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",),
    "holds a key of another kind": tuple(
        key.private_bytes(PEM, PKCS8, NoEncryption()) for key in (RSA, P256, P384)
    ),
}


def test_the_key_that_is_needed_is_read(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"

    file.write_bytes(PRIVATE)
    assert (
        load_private_key(file, ED25519_PRIVATE).private_bytes_raw() == ED25519.private_bytes_raw()
    )
    assert load_public_key(file, ED25519_PUBLIC) == ED25519.public_key()
    file.write_bytes(PUBLIC)
    assert load_public_key(file, ED25519_PUBLIC) == ED25519.public_key()
    file.write_bytes(P256.private_bytes(PEM, PKCS8, NoEncryption()))
    assert load_private_key(file, P256_PRIVATE).curve.name == "secp256r1"


@pytest.mark.parametrize(
    ("what", "content"), [(what, each) for what, all_ in OTHERS.items() for each in all_]
)
def test_what_another_file_holds_is_told_with_what_is_needed(
    tmp_path: Path, what: str, content: bytes
) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(content)

    with pytest.raises(UnusableKey) as told:
        load_private_key(file, ED25519_PRIVATE)

    assert str(told.value).startswith(f"{file} {what}")
    assert "a private Ed25519 key in PEM, made by: openssl genpkey" in str(told.value)
    assert "http" not in str(told.value)


def test_a_public_key_of_another_kind_and_a_file_that_is_not_there_are_told(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(RSA.public_key().public_bytes(PEM, PublicFormat.SubjectPublicKeyInfo))

    with pytest.raises(UnusableKey, match=r"holds a key of another kind.*openssl pkey"):
        load_public_key(file, ED25519_PUBLIC)
    with pytest.raises(UnusableKey, match=r"cannot be read .No such file or directory"):
        load_private_key(tmp_path / "nowhere.pem", P256_PRIVATE)
    file.write_bytes(P384.private_bytes(PEM, PKCS8, NoEncryption()))
    with pytest.raises(UnusableKey, match=r"holds a key of another kind.*P-256"):
        load_private_key(file, P256_PRIVATE)
