"""The portable subset of Rego: what OPA and the embedded engine are known to evaluate alike.

The embedded engine finds an unknown function only when the rule that calls it runs, so calls are
checked here before any rule does. Data that lies at a package's path would silently win over the
package's rules, so it is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

PORTABLE = frozenset(
    {
        "abs", "array.concat", "array.reverse", "array.slice", "ceil", "concat", "contains",
        "count", "endswith", "floor", "format_int", "indexof", "intersection", "is_array",
        "is_boolean", "is_null", "is_number", "is_object", "is_set", "is_string", "json.filter",
        "json.remove", "lower", "max", "min", "numbers.range", "object.filter", "object.get",
        "object.keys", "object.remove", "object.subset", "object.union", "object.union_n",
        "product", "regex.match", "replace", "round", "sort", "split", "sprintf", "startswith",
        "strings.any_prefix_match", "strings.any_suffix_match", "substring", "sum", "to_number",
        "trim", "trim_left", "trim_prefix", "trim_right", "trim_space", "trim_suffix",
        "type_name", "union", "upper",
    }
)  # fmt: skip
"""Built-in functions that policies may call; ASCII arguments where case is changed."""

_IMPORT = re.compile(r"^import\s+data\.(?:\w+\.)*(\w+)(?:\s+as\s+(\w+))?\s*$", re.MULTILINE)
_FUNCTION = re.compile(r"^(?:default\s+)?(\w+)\(", re.MULTILINE)
_REFERENCE = re.compile(r"\bdata(?:\.\w+)+")
_RULE = re.compile(r"^(?:default\s+)?(\w+)", re.MULTILINE)
_IDLE = re.compile(r"\s*(#|$)")
_DEPARTMENTS = "datong.departments."
_NARROWING: Mapping[str, tuple[int, str]] = {
    "deny": (2, "deny[coordinate] contains reason"),
    "deny_use": (3, "deny_use[coordinate][use] contains reason"),
    "filters": (2, "filters[type] contains condition"),
    "mask": (2, "mask[coordinate] := name"),
}
"""What a department's file is read for: how many parts its name has, and how it is written."""
_CAN_BE_TEXTS = frozenset({"String", "Var", "RefDot", "RefBrack", "Call"})
_IDLE_PARTS = re.compile(r'"(?:\\.|[^"\\\n])*"|`[^`]*`|#[^\n]*')
"""Texts and comments."""
_BRACKET = re.compile(r"[\[({})\]]|\n")
MAX_NESTING = 12
"""Each bracket inside another one can double the time that the embedded engine takes to read it."""
_PACKAGE = re.compile(r"^package\s+([\w.]+)\s*$", re.MULTILINE)


def packages(modules: Mapping[str, str]) -> dict[str, str]:
    """File name to package, such as ``datong.rules.grants``."""
    return {name: match[1] for name, text in modules.items() if (match := _PACKAGE.search(text))}


def overlapping_roots(modules: Mapping[str, str], roots: Mapping[str, Any]) -> list[str]:
    """Data roots at which some package lies, each as a fault."""
    first = {package.partition(".")[0]: name for name, package in packages(modules).items()}
    return [
        f"data root {root!r} hides the package of {first[root]}" for root in roots if root in first
    ]


def foreign_packages(modules: Mapping[str, str]) -> list[str]:
    """Departments' files that write into another package than their own, each as a fault.

    There they could add to rules that open fields.
    """
    faults = []
    for name, text in modules.items():
        own = name.removesuffix(".rego").replace("/", ".")
        if own.startswith(_DEPARTMENTS):
            # Lines end where Rego ends them, or a comment could hold what looks like a package.
            code = (line.rstrip() for line in text.split("\n") if not _IDLE.match(line))
            if next(code, "") != f"package {own}":
                faults.append(f"{name}:1: a department's file begins with package {own}")
    return faults


def deeply_nested(modules: Mapping[str, str]) -> list[str]:
    """Brackets inside brackets that would take minutes to read, each file's first as a fault."""
    faults = []
    for name, text in modules.items():
        # Of a text that goes on over several lines these stay.
        code = _IDLE_PARTS.sub(lambda idle: "\n" * idle[0].count("\n"), text)
        depth, line = 0, 1
        for bracket in _BRACKET.findall(code):
            line += bracket == "\n"
            depth += (bracket in "[({") - (bracket in "])}")
            if depth > MAX_NESTING:
                faults.append(f"{name}:{line}: more than {MAX_NESTING} brackets inside each other")
                break
    return faults


