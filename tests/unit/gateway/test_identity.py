"""Who is believed, for which purpose, and with whose consent."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jwt
import pytest
from starlette.datastructures import Headers

from federation.access import Caller
from federation.errors import Forbidden, Unauthenticated
from federation.gateway.access_log import AccessLog
from federation.gateway.identity import Identifier
from federation.gateway.keys import KeysUnavailable
from federation.gateway.revocations import RevocationsUnavailable
from federation.gateway.settings import Identity
from tests.support.issuer import Issuer

NOW = 1_800_000_000
SECRET = "a shared secret that is long enough for it"


class Desk:
    """An identifier with its issuers and a clock that tests set."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.now = float(NOW)
        self.folder = folder
        self.issuer, self.consents = Issuer(NOW), Issuer(NOW)
        self.identifier = Identifier(
            Identity(
                jwks=self.issuer.publish(folder / "jwks.json"),
                consent_jwks=self.consents.publish(folder / "consent.jwks.json"),
                **settings,
            ),
            lambda caller, purpose: purpose == f"granted-to-{caller.department}",
            lambda: self.now,
        )

    async def identify(self, token: str | None = None, *more: tuple[str, str]) -> Any:
        pairs = [("authorization", f"Bearer {token or self.issuer.token()}"), *more]
        raw = [(name.encode(), value.encode()) for name, value in pairs]
        return await self.identifier.identify(Headers(raw=raw))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


async def test_a_signed_token_makes_a_caller(desk: Desk) -> None:
    asker = await desk.identify(desk.issuer.token(roles=["clerk"], region="990102"))

    assert asker.caller == Caller(
        id="bank-app",
        kind="application",
        department="heming_bank",
        region="990102",
        roles=frozenset({"clerk"}),
        clearance=2,
    )
    assert (asker.purpose, asker.consents, asker.now) == (None, (), NOW)


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"scope": "read:city  write:city"}, {"read:city", "write:city"}),
        ({"scopes": ["read:city"], "scope": "audit"}, {"read:city", "audit"}),
        ({"scopes": "read:city", "scope": ["audit"]}, set()),
    ],
)
async def test_scopes_come_as_a_list_or_as_oauths_text(
    desk: Desk, claims: dict[str, Any], scopes: set[str]
) -> None:
    asker = await desk.identify(desk.issuer.token(**claims))

    assert asker.caller.scopes == scopes


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"exp": NOW - 60}, "expired"),
        ({"nbf": NOW + 60}, "not valid yet"),
        ({"iat": NOW + 60}, "not valid yet"),
        ({"iss": "https://elsewhere.example"}, "issuer"),
        ({"aud": "another-gateway"}, "audience"),
        ({"exp": None}, "it lacks the claim exp"),
        ({"sub": None}, "it lacks the claim sub"),
        ({"exp": "tomorrow"}, "no number"),
        ({"exp": True}, "no number"),
        ({"exp": float("nan")}, "no number"),
        ({"nbf": float("nan")}, "no number"),
        ({"kind": "robot"}, "its kind is neither person nor application"),
        ({"kind": ["person"]}, "its kind is neither"),
    ],
)
async def test_a_token_that_does_not_hold_is_refused_and_says_why(
    desk: Desk, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(Unauthenticated, match=said):
        await desk.identify(desk.issuer.token(**changes))


async def test_a_token_of_another_key_is_refused(desk: Desk) -> None:
    with pytest.raises(Unauthenticated, match="key"):
        await desk.identify(Issuer(NOW).token())


async def test_a_forged_signature_is_refused(desk: Desk) -> None:
    head, body, _ = desk.issuer.token().split(".")
    _, _, other = desk.issuer.token(clearance=4).split(".")

    with pytest.raises(Unauthenticated, match="signature"):
        await desk.identify(f"{head}.{body}.{other}")


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
async def test_unsigned_and_symmetric_tokens_are_refused(desk: Desk, algorithm: str) -> None:
    kid = desk.issuer.jwks["keys"][0]["kid"]
    key = "" if algorithm == "none" else SECRET
    claims = {"iss": "https://issuer.heming.example", "aud": "datong", "sub": "x", "exp": NOW + 9}
    token = jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid})

    with pytest.raises(Unauthenticated):
        await desk.identify(token)


