"""Hashes by which the audit trail names texts, persons and entities without quoting them."""

import hashlib
import hmac

# 128 bits: no two of a nation's people share one by chance, at half the length.
_KEYED_BYTES = 16


def text_digest(text: str) -> str:
    """SHA-256 of a text's UTF-8 bytes, in lowercase hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def keyed_digest(key: bytes, kind: str, value: str) -> str:
    """A name for ``value`` that only a holder of the key can compute or confirm.

    A plain hash of an identity number is no protection: all of them can be tried in minutes.

    Args:
        key: At least 32 random bytes.
        kind: What the value is, such as a type's name; equal values of two kinds differ.
        value: The canonical text of a key or of a data subject's number.

    Returns:
        The first 128 bits of HMAC-SHA-256, in lowercase hex.
    """
    message = kind.encode() + b"\0" + value.encode()
    return hmac.digest(key, message, "sha256")[:_KEYED_BYTES].hex()
