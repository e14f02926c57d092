"""What policies declare that they read: nothing else is sent to them, or told apart by caches."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from operator import attrgetter

from federation.access import AccessRequest

MEMBERS: Mapping[str, frozenset[str]] = {
    "caller": frozenset(
        {"id", "authenticated", "kind", "department", "region", "roles", "scopes", "clearance"}
    ),
    "operation": frozenset({"kind", "name", "id"}),
}
"""Facts that are read one by one."""
WHOLE = frozenset({"consents", "now", "purpose"})
"""Facts that are read as a whole."""
ALWAYS = frozenset({"contract", "fields"})
ENTRY_PACKAGE = "datong.access"

_PACKAGE = re.compile(r"^package\s+([\w.]+)\s*$", re.MULTILINE)
_LIST = re.compile(
    r"^#\s+reads:\s*(?:\[(?P<inline>[^\]\n]*)\]\s*$|$(?P<lines>(?:\n#\s+-\s*\S+\s*$)+))",
    re.MULTILINE,
)
_ITEM = re.compile(r"[\w.]+")
_MEMBER = re.compile(r"\binput\.(\w+)(?:\.(\w+))?|\binput\b")
_REPLACED = re.compile(r"\bwith\s+input(?:\.\w+)*\s+as\b")
_CODE = re.compile(r"""(?:[^"`#]|"(?:\\.|[^"\\])*"|`[^`]*`)*""")
"""A line up to its comment; in a text a number sign begins none."""
_GET = re.compile(
    r"object\.get\(\s*input(?:\.(\w+),\s*\"(\w+)\"|,\s*\[\"(\w+)\"(?:,\s*\"(\w+)\")?\])"
)


def declared_reads(modules: Mapping[str, str]) -> frozenset[str] | None:
    """What the METADATA of the entry package lists under ``custom.reads``; None without a list."""
    for text in modules.values():
        package = _PACKAGE.search(text)
        if package is None or package[1] != ENTRY_PACKAGE:
            continue
        listed = _LIST.search(text, 0, package.start())
        if listed is not None:
            return frozenset(_ITEM.findall(listed["inline"] or listed["lines"] or ""))
    return None


def undeclared_reads(modules: Mapping[str, str]) -> list[str]:
    """Facts that rules read, or the list names, and nobody sends: each as a fault.

    They would be undefined, and ``not input...`` would then hold for everybody.
    """
    reads = declared_reads(modules)
    if reads is None:
        return []
    known = WHOLE | {f"{name}.{member}" for name, members in MEMBERS.items() for member in members}
    faults = [
        f"{ENTRY_PACKAGE}: custom.reads names {path}, which contract 1 does not have"
        for path in sorted(reads - known - MEMBERS.keys())
    ]
    return faults + [
        f"{name}:{number}: {path} is read but not listed under custom.reads of {ENTRY_PACKAGE}"
        for name, text in modules.items()
        for number, line in enumerate(text.splitlines(), start=1)
        for path in _paths(_code_of(line))
        if not _is_declared(path, reads)
    ]


def _code_of(line: str) -> str:
    code = _CODE.match(line)
    assert code is not None, "the expression matches the empty text"
    # Where a text goes on over several lines, nothing tells a comment: all of it counts.
    is_whole = line[code.end() : code.end() + 1] in ("", "#")
    # An input that a rule gives to another one is not read.
    return _REPLACED.sub("", code[0] if is_whole else line)


def _paths(line: str) -> list[str]:
    """The facts that a line reads, each as far as it says."""
    got = (tuple(filter(None, names)) for names in _GET.findall(line))
    found = [".".join(("input", *names)) for names in got]
    for match in _MEMBER.finditer(_GET.sub("", line)):
        fact, member = match[1], match[2]
        if fact is None:
            found.append("input")
        else:
            found.append(
                f"input.{fact}.{member}" if member and fact in MEMBERS else f"input.{fact}"
            )
    return found


def _is_declared(path: str, reads: frozenset[str]) -> bool:
    parts = path.split(".")[1:]
    if not parts:
        return False
    return parts[0] in ALWAYS or parts[0] in reads or ".".join(parts) in reads


def facts_of(reads: frozenset[str] | None) -> Callable[[AccessRequest], Hashable]:
    """A function to what is sent of a question besides its fields and its time, to compare by.

    Consents always count: row filters are checked against their subjects.
    """
    paths = WHOLE | MEMBERS.keys() if reads is None else reads | {"consents"}
    names = {path for path in paths if path != "now"}
    places = [_place(path) for path in sorted(names)]
    get: Callable[[AccessRequest], Hashable] = attrgetter(*places)
    return get


def _place(path: str) -> str:
    fact = path.partition(".")[0]
    return path if fact == "operation" else f"asker.{path}"
