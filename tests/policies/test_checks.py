"""Rules that no engine may decide by are refused before one is asked, whichever it is."""

from dataclasses import replace
from typing import Literal

import pytest

from federation.catalogue import Catalogue
from federation.gateway.deciding import Building
from federation.gateway.engines import (
    EmbeddedEngine,
    PolicyFault,
    PolicySource,
    check_rules,
    load_policies,
    make_release,
)
from federation.gateway.settings import Access

SOURCE = load_policies()
OWN = "package datong.departments.a"


def _with(name: str, text: str) -> PolicySource:
    return replace(SOURCE, modules={**SOURCE.modules, name: text})


@pytest.mark.parametrize("engine", ["embedded", "opa"])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('package datong.rules.sharing\n\nfree["A.b"].select contains "a"', "package datong.dep"),
        (
            "# \u2028package datong.departments.a\npackage datong.rules.sharing",
            "package datong.dep",
        ),
        ("package datong.departments.b", "package datong.dep"),
        (
            f"{OWN}\n\ndeny[c] contains http.send(input.fields) if some c, _ in input.fields",
            r"http\.send",
        ),
        (f'{OWN}\n\ndeny["A.b"] contains "a" if opa.runtime().env', r"opa\.runtime"),
        (f'{OWN}\n\ndeny["A.b"] contains "a" if data.datong.facts.knwon["A.b"]', "knwon"),
    ],
)
async def test_what_departments_may_not_write_is_refused(
    engine: Literal["embedded", "opa"], text: str, words: str
) -> None:
    source = _with("datong/departments/a.rego", text)

    with pytest.raises(PolicyFault, match=words):
        await Building(Access(engine=engine)).build(source, Catalogue({}))


@pytest.mark.parametrize("engine", ["embedded", "opa"])
async def test_a_denial_by_a_fact_that_is_not_sent_is_refused(
    engine: Literal["embedded", "opa"],
) -> None:
    rule = 'deny["Citizen.name"] contains "x" if input.caller.shoe_size != 42'
    source = _with("datong/departments/a.rego", f"package datong.departments.a\n\n{rule}\n")

    with pytest.raises(PolicyFault, match=r"input\.caller\.shoe_size"):
        await Building(Access(engine=engine)).build(source, Catalogue({}))


@pytest.mark.parametrize("engine", ["embedded", "opa"])
async def test_what_would_take_minutes_to_read_is_refused(
    engine: Literal["embedded", "opa"],
) -> None:
    # In texts and comments brackets are none.
    idle = f'# {"[" * 30}\nopening := "{"[" * 30}"\n\nmore := `\n{"[" * 30}`\n\n'
    ample, deep = (f"{OWN}\n\n{idle}x := {'[' * n}1{']' * n}\n" for n in (10, 30))
    deciding = await Building(Access(engine=engine)).build(
        _with("datong/departments/a.rego", ample), Catalogue({})
    )
    await deciding.close()

    with pytest.raises(PolicyFault, match=r"a\.rego:9: more than 12 brackets"):
        await Building(Access(engine=engine)).build(
            _with("datong/departments/a.rego", deep), Catalogue({})
        )


@pytest.mark.parametrize("engine", ["embedded", "opa"])
@pytest.mark.parametrize(
    "rule",
    [
        'deny["A.b"] if input.purpose',
        'deny["A.b"] := "text"',
        'deny contains "A.b"',
        "deny if input.purpose",
        'deny := {"A.b": {"text"}}',
        "default deny := {}",
        'deny(_) := {"A.b"}',
        'deny_use["A.b"].select if input.purpose',
        'deny_use["A.b"] contains "select"',
        'mask["A.b"] := false',
        'mask["A.b"] if input.purpose',
        'mask["A.b"] contains "range"',
        'filters["A"] if input.purpose',
        'filters contains {"A": {"field": "code", "op": "eq", "value": "1"}}',
    ],
)
async def test_what_is_not_written_as_it_is_read_is_refused(
    engine: Literal["embedded", "opa"], rule: str
) -> None:
    source = _with("datong/departments/a.rego", f"{OWN}\n\n{rule}\n")

    with pytest.raises(PolicyFault, match=r"departments/a\.rego:3: \w+ is not written as `"):
        await Building(Access(engine=engine)).build(source, Catalogue({}))


@pytest.mark.parametrize(
    "rule",
    [
        'deny["A.b"] contains "text" if input.purpose',
        "deny[c] contains input.purpose if some c, _ in input.fields",
        'deny_use["A.b"].select contains "text"',
        'deny_use["A.b"][use] contains "text" if some use in {"filter", "sort"}',
        'mask["A.b"] := "range"',
        'mask["A.b"] = name if some name in {"range"}',
        'mask["A.b"] := data.catalogue.masks["A.b"]',
        'filters["A"] contains {"field": "code", "op": "eq", "value": "1"}',
        "own := true",
    ],
)
def test_what_is_written_as_it_is_read_is_taken(rule: str) -> None:
    source = _with("datong/departments/a.rego", f"{OWN}\n\n{rule}\n")
    release = make_release(source, Catalogue({}))

    check_rules(release)
    EmbeddedEngine(release)
