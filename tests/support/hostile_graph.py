"""Schemas and operations that make planners explode: everything overlaps, and requires the rest."""

from __future__ import annotations

from random import Random

from federation.supergraph.model import Supergraph
from tests.support.planned import composed

SUBGRAPHS = 8
FIELDS = 6
TYPES = 3


def overlapping(seed: int) -> Supergraph:
    """Three types that lead to each other, known to every subgraph by several keys.

    Half of the shared fields are in each subgraph, and a field of each requires those of others.
    """
    random = Random(seed)
    return composed({f"s{at}": _subgraph(at, random) for at in range(SUBGRAPHS)})


def _subgraph(at: int, random: Random) -> str:
    roots = " ".join(f"r{number}: T{number}" for number in range(TYPES))
    parts = [f"type Query {{ {roots} }}"] if at == 0 else []
    for number in range(TYPES):
        keys = sorted({"k0", *random.sample([f"k{each}" for each in range(4)], 2)})
        fields = {key: f"{key}: ID! @shareable" for key in keys}
        for each in range(FIELDS):
            if at == 0 or random.random() < 0.5:
                fields[f"v{each}"] = f"v{each}: Int @shareable"
            if at == 0 or random.random() < 0.5:
                fields[f"n{each}"] = f"n{each}: T{(number + each) % TYPES} @shareable"
        required = [f"x{other}" for other in range(at) if random.random() < 0.5]
        fields |= {name: f"{name}: Int @external" for name in required}
        requires = f' @requires(fields: "{" ".join(required)}")' if required else ""
        fields[f"x{at}"] = f"x{at}: Int{requires}"
        heads = " ".join(f'@key(fields: "{key}")' for key in keys)
        parts.append(f"type T{number} {heads} {{ {' '.join(fields.values())} }}")
    return "\n".join(parts)


def deep_operation(seed: int, depth: int) -> str:
    """An operation with two branches at each level and many leaves."""
    random = Random(seed)
    return f"{{ r0 {{ {_below(random, depth)} }} r1 {{ {_below(random, depth)} }} }}"


def _below(random: Random, depth: int) -> str:
    leaves = [f"v{at}" for at in range(FIELDS)] + [f"x{at}" for at in range(SUBGRAPHS)]
    chosen = random.sample(leaves, 4)
    if depth:
        chosen += [
            f"a{depth}_{at}: n{random.randrange(FIELDS)} {{ {_below(random, depth - 1)} }}"
            for at in range(2)
        ]
    return " ".join(chosen)


def multiplying(levels: int, branches: int) -> Supergraph:
    """A field that requires another through several objects, which requires another, and so on."""
    links = [f"n{at}: T" for at in range(branches)]
    bodies = {}
    for level in range(levels):
        own = links if level == 0 else [f"{link} @external" for link in links]
        fields = ["id: ID!", *own]
        requires = ""
        if level:
            fields.append(f"x{level - 1}: Int @external")
            inner = " ".join(f"n{at} {{ x{level - 1} }}" for at in range(branches))
            requires = f' @requires(fields: "{inner}")'
        fields.append(f"x{level}: Int{requires}")
        root = "type Query { t: T } " if level == 0 else ""
        bodies[f"s{level:02}"] = f'{root}type T @key(fields: "id") {{ {" ".join(fields)} }}'
    return composed(bodies)
