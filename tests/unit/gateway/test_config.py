"""Settings: defaults, file, environment, flags, and faults that say where and what."""

import dataclasses
import re
from pathlib import Path

import msgspec
import pytest

from federation.gateway.config import InvalidConfig, load_config
from federation.gateway.limits import build_limits
from federation.gateway.settings import Config, LimitSettings
from federation.operation import Limits


def test_nothing_given_is_a_complete_safe_configuration() -> None:
    config = load_config()

    assert config == Config()
    assert config.server.host == "127.0.0.1"
    assert config.access.engine == "embedded"


def test_flags_win_over_environment_over_file(tmp_path: Path) -> None:
    file = tmp_path / "datong.toml"
    file.write_text('[server]\nport = 1\nhost = "h"\nworkers = 3\n')

    config = load_config(
        file, {"DATONG_SERVER_PORT": "2", "DATONG_SERVER_HOST": "e"}, {"server": {"port": 9}}
    )

    assert (config.server.port, config.server.host, config.server.workers) == (9, "e", 3)


def test_environment_texts_become_the_types_of_their_settings() -> None:
    config = load_config(
        environment={
            "DATONG_HTTP_GET": "false",
            "DATONG_HTTP_FORWARDED_HEADERS": "traceparent, x-district",
            "DATONG_LIMITS_MAX_DEPTH": "7",
            "DATONG_SCHEMA_SUBGRAPHS": "tax=http://t,health=http://h",
            "DATONG_CONTEXT_JWKS": "belongs to a subgraph",
        }
    )

    assert config.http.get is False
    assert config.http.forwarded_headers == ("traceparent", "x-district")
    assert config.limits.max_depth == 7
    assert config.schema.subgraphs == {"tax": "http://t", "health": "http://h"}


@pytest.mark.parametrize(
    ("text", "fragments"),
    [
        ("[server]\nprt = 1", ("datong.toml", "server.prt", "port")),
        ("[servers]\nport = 1", ("datong.toml", "[servers]", "server")),
        ("[server]\nport = true", ("datong.toml", "server.port", "int")),
        ("[limits]\nmax_depth = 0", ("datong.toml", "limits.max_depth", "more than 0")),
        ("[http]\ndeadline_seconds = -1", ("http.deadline_seconds", "more than 0")),
        ("[access]\nsmallest_count = -5", ("access.smallest_count", "more than 0")),
        ("[identity]\nleeway_seconds = nan", ("identity.leeway_seconds", "nan")),
        ("[identity]\njwks_life_seconds = inf", ("identity.jwks_life_seconds", "inf")),
        ("[signing]\nlife_seconds = 61", ("signing.life_seconds", "60")),
        ('[access]\nengine = "opa"', ("access.opa_url", "OPA")),
        (
            '[access]\ncache_url = "redis.example:6379"\ncache_key_file = "a"',
            ("access.cache_url", "rediss://"),
        ),
        ("[server]\nadmin_port = 1", ("server.admin_token", "16")),
        ("port = 1", ("datong.toml", "port", "[server]")),
        ("[server", ("datong.toml", "TOML")),
        (
            '[schema]\nsubgraphs_file = "a"\nsupergraph_file = "b"',
            ("subgraphs_file and supergraph_file", "keep one"),
        ),
    ],
)
def test_a_fault_names_its_place_its_key_and_the_way_out(
    tmp_path: Path, text: str, fragments: tuple[str, ...]
) -> None:
    file = tmp_path / "datong.toml"
    file.write_text(text)

    with pytest.raises(InvalidConfig) as raised:
        load_config(file)

    assert all(fragment in str(raised.value) for fragment in fragments), str(raised.value)


@pytest.mark.parametrize("section", ["ACCES", "ACCESSS", "ACESS"])
def test_a_variable_of_a_section_that_is_misspelt_is_a_fault(section: str) -> None:
    with pytest.raises(InvalidConfig, match="DATONG_ACCESS_DISCLOSURE"):
        load_config(None, {f"DATONG_{section}_DISCLOSURE": "hidden"})


def test_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"absent\.toml"):
        load_config(tmp_path / "absent.toml")


def test_each_zero_that_the_reference_explains_may_be_configured() -> None:
    reference = Path(__file__).parents[3] / "docs/reference/config.md"
    explained = []
    for part in reference.read_text().split("\n## [")[1:]:
        section, _, rows = part.partition("]")
        explained += [
            (section, key)
            for key, text in re.findall(r"^\| `(\w+)` \|.*\| (.*) \|$", rows, re.MULTILINE)
            if re.search(r"[;,] 0 [a-z]", text)
        ]
    assert ("schema", "cache_max_bytes") in explained

    for section, key in explained:
        config = load_config(None, {f"DATONG_{section}_{key}".upper(): "0"})
        assert getattr(getattr(config, section), key) == 0


def test_configured_limits_have_the_defaults_of_the_parse_stage() -> None:
    assert build_limits(LimitSettings()) == Limits()
    names = {field.name for field in dataclasses.fields(Limits)} - {"page_arguments"}
    assert {field.name for field in msgspec.structs.fields(LimitSettings)} == names
