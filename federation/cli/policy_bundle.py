"""`datong policy bundle`: what a stock OPA loads, as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from federation.cli.option_groups import with_groups
from federation.cli.policy_options import (
    Format,
    FormatOption,
    ReleaseOptions,
    plain,
    policy_failure,
    read_catalogue,
    read_revoked,
    read_source,
    stdout,
)
from federation.cli.report import failure, print_json, schema_failure, usage_fault


@with_groups
def bundle(
    *,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Made when absent.")],
    key: Annotated[
        Path | None,
        typer.Option("--key", metavar="FILE", help="Signs them: PEM, curve P-256."),
    ] = None,
    given: ReleaseOptions,
    format: FormatOption = Format.TEXT,  # noqa: A002
) -> None:
    """Write the bundles policy, catalogue and grants for an OPA server, after trying them.

    Equal policies, schema, data and revocations give equal files, but for signatures. Start OPA
    with `opa run --server --bundle` and all three, and `--verification-key` with `--signing-alg
    ES256` where they are signed.
    """
    settings = given.settings()
    from federation.errors import SchemaError, Unavailable  # noqa: PLC0415
    from federation.gateway.engines import (  # noqa: PLC0415
        EmbeddedEngine,
        PolicyFault,
        build_bundles,
        bundle_signer,
        make_release,
        without_revoked,
    )

    signing = str(key) if key else settings.access.bundle_key_file

    try:
        revoked, number = read_revoked(settings)
        source = without_revoked(read_source(settings), revoked)
        release = make_release(source, read_catalogue(settings), number)
        EmbeddedEngine(release)
        bundles = build_bundles(release, bundle_signer(signing) if signing else None)
    except SchemaError as error:
        raise schema_failure(error) from None
    except PolicyFault as fault:
        raise policy_failure(fault) from None
    except Unavailable as error:
        raise failure(error) from None
    written = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, made in bundles.items():
            file = out / f"{name}.tar.gz"
            file.write_bytes(made.archive)
            written.append((name, str(file), made.revision, len(made.archive)))
    except OSError as error:
        raise usage_fault(f"--out {out}: cannot be written: {error.strerror}") from None
    if format is Format.JSON:
        keys = ("name", "file", "revision", "bytes")
        print_json({"bundles": [dict(zip(keys, each, strict=True)) for each in written]})
        return
    table = Table("bundle", "file", "revision", "bytes", box=None, padding=(0, 2, 0, 0))
    for each in written:
        table.add_row(*(plain(cell) for cell in each))
    stdout().print(table)
