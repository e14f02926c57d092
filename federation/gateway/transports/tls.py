"""How the gateway shows subgraphs who it is, and whom it believes to be a subgraph."""

from __future__ import annotations

import ssl

from federation.gateway.config import InvalidConfig
from federation.gateway.settings import Subgraphs


def client_tls(settings: Subgraphs) -> ssl.SSLContext | None:
    """TLS by the settings; None where they say nothing, and the system's certificates are trusted.

    Raises:
        InvalidConfig: A file cannot be used.
    """
    if not (settings.ca_file or settings.certificate_file):
        if settings.certificate_key_file:
            raise InvalidConfig(
                "subgraphs.certificate_key_file: name the certificate too: certificate_file"
            )
        return None
    try:
        context = ssl.create_default_context(cafile=settings.ca_file or None)
    except OSError as error:
        raise InvalidConfig(
            f"{settings.ca_file}: subgraphs.ca_file: no certificates in PEM: {_why(error)}"
        ) from None
    if settings.certificate_file:
        try:
            context.load_cert_chain(
                settings.certificate_file, settings.certificate_key_file or None, password=""
            )
        except OSError as error:
            raise InvalidConfig(
                f"{settings.certificate_file}: subgraphs.certificate_file: no certificate in PEM"
                f" with its key, which may not be encrypted: {_why(error)}"
            ) from None
    return context


def _why(error: OSError) -> str:
    """Without the line of the library's own source."""
    if isinstance(error, ssl.SSLError):
        return (error.reason or "not of that form").lower().replace("_", " ")
    return str(error.strerror)
