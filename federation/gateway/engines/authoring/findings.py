"""Everything about a policy folder that its author should mend before anybody decides by it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from federation.access import MASKS
from federation.catalogue import Catalogue
from federation.gateway.engines.authoring.narrowings import (
    DEPARTMENTS,
    NARROWING,
    department_of,
    find_in_vain,
    find_narrowings,
)
from federation.gateway.engines.authoring.syntax import Module, Reference, Rule, read_modules
from federation.gateway.engines.embedded import EmbeddedEngine
from federation.gateway.engines.lint import (
    deeply_nested,
    misshapen_rules,
    overlapping_roots,
    unknown_references,
    unportable_calls,
)
from federation.gateway.engines.owned import OwnedEngine, describe_failure
from federation.gateway.engines.reads import undeclared_reads
from federation.gateway.engines.release import (
    DATA_ROOTS,
    POLICY_ROOT,
    PolicyFault,
    PolicySource,
    make_release,
    module_files,
    read_shape,
    read_text,
)
from federation.gateway.engines.shapes import (
    leads_nowhere,
    line_of_member,
    misshapen,
    read_json,
)

USES = frozenset({"select", "filter", "sort", "join"})
NO_FIELDS: Mapping[str, Any] = {"fields": {}, "types": {}}

_MATCH = re.compile(r"""\bregex\.match\(\s*("(?:\\.|[^"\\])*"|`[^`]*`)""")
_CLASS = re.compile(r"\\+[wdsbWDSB]")
_FACT = r"input\.(?:caller\.(?:department|region)|operation\.(?:name|id))\b"
_OPEN_WITHOUT = re.compile(rf"({_FACT})\s*!=|!=\s*({_FACT})|\"value\"\s*:\s*({_FACT})")
_PLACED = re.compile(r"^(?P<file>[^\s:]+):(?P<line>\d+)(?::\d+)?: (?P<what>.*)$", re.DOTALL)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One fault, with a code that stays.

    Attributes:
        line: From 1.
    """

    file: str
    line: int
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message} ({self.code})"


def check_folder(
    folder: Path, data_folder: Path | None = None, catalogue: Catalogue | None = None
) -> tuple[Finding, ...]:
    """All findings of a policy folder and its data, in order of files and lines.

    Args:
        folder: Holds ``datong/**/*.rego``, perhaps ``schemas`` of its own.
        data_folder: JSON files of the data roots; None takes ``folder/data``.
        catalogue: Of the schema that the policies are for; without, what they say of its fields is
            not checked.
    """
    data, findings = _read_data(data_folder or folder / "data")
    texts, faults = _read_texts(folder)
    findings += faults
    shapes = {name: read_shape(name, folder) for name in ("data", "input")}
    findings += _check_data(data, shapes["data"])
    nested = _placed("NESTED", deeply_nested(texts))
    findings += nested
    # What takes minutes to read is not read.
    unread = {each.file for each in nested}
    trees, faults = _parse({name: texts[name] for name in texts if name not in unread})
    findings += faults
    if not texts:
        findings.append(Finding(POLICY_ROOT, 1, "NO_MODULES", "there is no .rego file"))
    rules = {name: text for name, text in texts.items() if not name.endswith("_test.rego")}
    modules = tuple(m for m in read_modules(trees) if m.file in rules)
    findings += _placed("HIDDEN_RULES", overlapping_roots(rules, {**data, "catalogue": {}}))
    findings += _placed("UNKNOWN_REFERENCE", unknown_references(rules))
    findings += _placed("NOT_PORTABLE", unportable_calls(trees, texts))
    findings += _check_patterns(texts)
    findings += _placed("MISSHAPEN", misshapen_rules(trees))
    findings += _check_packages(read_modules(trees))
    findings += _check_paths(modules, shapes)
    # A name that the contract does not have cannot be listed either.
    unknown = {(each.file, each.line) for each in findings if each.code == "UNKNOWN_PATH"}
    undeclared = _placed("UNDECLARED_READ", undeclared_reads(rules))
    findings += [each for each in undeclared if (each.file, each.line) not in unknown]
    findings += _check_tests(modules)
    findings += _check_departments(modules)
    findings += _check_absent_facts(modules, rules)
    if "organisations" in data:
        findings += _check_owners(modules, data["organisations"][1])
    if catalogue is not None:
        findings += _check_places(modules, catalogue)
    findings += _check_time(modules)
    if not findings:
        # What only shows when every rule runs; with known faults it would say them again.
        findings += _load(rules, {root: each for root, (_, each) in data.items()})
    return tuple(sorted(set(findings)))


def _read_texts(folder: Path) -> tuple[dict[str, str], list[Finding]]:
    """The modules that can be read, and the faults of the others."""
    texts: dict[str, str] = {}
    findings: list[Finding] = []
    for name, file in module_files(folder):
        try:
            texts[name] = read_text(file, name)
        except PolicyFault as fault:
            findings += _placed("NOT_TEXT", fault.faults)
    return texts, findings


def _parse(texts: Mapping[str, str]) -> tuple[str, list[Finding]]:
    """Syntax trees of the modules that parse, and the faults of the others."""
    engine = OwnedEngine()
    findings: list[Finding] = []
    for name, text in texts.items():
        try:
            engine.here.add_policy(name, text)
        except (RuntimeError, ValueError) as error:
            findings += _placed("NOT_REGO", [describe_failure(error)])
    return engine.here.get_ast_as_json(), findings


def _placed(code: str, faults: Iterable[str]) -> list[Finding]:
    """Findings of faults that begin with file and line, as the engine's own checks write them."""
    found = []
    for fault in faults:
        match = _PLACED.match(fault)
        if match:
            found.append(Finding(match["file"], int(match["line"]), code, match["what"]))
        else:
            found.append(Finding(POLICY_ROOT, 1, code, fault))
    return found


