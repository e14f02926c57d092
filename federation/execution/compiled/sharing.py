"""Which objects of a plan are decoded once for each text, and not once for each place.

Where an answer repeats itself, as a list of reviews repeats its author, equal texts are equal
objects, now and after whatever is added to them: that depends on nothing but what they hold. So one
object stands in all these places, and is encoded once as well. Whether texts repeat is not known
before answers come; of entities that something else is asked about it is counted, since their keys
are looked at anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from msgspec import Raw

Decode: TypeAlias = Callable[[bytes], Any]
"""From the text of an object, or of null."""

Repeats: TypeAlias = Mapping[int, tuple[int, int]]
"""By position: how many objects there are, and how many of them differ."""

_FIRST_RUNS, _ONE_IN = 3, 100
_WORTH_IT, _NOT_ANY_MORE = 4, 2
"""Objects for each that differs."""
_FEW = 8
"""Objects of a run; sharing fewer than these saves nothing."""


class Sharing:
    """What is shared now, and what counting a few runs says should be.

    Attributes:
        shared: Positions that the code shares.
        wanted: Those that other code should share; the same as long as nothing speaks against it.
        candidates: Positions that can be shared.
    """

    def __init__(self, shared: frozenset[int], around: Mapping[int, frozenset[int]]) -> None:
        """Nothing is counted yet.

        Args:
            shared: Among the candidates.
            around: Candidates, and around each those that it is inside of.
        """
        self.shared = self.wanted = shared
        self.candidates = frozenset(around)
        self._around = around
        self._runs = self._noted = 0
        self._counted = dict.fromkeys(around, (0, 0))

    def is_due(self) -> bool:
        """Whether to count the run that ends now: the first few, and few of those that follow."""
        self._runs += 1
        return bool(self._around) and (self._runs <= _FIRST_RUNS or self._runs % _ONE_IN == 0)

    def note(self, repeats: Repeats) -> None:
        """How often texts repeated themselves in one run."""
        for position, (objects, different) in repeats.items():
            earlier = self._counted[position]
            self._counted[position] = (earlier[0] + objects, earlier[1] + different)
        self._noted += 1
        if self._runs < _FIRST_RUNS:
            return
        often = {each for each in self._around if self._is_worth_it(each)}
        # Inside of what is shared there is not much left to share.
        self.wanted = frozenset(each for each in often if not self._around[each] & often)
        self._counted = dict.fromkeys(self._around, (0, 0))
        self._noted = 0

    def _is_worth_it(self, position: int) -> bool:
        objects, different = self._counted[position]
        least = _NOT_ANY_MORE if position in self.shared else _WORTH_IT
        return objects >= _FEW * self._noted and objects >= least * different


def read_once(texts: Iterable[Raw], decode: Decode) -> tuple[list[Any], list[Any]]:
    """The objects that texts stand for, and those of them that differ; either with nulls as None.

    Equal texts often stand side by side; comparing two takes less than hashing one.
    """
    known: dict[bytes, Any] = {}
    objects: list[Any] = []
    last: Raw | None = None
    value = None
    for text in texts:
        if text != last:
            last, copied = text, bytes(text)
            if copied in known:
                value = known[copied]
            else:
                value = known[copied] = decode(copied)
        objects.append(value)
    return objects, list(known.values())


def decoded_once(container: str, name: str, depth: int, number: int, decode: str) -> list[str]:
    """Statements that put objects where their texts are, with those that differ in ``once``.

    Args:
        container: The objects whose attribute ``name`` holds texts, in lists or not.
        depth: How many lists are around each text.
        number: Of the position.
        decode: From a text to an object or None.
    """
    if depth:
        texts, put = "[v for each in lists for v in each]", "each[:] = islice(found, len(each))"
        before = [f"lists = {comprehension(container, name, depth - 1)}"]
        spread = ["found = iter(all)", f"for each in lists: {put}"]
    else:
        texts, before = f"[o.{name} for o in {container}]", []
        spread = [f"for o, v in zip({container}, all): o.{name} = v"]
    return [
        *before,
        f"all, once = read_once({texts}, {decode})",
        f"s.c{number} = (len(all), len(once))",
        *spread,
    ]


def encoded_once(container: str, name: str, depth: int, objects: str, show: str) -> list[str]:
    """Statements that put texts of the response where the objects are that ``decoded_once`` put.

    Args:
        objects: All of them.
        show: Name of a function from an object to what is encoded; empty for the object itself.
    """
    value = "None if v is None else texts[id(v)]"
    for _ in range(depth):
        value = f"None if v is None else [{value} for v in v]"
    return [
        f"texts = {{id(v): Raw(enc({show}(v))) for v in {objects}}}",
        f"for o in {container}:",
        f"    v = o.{name}",
        f"    o.{name} = {value}",
    ]


def comprehension(container: str, name: str, depth: int) -> str:
    """All objects under an attribute of the containers, lists opened."""
    if not depth:
        return f"[v for o in {container} if (v := o.{name}) is not None]"
    loops = [f"for o in {container} if (v0 := o.{name}) is not None"]
    loops += [f"for v{at} in v{at - 1} if v{at} is not None" for at in range(1, depth + 1)]
    return f"[v{depth} {' '.join(loops)}]"
