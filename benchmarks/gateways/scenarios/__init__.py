"""Graphs to measure with: the SDL of each subgraph, and what its fields answer."""

from benchmarks.gateways.scenarios.public import PUBLIC, PUBLIC_QUERY, governed
from benchmarks.gateways.scenarios.registers import REGISTERS
from benchmarks.gateways.scenarios.scenario import SUBGRAPHS_PORT, Scenario, composed

__all__ = [
    "PUBLIC",
    "PUBLIC_QUERY",
    "REGISTERS",
    "SUBGRAPHS_PORT",
    "Scenario",
    "composed",
    "governed",
]