def _check_patterns(texts: Mapping[str, str]) -> Iterator[Finding]:
    """Patterns that match other texts in one engine: a Chinese sign is of a word in one alone."""
    for name, text in texts.items():
        for match in _MATCH.finditer(text):
            found = _CLASS.search(match[1])
            if found is not None:
                words = (
                    f"{found[0]} in a pattern means ASCII in one engine and all of Unicode in the"
                    " other: write out what is meant, such as [0-9A-Za-z_]"
                )
                line = text.count("\n", 0, match.start()) + 1
                yield Finding(name, line, "NOT_PORTABLE", words)


def _check_packages(modules: Iterable[Module]) -> list[Finding]:
    """A file writes its own package only: elsewhere it could add to rules that open fields."""
    found = []
    for module in modules:
        own = module.file.removesuffix(".rego").replace("/", ".")
        if module.package != own:
            words = f"package {module.package} is not this file's own, {own}"
            found.append(Finding(module.file, 1, "FOREIGN_PACKAGE", words))
    return found


def _check_tests(modules: Iterable[Module]) -> Iterator[Finding]:
    """Tests that nobody runs, in modules that are no tests."""
    for module in modules:
        for rule in module.rules:
            if rule.name.startswith("test_"):
                words = f"{rule.name} is never run: tests stand in files called *_test.rego"
                yield Finding(module.file, rule.line, "TEST_NOT_RUN", words)


def _check_paths(
    modules: Iterable[Module], shapes: Mapping[str, Mapping[str, Any]]
) -> Iterator[Finding]:
    for module in modules:
        for reference in _all_references(module):
            root, *path = reference.path
            if root == "data" and path and path[0] == POLICY_ROOT:
                continue
            wrong = leads_nowhere(tuple(path), shapes[str(root)])
            if wrong is not None:
                words = f"{reference}: schemas/{root}.json knows no {wrong} there"
                yield Finding(module.file, reference.line, "UNKNOWN_PATH", words)


