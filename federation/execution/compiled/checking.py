"""Generated form of ``is_complete``: whether an answer has every key that was asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from federation.execution.compiled.source import Source
from federation.selection import Field, SelectionSet

Check: TypeAlias = Callable[[Any], bool]


def write_check(selections: SelectionSet, source: Source) -> str:
    """Write the check of an answer to selections without conditions; the answer is its name."""
    function = source.fresh("k")
    tests: list[str] = []
    for each in selections:
        if isinstance(each, Field):
            key = each.response_key
            tests.append(f"if {key!r} not in v: return False")
            if each.selections:
                inner = write_check(each.selections, source)
                tests.append(f"if not {inner}(v[{key!r}]): return False")
        else:
            inner = write_check(each.selections, source)
            condition = each.type_condition
            guard = "" if condition is None else f"v.get('__typename') == {condition!r} and "
            tests.append(f"if {guard}not {inner}(v): return False")
    source.add(
        f"def {function}(v):",
        "    if isinstance(v, list):",
        "        for x in v:",
        f"            if not {function}(x): return False",
        "        return True",
        "    if not isinstance(v, dict): return True",
        *(f"    {test}" for test in tests),
        "    return True",
    )
    return function