@pytest.mark.parametrize("value", ["", "Bearer", "Basic abc", "Bearer not.a.token"])
async def test_anything_but_a_bearer_token_is_refused(desk: Desk, value: str) -> None:
    with pytest.raises(Unauthenticated):
        await desk.identifier.identify(Headers({"authorization": value}))


async def test_no_token_is_refused(desk: Desk) -> None:
    with pytest.raises(Unauthenticated, match="Authorization"):
        await desk.identifier.identify(Headers())


async def test_a_token_that_was_believed_before_still_expires(desk: Desk) -> None:
    token = desk.issuer.token(exp=NOW + 10)
    await desk.identify(token)

    desk.now = NOW + 20
    with pytest.raises(Unauthenticated, match="expired"):
        await desk.identify(token)


async def test_a_rotated_key_is_found_and_the_old_one_is_forgotten(desk: Desk) -> None:
    old = desk.issuer.token()
    await desk.identify(old)
    desk.issuer.rotate()
    desk.issuer.publish(desk.folder / "jwks.json")

    desk.now = NOW + 11
    asker = await desk.identify(desk.issuer.token())

    assert asker.caller.id == "bank-app"
    with pytest.raises(Unauthenticated):
        await desk.identify(old)


async def test_keys_that_cannot_be_read_are_our_fault_not_the_callers(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    (tmp_path / "jwks.json").unlink()

    with pytest.raises(KeysUnavailable) as missing:
        await desk.identify()
    (tmp_path / "jwks.json").write_text("{}")
    with pytest.raises(KeysUnavailable) as empty:
        await desk.identify()
    (tmp_path / "jwks.json").write_text('{"keys": [{"kid": "a", "kty": "OKP", "crv": "Ed25519"}]}')
    with pytest.raises(KeysUnavailable) as damaged:
        await desk.identify()

    told = [each.value.detail.removeprefix(f"{tmp_path}/jwks.json: ") for each in (missing, empty)]
    assert told == [
        "No such file or directory",
        "no JWKS: a JSON object with a list `keys` is expected",
    ]
    assert "one of the keys is damaged" in damaged.value.detail
    assert {each.value.message for each in (missing, empty, damaged)} == {
        "the keys of the token issuer cannot be read"
    }


def test_the_log_alone_says_which_keys_cannot_be_read(caplog: pytest.LogCaptureFixture) -> None:
    AccessLog().unavailable("r", KeysUnavailable("jwks.json: No such file or directory"))

    line = json.loads(caplog.messages[-1])
    assert line["why"] == "the keys of the token issuer cannot be read"
    assert line["detail"] == "jwks.json: No such file or directory"


async def test_kept_keys_survive_an_issuer_that_is_down(desk: Desk) -> None:
    await desk.identify()
    (desk.folder / "jwks.json").unlink()

    desk.now = NOW + 400
    asker = await desk.identify()

    assert asker.caller.id == "bank-app"


@pytest.mark.parametrize("purpose", ["loan-pre-approval", "granted-to-heming_bank"])
async def test_a_purpose_counts_when_token_or_grant_allow_it(desk: Desk, purpose: str) -> None:
    asker = await desk.identify(None, ("datong-purpose", purpose))

    assert asker.purpose == purpose


@pytest.mark.parametrize("purpose", ["case-handling", "no-such-purpose", ""])
async def test_a_foreign_or_unknown_purpose_is_refused_not_ignored(
    desk: Desk, purpose: str
) -> None:
    with pytest.raises(Forbidden):
        await desk.identify(None, ("datong-purpose", purpose))


PURPOSE = ("datong-purpose", "loan-pre-approval")


async def test_verified_consents_become_facts(desk: Desk) -> None:
    second = desk.consents.consent(jti="consent-2", sub="someone else")

    asker = await desk.identify(
        None, PURPOSE, ("datong-consent", desk.consents.consent()), ("datong-consent", second)
    )

    assert [consent.id for consent in asker.consents] == ["consent-1", "consent-2"]
    assert asker.consents[0].to_json() == {
        "id": "consent-1",
        "subject": "990102198805120013",
        "purpose": "loan-pre-approval",
        "fields": {"Citizen.name": True},
        "expires": NOW + 600,
    }


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"exp": NOW - 60}, "consent_invalid"),
        ({"nbf": NOW + 60}, "consent_invalid"),
        ({"iss": "https://issuer.heming.example"}, "consent_invalid"),
        ({"aud": "another-app"}, "consent_invalid"),
        ({"jti": None}, "consent_invalid"),
        ({"fields": []}, "consent_invalid"),
        ({"purpose": "case-handling"}, "consent_other_purpose"),
    ],
)
async def test_a_consent_that_does_not_hold_refuses_the_request(
    desk: Desk, changes: dict[str, Any], reason: str
) -> None:
    consent = desk.consents.consent(**changes)

    with pytest.raises(Forbidden) as refused:
        await desk.identify(None, PURPOSE, ("datong-consent", consent))

    assert refused.value.extensions["reasons"] == [reason]