def _all_references(module: Module) -> Iterator[Reference]:
    yield from module.imports
    for rule in module.rules:
        yield from rule.references


def _check_departments(modules: Iterable[Module]) -> Iterator[Finding]:
    for module in modules:
        if department_of(module) is None:
            continue
        used = {name for rule in module.rules for name in rule.uses if name != rule.name}
        for rule in module.rules:
            if rule.name not in NARROWING and rule.name not in used:
                words = (
                    f"{rule.name} has no effect: a department's file can only narrow, "
                    "by deny, deny_use, mask and filters"
                )
                yield Finding(module.file, rule.line, "WIDENS", words)
            yield from _check_narrowing(module, rule)


def _check_narrowing(module: Module, rule: Rule) -> Iterator[Finding]:
    if rule.name == "mask" and rule.value is not None and rule.value not in MASKS:
        words = f"there is no mask {rule.value!r}; there are {', '.join(sorted(MASKS))}"
        yield Finding(module.file, rule.line, "UNKNOWN_MASK", words)
    use = rule.head[2] if rule.name == "deny_use" and len(rule.head) > 2 else None
    if use is not None and use not in USES:
        words = f"there is no use {use!r}; there are {', '.join(sorted(USES))}"
        yield Finding(module.file, rule.line, "UNKNOWN_USE", words)


def _check_absent_facts(modules: Iterable[Module], texts: Mapping[str, str]) -> Iterator[Finding]:
    """What narrows nothing for callers without a fact, since a rule that reads it does not hold."""
    for module in modules:
        lines = texts[module.file].splitlines() if department_of(module) is not None else ()
        for number, line in enumerate(lines, start=1):
            match = _OPEN_WITHOUT.search(line.partition("#")[0])
            if match is not None:
                fact = next(filter(None, match.groups()))
                whole, _, name = fact.rpartition(".")
                words = (
                    f"whoever has no {name} is not narrowed, since {fact} is undefined then: write"
                    f' object.get({whole}, "{name}", ...) with a value that narrows'
                )
                yield Finding(module.file, number, "OPEN_WITHOUT_FACT", words)


def _check_owners(modules: Iterable[Module], organisations: Any) -> Iterator[Finding]:
    """Files that are called like no subgraph: most likely one is misspelt."""
    listed = organisations.values() if isinstance(organisations, Mapping) else ()
    known = {
        name
        for each in listed
        if isinstance(each, Mapping) and isinstance(each.get("subgraphs"), Mapping)
        for name in each["subgraphs"]
    }
    for module in modules:
        department = department_of(module)
        if department is not None and department not in known:
            near = get_close_matches(department, known, n=1)
            words = f"{department} is a subgraph of none of the organisations"
            words += f"; did you mean {near[0]}?" if near else ""
            yield Finding(module.file, 1, "UNKNOWN_DEPARTMENT", words)


def _check_places(modules: Iterable[Module], catalogue: Catalogue) -> Iterator[Finding]:
    for each in find_in_vain(find_narrowings(modules), catalogue):
        named = each.narrowing
        yield Finding(named.file, named.line, each.code.upper(), f"{named.place}: {each.message}")


def _check_time(modules: Iterable[Module]) -> Iterator[Finding]:
    """Whoever reads the time must say when it changes the answer: kept answers end then."""
    modules = tuple(modules)
    merged = {
        ".".join(map(str, reference.path[1:]))
        for module in modules
        if not module.package.startswith(DEPARTMENTS)
        for reference in _all_references(module)
    }
    for module in modules:
        says_when = any(rule.name == "changes" for rule in module.rules)
        is_merged = f"{module.package}.changes" in merged
        for rule in module.rules:
            for reference in rule.references:
                if reference.path[:2] == ("input", "now") and not (says_when and is_merged):
                    words = (
                        "reads input.now, but nothing says until when the answer holds: write the "
                        "seconds into a rule `changes` that datong/access.rego reads"
                    )
                    yield Finding(module.file, reference.line, "NO_VALID_UNTIL", words)


