"""Compositions kept on disk: equal to new ones, or not used."""

import hashlib
import os
import time
from pathlib import Path

import msgspec
import pytest

from federation.composition import SubgraphDocument, compose_documents
from federation.gateway.schema_cache import (
    SchemaCache,
    SubgraphText,
    composition_key,
    open_schema_cache,
)
from federation.gateway.settings import Schema
from federation.gateway.sources import SubgraphSource, compose_kept, keep, read_kept
from federation.supergraph import Supergraph, print_supergraph
from tests.support.cases import Case, composing_cases

TEXTS = [SubgraphText("a", "http://a", "type Query { a: Int }"), SubgraphText("b", "", "type B")]
KEY = composition_key(TEXTS)


@pytest.fixture(scope="module")
def supergraph() -> Supergraph:
    made = compose_documents([SubgraphDocument("a", "http://a", "type Query { a: Int }")])
    assert made.supergraph is not None
    return made.supergraph


@pytest.fixture
def cache(tmp_path: Path) -> SchemaCache:
    return SchemaCache(tmp_path / "kept", 1_000_000)


@pytest.mark.parametrize("case", composing_cases()[::5], ids=lambda case: case.id)
def test_what_is_read_is_what_was_kept(case: Case, tmp_path: Path) -> None:
    composed = compose_documents(case.subgraphs()).supergraph
    assert composed is not None
    cache = SchemaCache(tmp_path / "kept", 1_000_000)

    assert cache.keep(KEY, composed)

    found = cache.read(KEY)
    assert found == composed
    assert print_supergraph(found) == print_supergraph(composed)


def test_the_key_depends_on_every_part_and_not_on_the_order() -> None:
    others = [
        TEXTS[:1],
        [TEXTS[0], TEXTS[1]._replace(name="c")],
        [TEXTS[0], TEXTS[1]._replace(url="http://b")],
        [TEXTS[0], TEXTS[1]._replace(sdl="type C")],
        [SubgraphText("a", "http://atype", " Query { a: Int }"), TEXTS[1]],
    ]

    assert composition_key(reversed(TEXTS)) == KEY
    assert len({KEY, *map(composition_key, others)}) == len(others) + 1


def test_nothing_is_read_where_nothing_was_kept(cache: SchemaCache) -> None:
    assert cache.read(KEY) is None


def _damaged(content: bytes) -> list[bytes]:
    head = len(content) - len(content[53:])
    body = msgspec.msgpack.encode(["another key", *msgspec.msgpack.decode(content[head:])[1:]])
    foreign = msgspec.msgpack.encode({"graphs": "none"})
    magic = content[:21]
    return [
        b"",
        content[:-1],
        content[:60],
        content.replace(b"Query", b"Quer1"),
        b"x" + content[1:],
        magic + hashlib.sha256(body).digest() + body,
        magic + hashlib.sha256(foreign).digest() + foreign,
    ]


@pytest.mark.parametrize("index", range(7))
def test_a_damaged_or_foreign_entry_is_not_used_and_goes(
    index: int, cache: SchemaCache, supergraph: Supergraph
) -> None:
    cache.keep(KEY, supergraph)
    file = next(cache.folder.iterdir())
    file.write_bytes(_damaged(file.read_bytes())[index])

    assert cache.read(KEY) is None
    assert not file.exists()


@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_folder_that_others_can_write_is_not_used(
    mode: int, cache: SchemaCache, supergraph: Supergraph
) -> None:
    cache.keep(KEY, supergraph)
    cache.folder.chmod(mode)

    assert cache.read(KEY) is None
    assert not cache.keep(KEY, supergraph)


def test_the_entries_used_longest_ago_make_room(tmp_path: Path, supergraph: Supergraph) -> None:
    SchemaCache(tmp_path, 1_000_000).keep("0", supergraph)
    size = next(tmp_path.iterdir()).stat().st_size
    cache = SchemaCache(tmp_path, 3 * size)
    for age, name in enumerate("210"):
        cache.keep(name, supergraph)
        os.utime(tmp_path / f"{name}.composition", (time.time() - age,) * 2)

    cache.read("0")
    cache.keep("3", supergraph)

    assert {file.stem for file in tmp_path.iterdir()} == {"0", "2", "3"}
    assert not SchemaCache(tmp_path, size - 1).keep("4", supergraph)


def test_a_folder_that_cannot_be_made_keeps_nothing(tmp_path: Path, supergraph: Supergraph) -> None:
    (tmp_path / "file").write_text("")

    assert not SchemaCache(tmp_path / "file" / "kept", 1_000_000).keep(KEY, supergraph)


def test_the_settings_say_where_and_whether() -> None:
    named = open_schema_cache(Schema(cache_folder="/x"), {})
    of_user = open_schema_cache(Schema(), {"XDG_CACHE_HOME": "/cache"})
    of_home = open_schema_cache(Schema(), {"HOME": "/home/gateway"})

    assert named is not None
    assert named.folder == Path("/x")
    assert of_user is not None
    assert of_user.folder == Path("/cache/datong/compositions")
    assert of_home is not None
    assert of_home.folder == Path("/home/gateway/.cache/datong/compositions")
    assert open_schema_cache(Schema(cache_max_bytes=0), {}) is None


def test_only_what_took_its_time_is_kept(tmp_path: Path, supergraph: Supergraph) -> None:
    sources = (SubgraphSource("a", "http://a", "type Query { a: Int }"),)
    schema = Schema(cache_folder=str(tmp_path / "kept"))
    said: list[str] = []

    assert compose_kept(sources, schema, said.append) == supergraph
    keep(sources, schema, supergraph, 0.1)
    assert read_kept(sources, schema) is None
    keep(sources, schema, supergraph, 2.0)

    assert compose_kept(sources, schema, said.append) == supergraph
    assert len(said) == 1
