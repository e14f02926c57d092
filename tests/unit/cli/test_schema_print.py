"""`datong schema print`: the whole schema, or what one caller can get of it."""

from pathlib import Path

import pytest
from graphql import GraphQLObjectType, GraphQLSchema, build_schema

from tests.support.demo_schema import demo_supergraph
from tests.unit.cli.test_commands import Done, datong


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("schema") / "all.graphql"
    file.write_text(demo_supergraph())
    return file


def printed(schema: Path, *arguments: str) -> Done:
    return datong(schema.parent, "schema", "print", *arguments, "--supergraph", str(schema))


def fields(schema: GraphQLSchema, type_name: str) -> set[str]:
    definition = schema.type_map.get(type_name)
    return set(definition.fields) if isinstance(definition, GraphQLObjectType) else set()


def test_a_caller_gets_less_than_there_is_and_is_told_of_masks(schema: Path) -> None:
    whole = build_schema(printed(schema).stdout)
    done = printed(schema, "--caller", "county-officer", "--purpose", "data-return")
    own = build_schema(done.stdout)

    assert done.returncode == 0, done.stderr
    assert "idNumber" in fields(own, "Citizen") < fields(whole, "Citizen")
    assert "annualIncome" not in done.stdout
    assert "Masked for this caller: last4." in done.stdout


def test_without_a_purpose_there_is_less_to_see(schema: Path) -> None:
    own = build_schema(printed(schema, "--caller", "county-officer").stdout)

    assert "name" not in fields(own, "Citizen")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ("--caller", "county-officer", "--purpose", "nonsense"),
            "the policies know no such purpose; they know",
        ),
        (("--purpose", "data-return"), "say whose by --caller"),
        (("--consent", "990102198805120012"), "say whose by --caller"),
    ],
)
def test_a_purpose_that_cannot_be_meant_is_wrong_usage(
    schema: Path, arguments: tuple[str, ...], says: str
) -> None:
    done = printed(schema, *arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