def _load(rules: Mapping[str, str], data: Mapping[str, Any]) -> list[Finding]:
    source = PolicySource(rules, {root: data.get(root, {}) for root in DATA_ROOTS})
    try:
        EmbeddedEngine(make_release(source, NO_FIELDS))
    except PolicyFault as fault:
        return _placed("NOT_LOADED", fault.faults)
    return []


def _read_data(folder: Path) -> tuple[dict[str, tuple[Path, Any]], list[Finding]]:
    """The data roots with the files that write them."""
    found: dict[str, tuple[Path, Any]] = {}
    findings = []
    for file in sorted(folder.glob("*.json")):
        name = f"{folder.name}/{file.name}"
        try:
            text = read_text(file, name)
            document = read_json(text)
        except PolicyFault as fault:
            findings += _placed("NOT_TEXT", fault.faults)
            continue
        except ValueError as error:
            line = getattr(error, "lineno", 1)
            findings.append(Finding(name, line, "NOT_JSON", str(error)))
            continue
        if not isinstance(document, dict):
            findings.append(Finding(name, 1, "WRONG_SHAPE", "not an object of data roots"))
            continue
        for root in document:
            at = line_of_member(text, (root,))
            if root in found:
                words = f"{root!r} is already written by {found[root][0].name}"
                findings.append(Finding(name, at, "ROOT_TWICE", words))
            elif root in DATA_ROOTS or root == POLICY_ROOT:
                found[root] = (file, document[root])
            else:
                words = f"{root!r} is no data root; there are {', '.join(DATA_ROOTS)}"
                findings.append(Finding(name, at, "UNKNOWN_ROOT", words))
    return found, findings


def _check_data(
    data: Mapping[str, tuple[Path, Any]], shape: Mapping[str, Any]
) -> Iterator[Finding]:
    for root, (file, document) in data.items():
        name, text = f"{file.parent.name}/{file.name}", file.read_text(encoding="utf-8")
        for path, words in misshapen({root: document}, {**shape, "required": []}):
            at = line_of_member(text, path)
            yield Finding(name, at, "WRONG_SHAPE", f"{'.'.join(path)} {words}")
    if "grants" in data:
        yield from _check_grants(data)


def _check_grants(data: Mapping[str, tuple[Path, Any]]) -> Iterator[Finding]:
    file, departments = data["grants"]
    name, text = f"{file.parent.name}/{file.name}", file.read_text(encoding="utf-8")
    known: Mapping[str, Any] = {
        "purposes": data.get("purposes", (file, {}))[1],
        "uses": USES,
    }
    organisations = data.get("organisations", (file, {}))[1]
    for path, grant in _grants(departments):
        at = line_of_member(text, ("grants", *path))
        if path[0] not in organisations:
            words = f"{path[0]} is none of the organisations"
            yield Finding(name, at, "UNKNOWN_DEPARTMENT", words)
        for part, names in known.items():
            listed = grant.get(part)
            for each in listed if isinstance(listed, Mapping) else ():
                if each not in names:
                    words = f"grant {path[2]} of {path[1]} names {each!r}, none of the {part}"
                    yield Finding(name, at, f"UNKNOWN_{part.upper().removesuffix('S')}", words)
        if "mask" in grant and grant["mask"] not in MASKS:
            words = f"there is no mask {grant['mask']!r}; there are {', '.join(sorted(MASKS))}"
            yield Finding(name, at, "UNKNOWN_MASK", words)


def _grants(departments: Any) -> Iterator[tuple[tuple[str, str, str], Mapping[str, Any]]]:
    for department, fields in departments.items() if isinstance(departments, Mapping) else ():
        for coordinate, granted in fields.items() if isinstance(fields, Mapping) else ():
            for name, grant in granted.items() if isinstance(granted, Mapping) else ():
                if isinstance(grant, Mapping):
                    yield (department, coordinate, name), grant
