"""Reading the configuration: defaults, then `datong.toml`, then the environment, then flags."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from math import isfinite
from pathlib import Path
from typing import Any

import msgspec

from federation.gateway.settings import Config
from federation.gateway.text_files import UnreadableText, read_text

ENVIRONMENT_PREFIX = "DATONG_"


class InvalidConfig(Exception):
    """A setting cannot be used; the text names its place, its key and what to do."""


def load_config(
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, Mapping[str, Any]] | None = None,
) -> Config:
    """The settings that hold, the later source winning.

    Args:
        file: A TOML file with the sections of ``Config``; it must exist.
        environment: Variables ``DATONG_<SECTION>_<KEY>``; other names are ignored, except that an
            unknown key of a known section is an error, and a known key of one that is nearly
            written like its own. Lists are separated by commas.
        flags: Values by section and key, as the command line gave them.

    Raises:
        InvalidConfig: A file that is no TOML, an unknown key, a wrong type or an unusable value.
    """
    values: dict[str, dict[str, Any]] = {}
    places: dict[tuple[str, str], str] = {}
    sources = (_from_file(file), _from_environment(environment or {}), _from_flags(flags or {}))
    for source in sources:
        for place, section, key, value in source:
            values.setdefault(section, {})[key] = value
            places[section, key] = place
    config = _convert(values, places)
    _check(config, places)
    return config


_REDIS = ("redis://", "rediss://")

_Setting = tuple[str, str, str, Any]


def _from_file(file: Path | None) -> Iterator[_Setting]:
    if file is None:
        return
    try:
        document = tomllib.loads(read_text(file))
    except UnreadableText as fault:
        raise InvalidConfig(f"{fault}. Check --config.") from None
    except ValueError as error:
        raise InvalidConfig(f"{file}: not TOML: {error}") from None
    for section, keys in document.items():
        if not isinstance(keys, dict):
            raise InvalidConfig(
                f"{file}: {section} stands outside every section. Put it under one of "
                f"{', '.join(f'[{name}]' for name in Config.__struct_fields__)}."
            )
        for key, value in keys.items():
            yield str(file), section, key, value


def _from_environment(environment: Mapping[str, str]) -> Iterator[_Setting]:
    sections = {f"{name.upper()}_": name for name in Config.__struct_fields__}
    for variable in sorted(environment):
        if not variable.startswith(ENVIRONMENT_PREFIX):
            continue
        rest = variable.removeprefix(ENVIRONMENT_PREFIX)
        section = next((name for prefix, name in sections.items() if rest.startswith(prefix)), None)
        if section is not None:
            key = rest.removeprefix(f"{section.upper()}_").lower()
            yield variable, section, key, _read_text(section, key, environment[variable])
        elif (meant := _nearly(rest.lower())) is not None:
            raise InvalidConfig(f"{variable}: there is no such setting. Write {meant}.")


def _nearly(name: str) -> str | None:
    """The variable that one with a misspelt section must mean; departments have some of theirs."""
    for section in Config.__struct_fields__:
        for key in _section(section).__struct_fields__:
            if name.endswith(f"_{key}") and get_close_matches(
                name.removesuffix(f"_{key}"), [section], cutoff=0.8
            ):
                return f"{ENVIRONMENT_PREFIX}{section}_{key}".upper()
    return None


def _from_flags(flags: Mapping[str, Mapping[str, Any]]) -> Iterator[_Setting]:
    for section, keys in flags.items():
        for key, value in keys.items():
            yield f"--{key.replace('_', '-')}", section, key, value


def _read_text(section: str, key: str, text: str) -> Any:
    """An environment variable as the type of its setting wants it; lists are comma separated."""
    types = {field.name: field.type for field in msgspec.structs.fields(_section(section))}
    if str(types.get(key, "")).startswith(("tuple", "typing.Tuple")):
        return [part.strip() for part in text.split(",") if part.strip()]
    if str(types.get(key, "")).startswith("dict"):
        return dict(part.strip().split("=", 1) for part in text.split(",") if "=" in part)
    return text


def _section(name: str) -> type[msgspec.Struct]:
    field = next(field for field in msgspec.structs.fields(Config) if field.name == name)
    section: type[msgspec.Struct] = field.type
    return section


def _convert(
    values: Mapping[str, Mapping[str, Any]], places: Mapping[tuple[str, str], str]
) -> Config:
    sections: dict[str, Any] = {}
    for section, keys in values.items():
        place = next(place for (name, _), place in places.items() if name == section)
        if section not in Config.__struct_fields__:
            raise InvalidConfig(
                f"{place}: there is no section [{section}]. "
                f"Sections are {', '.join(Config.__struct_fields__)}."
            )
        known = _section(section)
        for key, value in keys.items():
            where = f"{places[section, key]}: {section}.{key}"
            if key not in known.__struct_fields__:
                raise InvalidConfig(
                    f"{where}: there is no such setting. [{section}] has "
                    f"{', '.join(known.__struct_fields__)}."
                )
            try:
                # Texts of the environment stand for numbers and booleans too.
                msgspec.convert({key: value}, known, strict=False)
            except msgspec.ValidationError as error:
                reason = str(error).split(" - at ")[0]
                raise InvalidConfig(f"{where}: {reason}") from None
        sections[section] = msgspec.convert(keys, known, strict=False)
    return Config(**sections)


def _check(config: Config, places: Mapping[tuple[str, str], str]) -> None:
    """Refuses values of the right type that cannot work."""
    for section, key, reason in (*_out_of_range(config), *_contradictions(config)):
        place = places.get((section, key), "settings")
        raise InvalidConfig(f"{place}: {section}.{key}: {reason}")


_MAY_BE_ZERO = frozenset(
    {"cache_max_bytes", "intent_after_seconds", "leeway_seconds", "watch_seconds"}
)


def _out_of_range(config: Config) -> Iterator[tuple[str, str, str]]:
    for section in Config.__struct_fields__:
        settings = getattr(config, section)
        for key in settings.__struct_fields__:
            value = getattr(settings, key)
            is_amount = section in {"limits", "cache"} or _is_amount(key)
            if is_amount and (value < 0 or (value == 0 and key not in _MAY_BE_ZERO)):
                yield section, key, f"must be more than 0, not {value}"
            if isinstance(value, float) and not isfinite(value):
                # With such a leeway no token would ever expire.
                yield section, key, f"must be a number, not {value}"
            if key.endswith("port") and not 0 <= value <= 65535:
                yield section, key, f"must be a port from 0 to 65535, not {value}"


def _is_amount(key: str) -> bool:
    return key.startswith(("max_", "smallest_")) or key.endswith(("_seconds", "_bytes"))


def _contradictions(config: Config) -> Iterator[tuple[str, str, str]]:
    if config.server.workers < 1:
        yield "server", "workers", "at least one process must answer"
    if config.signing.life_seconds > 60:
        yield "signing", "life_seconds", "subgraphs refuse contexts that live over 60 seconds"
    if config.access.engine == "opa" and not config.access.opa_url:
        yield "access", "opa_url", "name the OPA server, for example http://127.0.0.1:8181"
    if config.access.cache_url and not config.access.cache_url.startswith(_REDIS):
        yield "access", "cache_url", "write redis://host:6379/0, or rediss:// for TLS"
    if config.access.cache_url and not config.access.cache_key_file:
        yield "access", "cache_key_file", "who can write to Redis could give rights: name a secret"
    if config.server.admin_port and len(config.server.admin_token) < 16:
        yield "server", "admin_token", "the admin listener needs a token of 16 characters or more"
    for label, share in config.overrides.shares.items():
        if not 0 <= share <= 100:
            yield "overrides", "shares", f"{label} needs a share from 0 to 100, not {share:g}"
    sources = ("subgraphs", "subgraphs_file", "supergraph_file")
    given = [key for key in sources if getattr(config.schema, key)]
    if len(given) > 1:
        yield "schema", given[1], f"{' and '.join(given)} are both given; keep one"
