"""Canonical bytes of records, and the digests that they hold instead of values."""

import hmac
import json

import pytest
from graphql import parse

from federation.audit import (
    AuditedCaller,
    AuditedOperation,
    AuditedVerdicts,
    AuditRecord,
    MalformedRecord,
    NameHashes,
    Outcome,
    RecordKind,
    TouchedEntities,
    canonical_bytes,
    digest_key_id,
    digests,
    keyed_digest,
    plain_text,
    read_record,
    text_without_literals,
)

RECORD = AuditRecord(
    kind=RecordKind.RELEASE,
    request_id="r-1",
    at=1_700_000_000_123,
    caller=AuditedCaller(id="bank-app", department="heming_bank"),
    operation=AuditedOperation(kind="query", digest="ab" * 32, name="LoanPreApproval"),
    purpose="loan-pre-approval",
    consents=("c-1",),
    verdicts=(
        AuditedVerdicts(
            effect="allow", rule="grants", coordinates=("Citizen.loanLimit", "Citizen.name")
        ),
        AuditedVerdicts(effect="mask", rule="masking", coordinates=("Citizen.idNumber",)),
        AuditedVerdicts(
            effect="allow", rule="sharing", coordinates=("Citizen.income",), use="join"
        ),
        AuditedVerdicts(effect="allow", rule="clearance", coordinates=("Region.name",)),
    ),
    subgraphs=("housing_fund", "tax"),
    policy_revision="7:abc",
    schema_revision="def",
    outcome=Outcome.PARTIAL,
    duration=17,
    masked=1,
    filtered=2,
    entities=(TouchedEntities(type="Citizen", by="subject", digests=("00" * 16,)),),
)


def test_canonical_bytes_read_back_as_the_same_record() -> None:
    assert read_record(canonical_bytes(RECORD)) == RECORD


def test_canonical_bytes_are_json_with_sorted_members_and_without_white_space() -> None:
    body = canonical_bytes(RECORD)

    parsed = json.loads(body)
    expected = json.dumps(parsed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert body == expected.encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        canonical_bytes(RECORD).replace(b'"at":', b'"at": '),
        canonical_bytes(RECORD).replace(b'"part":0,', b""),
        canonical_bytes(RECORD).replace(b'"release"', b'"other"'),
    ],
    ids=["empty", "no members", "white space", "default left out", "unknown kind"],
)
def test_bytes_in_another_form_are_no_record(body: bytes) -> None:
    with pytest.raises(MalformedRecord):
        read_record(body)


def test_counts_sum_the_coordinates_of_each_effect_over_all_rules() -> None:
    assert RECORD.counts == {"allow": 3, "mask": 1}


def test_keyed_digest_differs_by_key_by_kind_and_by_value() -> None:
    key = b"k" * 32
    digest = keyed_digest(key, "Citizen", "990102199001011234")

    others = {
        keyed_digest(b"l" * 32, "Citizen", "990102199001011234"),
        keyed_digest(key, "Company", "990102199001011234"),
        keyed_digest(key, "Citizen", "990102199001011235"),
        # The border between kind and value counts.
        keyed_digest(key, "Citizen9", "90102199001011234"),
    }
    assert digest not in others
    assert len(others) == 4
    assert digest == keyed_digest(key, "Citizen", "990102199001011234")
    assert "990102199001011234" not in digest


def test_operation_text_keeps_names_and_loses_every_literal() -> None:
    document = parse(
        """
        # a comment with 990102199001011234
        query Find($id: IdNumber = "990102199001011234") {
          citizen(idNumber: "990102199001011234") { name }
          citizens(first: 42, where: {regions: ["990102", "990103"], sex: FEMALE, share: 0.5}) {
            totalCount
          }
          note(text: \"\"\"long 990102199001011234\"\"\")
        }
        """
    )

    text = text_without_literals(document)

    assert "990102" not in text
    assert "42" not in text
    assert "0.5" not in text
    assert "citizen(idNumber:" in text
    assert "FEMALE" in text
    assert text_without_literals(parse(text)) == text


def test_operations_that_differ_in_literals_alone_have_one_text() -> None:
    one = parse('{ citizens(in: ["1", "2"], first: 3) { name } }')
    two = parse("{ citizens(in: [], first: 500) { name } }")

    assert text_without_literals(one) == text_without_literals(two)


@pytest.mark.parametrize("size", [32, 64, 65, 200])
def test_keyed_digest_is_the_hmac_that_the_documentation_tells(size: int) -> None:
    key = bytes(range(size))

    digest = keyed_digest(key, "subject", "990102199001011234")

    message = b"subject\x00990102199001011234"
    assert digest == hmac.digest(key, message, "sha256")[:16].hex()


def test_the_name_of_a_key_is_its_digest_of_nothing_that_has_a_name() -> None:
    key = bytes(range(32))

    assert digest_key_id(key) == hmac.digest(key, b"check\x00", "sha256")[:8].hex()
    assert digest_key_id(key) != digest_key_id(bytes(32))


def test_remembered_names_have_the_digests_of_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "_REMEMBERED", 5)
    key = b"k" * 32
    hashes = NameHashes(key)

    for kind, names in [
        ("subject", ["1x", "2", "3"]),
        ("subject", ["3", "1x"]),
        ("key id", ["3"]),
        ("subject", ["4", "2", "5"]),
        ("subject", list("abcdefgh")),
        ("subject", ["a", "1x"]),
        ("subject", []),
    ]:
        expected = [keyed_digest(key, kind, plain_text(name)) for name in names]
        assert hashes.of(kind, names, plain_text) == expected
        assert sum(map(len, hashes._known.values())) <= 5  # noqa: SLF001 - what it may keep
