"""Keys in PEM files, and in plain words what is wrong with a file that holds no such key."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
    load_pem_public_key,
)

Key = TypeVar("Key")

_LABEL = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----")


class UnusableKey(Exception):
    """A file does not hold the key that is needed; the text names it, both, and how to make one."""


@dataclass(frozen=True)
class KeyKind(Generic[Key]):
    """A kind of key.

    Attributes:
        name: In words.
        command: Makes one, in a file called ``FILE``.
    """

    name: str
    is_one: Callable[[Any], bool]
    command: str


ED25519_PRIVATE = KeyKind[Ed25519PrivateKey](
    "a private Ed25519 key",
    lambda key: isinstance(key, Ed25519PrivateKey),
    "openssl genpkey -algorithm ed25519 -out FILE",
)
ED25519_PUBLIC = KeyKind[Ed25519PublicKey](
    "an Ed25519 key",
    lambda key: isinstance(key, Ed25519PublicKey),
    "openssl pkey -in PRIVATE -pubout -out FILE",
)
P256_PRIVATE = KeyKind[EllipticCurvePrivateKey](
    "a private elliptic curve key (P-256)",
    lambda key: isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1),
    "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out FILE",
)


def load_private_key(file: Path, kind: KeyKind[Key]) -> Key:
    """The private key in a file.

    Raises:
        UnusableKey: It holds none of this kind.
    """
    return _load(file, kind, _private)


def load_public_key(file: Path, kind: KeyKind[Key]) -> Key:
    """The public key in a file, or that of the private key in it.

    Raises:
        UnusableKey: It holds none of this kind.
    """
    return _load(file, kind, _public)


def _load(file: Path, kind: KeyKind[Key], load: Callable[[bytes], Any]) -> Key:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise _unusable(file, kind, f"cannot be read ({error.strerror})") from None
    try:
        key = load(content)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _unusable(file, kind, _what_it_is(content)) from None
    if not kind.is_one(key):
        raise _unusable(file, kind, "holds a key of another kind")
    loaded: Key = key
    return loaded


def _private(content: bytes) -> Any:
    return load_pem_private_key(content, password=None)


def _public(content: bytes) -> Any:
    if b"PRIVATE KEY" in content:
        return _private(content).public_key()
    return load_pem_public_key(content)


def _what_it_is(content: bytes) -> str:
    label = _LABEL.search(content)
    if label is None:
        return "is no PEM file"
    if b"ENCRYPTED" in content:
        return "is encrypted, and nobody can be asked for the passphrase"
    if label[1].endswith(b"PRIVATE KEY"):
        return "is damaged"
    return f"holds a {label[1].decode().lower()}"


def _unusable(file: Path, kind: KeyKind[Any], what: str) -> UnusableKey:
    return UnusableKey(f"{file} {what}. Needed is {kind.name} in PEM, made by: {kind.command}")
