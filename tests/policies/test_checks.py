"""Rules that no engine may decide by are refused before one is asked, whichever it is."""

from dataclasses import replace
from typing import Literal

import pytest

from federation.catalogue import Catalogue
from federation.gateway.deciding import Building
from federation.gateway.engines import PolicyFault, PolicySource, load_policies
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
