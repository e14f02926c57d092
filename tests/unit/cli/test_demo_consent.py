"""The consent that the demo gives an app developer to try."""

from pathlib import Path

import jwt
import pytest
from typer.testing import CliRunner

from federation.cli.app import app
from federation.cli.demo.keys import CONSENT_ISSUER, load_keys
from subgraphs.world.demo import CONSENTING


def test_it_is_signed_for_the_bank_and_its_purpose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    done = CliRunner().invoke(app, ["demo", "consent"])

    assert done.exit_code == 0
    claims = jwt.decode(
        done.stdout.strip(),
        load_keys().consent.public_key(),
        algorithms=["EdDSA"],
        audience="bank-app",
        issuer=CONSENT_ISSUER,
    )
    assert (claims["sub"], claims["purpose"]) == (CONSENTING.id_number, "loan-pre-approval")
    assert "Citizen.loanLimit" in claims["fields"]
    assert CONSENTING.id_number in done.stderr