def unportable_calls(syntax_trees: str, modules: Mapping[str, str]) -> list[str]:
    """Calls of functions that are neither portable nor defined in the policies, each as a fault.

    Args:
        syntax_trees: JSON of the embedded engine's syntax trees, one per module.
        modules: File name to text of the same modules.
    """
    faults: list[str] = []
    for tree in json.loads(syntax_trees):
        name = tree["source"]["file"]
        text = modules.get(name, "")
        local = set(_FUNCTION.findall(text))
        imported = {alias or last for last, alias in _IMPORT.findall(text)}
        for function, line in _calls(tree):
            head, dot, _ = function.partition(".")
            known = head in imported or (head == "data" if dot else function in local)
            if not known and function not in PORTABLE:
                faults.append(f"{name}:{line}: {function} is no portable function")
    return faults


def misshapen_rules(syntax_trees: str) -> list[str]:
    """Departments' rules that are not written as what they are read for, each as a fault.

    Such a rule would be passed over, and open what it was written to close.

    Args:
        syntax_trees: JSON of the embedded engine's syntax trees, one per module.
    """
    faults: list[str] = []
    for tree in json.loads(syntax_trees):
        name = tree["source"]["file"]
        if not name.replace("/", ".").startswith(_DEPARTMENTS) or name.endswith("_test.rego"):
            continue
        for rule in tree["ast"]["rules"]:
            (kind, body), *_ = rule.items()
            (form, head), *_ = [(kind, body)] if kind == "Default" else body["head"].items()
            called, parts = _head(head["refr"])
            if called not in _NARROWING:
                continue
            wanted, shape = _NARROWING[called]
            if called == "mask":
                value = (head.get("assign") or {}).get("value") or {}
                fits = form == "Compr" and not _CAN_BE_TEXTS.isdisjoint(value)
            else:
                fits = form == "Set"
            if not fits or parts != wanted:
                line = body["span"]["line"]
                faults.append(f"{name}:{line}: {called} is not written as `{shape}`")
    return faults


def _head(reference: Mapping[str, Any]) -> tuple[str, int]:
    """The name of a rule, and how many parts its reference has."""
    for kind in ("RefDot", "RefBrack"):
        if kind in reference:
            name, parts = _head(reference[kind]["refr"])
            return name, parts + 1
    return (str(reference["Var"]["value"]) if "Var" in reference else ""), 1


def unknown_references(modules: Mapping[str, str]) -> list[str]:
    """References into the policies' own packages that lead nowhere, each as a fault.

    Neither engine finds them: a misspelt rule is undefined, and silently opens or closes something.
    """
    named = packages(modules)
    roots = {package.partition(".")[0] for package in named.values()}
    rules = {
        f"{package}.{rule}"
        for name, package in named.items()
        for rule in _RULE.findall(modules[name])
    }
    faults: list[str] = []
    for name, text in modules.items():
        for number, line in enumerate(text.splitlines(), start=1):
            for reference in _REFERENCE.findall(line.partition("#")[0]):
                path = reference.removeprefix("data.")
                # Departments without files of their own are none that somebody misspelt.
                inside = f"{path}." == _DEPARTMENTS or any(
                    f"{package}.".startswith(f"{path}.") for package in named.values()
                )
                at_rule = any(f"{path}.".startswith(f"{rule}.") for rule in rules)
                if path.partition(".")[0] in roots and not inside and not at_rule:
                    faults.append(f"{name}:{number}: {reference} does not exist")
    return faults


def _calls(node: Any) -> Iterator[tuple[str, int]]:
    if isinstance(node, list):
        for item in node:
            yield from _calls(item)
    elif isinstance(node, Mapping):
        call = node.get("Call")
        if isinstance(call, Mapping):
            yield _dotted(call["fcn"]), int(call["span"]["line"])
        for key, item in node.items():
            if key != "source":
                yield from _calls(item)


def _dotted(function: Mapping[str, Any]) -> str:
    if "Var" in function:
        return str(function["Var"]["value"])
    reference = function.get("RefDot")
    if not isinstance(reference, Mapping):
        return "?"
    return f"{_dotted(reference['refr'])}.{reference['field'][1]}"
