"""What a client accepts besides plain answers: in which format, and how parts are framed.

Source:
    GraphQL over HTTP, "Incremental Delivery over HTTP" (rfcs/IncrementalDelivery.md); the
    parameters of ``multipart/mixed`` by which Apollo's clients, router and server name a format.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

MULTIPART_TYPE = "multipart/mixed"
EVENTS_TYPE = "text/event-stream"


class Format(Enum):
    """How a part is written: as the draft has it now, or as it had it on 2022-08-24."""

    CURRENT = "current"
    EARLIER = "earlier"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """How a client wants a response in parts.

    Attributes:
        media_type: ``multipart/mixed`` or ``text/event-stream``.
        parameter: The media type's parameter that names the format, as the client wrote it; empty
            where it did not.
    """

    format: Format
    media_type: str
    parameter: str = ""


_FORMATS = {
    "deferspec": {"20220824": Format.EARLIER},
    "incrementalspec": {"v0.2": Format.CURRENT},
    "incrementaldeliveryspec": {"3283f8a": Format.CURRENT},
}


def choose_acceptance(accept: str | None) -> Acceptance | None:
    """How a client that accepts this takes responses in parts; None when it does not.

    Wildcards do not say that it does. Of equal quality, the first that it names.
    """
    best: tuple[float, Acceptance] | None = None
    for entry in (accept or "").split(","):
        media, *parameters = (part.strip() for part in entry.split(";"))
        quality = _quality(parameters)
        found = _acceptance(media.lower(), parameters)
        if found is not None and quality > 0 and (best is None or quality > best[0]):
            best = (quality, found)
    return best[1] if best else None


def _acceptance(media: str, parameters: list[str]) -> Acceptance | None:
    if media == EVENTS_TYPE:
        return Acceptance(Format.CURRENT, media)
    if media != MULTIPART_TYPE:
        return None
    for each in parameters:
        name, _, value = (part.strip().strip('"') for part in each.partition("="))
        if name.lower() in _FORMATS:
            chosen = _FORMATS[name.lower()].get(value.lower())
            return Acceptance(chosen, media, f"{name}={value}") if chosen else None
        if name.lower().endswith("spec"):
            # A protocol for something else, such as subscriptions.
            return None
    return Acceptance(Format.CURRENT, media)


def _quality(parameters: list[str]) -> float:
    for part in parameters:
        if part.lower().startswith("q="):
            try:
                return float(part[2:])
            except ValueError:
                return 0.0
    return 1.0
