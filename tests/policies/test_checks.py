"""Rules that no engine may decide by are refused before one is asked, whichever it is."""

from dataclasses import replace
from typing import Literal

import pytest

from federation.catalogue import Catalogue
from federation.gateway.deciding import Building
from federation.gateway.engines import PolicyFault, PolicySource, load_policies
from federation.gateway.settings import Access

SOURCE = load_policies()


def _with(name: str, text: str) -> PolicySource:
    return replace(SOURCE, modules={**SOURCE.modules, name: text})


@pytest.mark.parametrize("engine", ["embedded", "opa"])
async def test_a_denial_by_a_fact_that_is_not_sent_is_refused(
    engine: Literal["embedded", "opa"],
) -> None:
    rule = 'deny["Citizen.name"] contains "x" if input.caller.shoe_size != 42'
    source = _with("datong/departments/a.rego", f"package datong.departments.a\n\n{rule}\n")

    with pytest.raises(PolicyFault, match=r"input\.caller\.shoe_size"):
        await Building(Access(engine=engine)).build(source, Catalogue({}))