async def test_a_consent_that_was_believed_of_one_caller_is_not_of_another(desk: Desk) -> None:
    consent = desk.consents.consent(aud="bank app")
    owner, other = desk.issuer.token(sub="bank app"), desk.issuer.token(sub="bank")
    asker = await desk.identify(owner, PURPOSE, ("datong-consent", consent))
    assert len(asker.consents) == 1

    for borrowed in (consent, f"app {consent}"):
        with pytest.raises(Forbidden) as refused:
            await desk.identify(other, PURPOSE, ("datong-consent", borrowed))
        assert refused.value.extensions["reasons"] == ["consent_invalid"]


async def test_a_consent_without_a_purpose_in_the_request_is_refused(desk: Desk) -> None:
    with pytest.raises(Forbidden):
        await desk.identify(None, ("datong-consent", desk.consents.consent()))


async def test_a_consent_signed_by_the_callers_issuer_is_refused(desk: Desk) -> None:
    with pytest.raises(Forbidden):
        await desk.identify(None, PURPOSE, ("datong-consent", desk.issuer.consent()))


async def test_a_revoked_consent_is_refused_from_the_next_request_on(tmp_path: Path) -> None:
    revoked = tmp_path / "revoked"
    revoked.write_text("")
    desk = Desk(tmp_path, revoked_consents_file=str(revoked))
    header = ("datong-consent", desk.consents.consent())
    await desk.identify(None, PURPOSE, header)

    revoked.write_text("consent-1\n")
    with pytest.raises(Forbidden) as refused:
        await desk.identify(None, PURPOSE, header)

    assert refused.value.extensions["reasons"] == ["consent_revoked"]


async def test_a_list_of_revoked_consents_is_read_anew_when_another_takes_its_place(
    tmp_path: Path,
) -> None:
    revoked, copy = tmp_path / "revoked", tmp_path / "copy"
    revoked.write_text("consent-2\n")
    desk = Desk(tmp_path, revoked_consents_file=str(revoked))
    header = ("datong-consent", desk.consents.consent())
    await desk.identify(None, PURPOSE, header)

    copy.write_text("consent-1\n")
    os.utime(copy, ns=(0, revoked.stat().st_mtime_ns))
    copy.replace(revoked)
    with pytest.raises(Forbidden):
        await desk.identify(None, PURPOSE, header)


async def test_a_list_of_revoked_consents_that_is_no_text_is_none(tmp_path: Path) -> None:
    revoked = tmp_path / "revoked"
    revoked.write_bytes(b"\xff\n")
    desk = Desk(tmp_path, revoked_consents_file=str(revoked))

    with pytest.raises(RevocationsUnavailable):
        await desk.identify(None, PURPOSE, ("datong-consent", desk.consents.consent()))
