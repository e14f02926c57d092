"""The HTTP client that the settings name."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Protocol

from federation.execution import Transport
from federation.gateway.settings import Subgraphs
from federation.gateway.transports.fast import FastTransport
from federation.gateway.transports.tls import client_tls

if TYPE_CHECKING:
    from federation.gateway.transports.http import HttpTransport


class RoutedTransport(Transport, Protocol):
    """A transport whose subgraphs can move."""

    def route(self, urls: Mapping[str, str]) -> None:
        """Reach these subgraphs at these URLs from now on; others stay where they are."""
        ...


def open_transport(
    settings: Subgraphs, urls: Mapping[str, str]
) -> AbstractAsyncContextManager[RoutedTransport]:
    """A context in which subgraphs, by name, are reached at these URLs.

    Raises:
        InvalidConfig: A file for TLS cannot be used.
    """
    client: type[FastTransport | HttpTransport] = FastTransport
    if settings.http_client == "general":
        # What is not configured is not imported.
        from federation.gateway.transports import http  # noqa: PLC0415

        client = http.HttpTransport
    return client(
        urls,
        deadline_seconds=settings.deadline_seconds,
        max_reply_bytes=settings.max_reply_bytes,
        connections=settings.connections,
        tls=client_tls(settings),
    )
