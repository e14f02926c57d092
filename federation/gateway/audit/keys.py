"""The two secrets of the audit trail, each in a file of its own that only its owner may read."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from federation.errors import AuditUnavailable
from federation.gateway.pem import ED25519_PRIVATE, UnusableKey, load_private_key

_SECRET_BYTES = 32


def digest_key(file: str) -> bytes:
    """The secret that keys the hashes of entities and data subjects.

    Args:
        file: Made with a new secret when it does not exist. Empty: a secret that is kept nowhere,
            so that hashes of different runs cannot be compared.

    Raises:
        AuditUnavailable: The file cannot be read or made, or holds too little.
    """
    if not file:
        return secrets.token_bytes(_SECRET_BYTES)
    with _telling_faults(file):
        _make_missing(Path(file), lambda: secrets.token_bytes(_SECRET_BYTES))
        key = Path(file).read_bytes()
    if len(key) < _SECRET_BYTES:
        raise AuditUnavailable(f"{file} holds fewer than {_SECRET_BYTES} bytes")
    return key


def head_key(file: str) -> Ed25519PrivateKey:
    """The key that signs the heads of audit chains.

    Args:
        file: PKCS 8 in PEM; made with a new key when it does not exist. Empty: a key that is kept
            nowhere, so that heads can only be checked by this process.

    Raises:
        AuditUnavailable: The file cannot be read or made, or holds something else.
    """
    if not file:
        return Ed25519PrivateKey.generate()
    with _telling_faults(file):
        _make_missing(Path(file), _new_pem)
    try:
        return load_private_key(Path(file), ED25519_PRIVATE)
    except UnusableKey as fault:
        raise AuditUnavailable(str(fault)) from fault


def _new_pem() -> bytes:
    fresh = Ed25519PrivateKey.generate()
    return fresh.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _make_missing(file: Path, new: Callable[[], bytes]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.exists():
        return
    # Written aside and linked into place, so that a second process that starts at the same
    # moment reads a whole key: whoever links first wins, the other takes the winner's.
    aside = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(new())
            stream.flush()
            os.fsync(stream.fileno())
        file.hardlink_to(aside)
    except FileExistsError:
        pass
    finally:
        aside.unlink()


@contextmanager
def _telling_faults(file: str) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise AuditUnavailable(f"{file} cannot be used as a key file: {fault.strerror}") from fault
