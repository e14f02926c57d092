"""Incremental delivery to clients: parts written in their format, recorded, and sent."""

from federation.gateway.incremental.deliver import Delivered, deliver
from federation.gateway.incremental.part_stream import PartStreamWriter

__all__ = ["Delivered", "PartStreamWriter", "deliver"]
