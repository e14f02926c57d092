"""Incremental delivery to clients: what they accept, and parts written in that form."""

from federation.gateway.incremental.acceptance import Acceptance, Format, choose_acceptance
from federation.gateway.incremental.part_stream import PartStreamWriter
from federation.gateway.incremental.writing import PayloadWriter

__all__ = [
    "Acceptance",
    "Format",
    "PartStreamWriter",
    "PayloadWriter",
    "choose_acceptance",
]
