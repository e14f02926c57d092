"""Records as files for others, and the digest of such a file."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection

from federation.audit import REGISTER, AuditedVerdicts, AuditRecord, read_register, time_text
from federation.gateway.audit.progress import Progress, Told, read_spans, tell_nobody
from federation.gateway.audit.search import FoundRecord, Wanted, departments, search
from federation.gateway.audit.tables import (
    PAGE,
    read_chains,
    read_entries,
    read_heads,
    read_operations,
    read_signed_chains,
)


class ExportFormat(StrEnum):
    """What a file holds.

    Attributes:
        JSONL: A record in each line, with its place and hash.
        CSV: The same as a table, for spreadsheets.
        VERIFIABLE: Everything that the verifier reads, a JSON object in each line.
    """

    JSONL = "jsonl"
    CSV = "csv"
    VERIFIABLE = "verifiable"


def export_records(
    connection: Connection,
    wanted: Wanted,
    format: ExportFormat,  # noqa: A002
    write: Callable[[bytes], Any],
    told: Told = tell_nobody,
) -> tuple[int, str]:
    """Write what is wanted, a line at a time.

    Returns:
        How many lines, and the SHA-256 of all bytes in hex.
    """
    lines = {
        ExportFormat.JSONL: _jsonl,
        ExportFormat.CSV: _csv,
        ExportFormat.VERIFIABLE: _verifiable,
    }[format]
    hasher, count = hashlib.sha256(), 0
    for line in lines(connection, wanted, told):
        hasher.update(line)
        write(line)
        count += 1
    return count, hasher.hexdigest()


def _jsonl(connection: Connection, wanted: Wanted, told: Told) -> Iterator[bytes]:
    for found in search(connection, wanted, told):
        yield _line(
            {
                "chain": found.chain,
                "sequence": found.sequence,
                "digest": found.digest.hex(),
                "record": msgspec.Raw(found.body),
            }
        )


def _csv(connection: Connection, wanted: Wanted, told: Told) -> Iterator[bytes]:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for found in search(connection, wanted, told):
        yield _taken(text)
        writer.writerow([_safe(str(make(found))) for make in _COLUMNS.values()])
    yield _taken(text)


def _taken(text: io.StringIO) -> bytes:
    line = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return line


def _safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _verifiable(connection: Connection, _: Wanted, told: Told) -> Iterator[bytes]:
    chains = sorted(read_chains(connection) | read_signed_chains(connection))
    register = read_register(read_entries(connection, REGISTER))
    progress = Progress(read_spans(connection, {*chains} - {REGISTER}, register), told)
    for chain in chains:
        for entry in read_entries(connection, chain):
            if entry.sequence % PAGE == 0:
                progress.reach(chain, entry.sequence)
            yield _line(
                {
                    "entry": {
                        "chain": chain,
                        "sequence": entry.sequence,
                        "previous": entry.previous.hex(),
                        "digest": entry.digest.hex(),
                        "body": entry.body.decode(errors="replace"),
                    }
                }
            )
        progress.end(chain)
        for signed in read_heads(connection, chain):
            yield _line(
                {
                    "head": {
                        "chain": chain,
                        "sequence": signed.head.sequence,
                        "digest": signed.head.digest.hex(),
                        "at": signed.at,
                        "key_id": signed.key_id,
                        "signature": signed.signature.hex(),
                    }
                }
            )
    for digest, text in read_operations(connection):
        yield _line({"operation": {"digest": digest, "text": text}})


def _line(value: dict[str, Any]) -> bytes:
    return msgspec.json.encode(value) + b"\n"


def _fields(groups: Iterable[AuditedVerdicts]) -> str:
    return " ".join(sorted({each for group in groups for each in group.coordinates}))


def _read(record: AuditRecord, effect: str) -> str:
    """Coordinates that were allowed or masked, to be read."""
    groups = (each for each in record.verdicts if each.is_reading)
    return _fields(group for group in groups if group.effect == effect)


def _used(record: AuditRecord) -> str:
    """Coordinates that might be searched by, or computed with."""
    groups = (each for each in record.verdicts if not each.is_reading)
    return _fields(group for group in groups if group.effect != "deny")


def _denied(record: AuditRecord) -> str:
    return _fields(group for group in record.verdicts if group.effect == "deny")


def _objects(record: AuditRecord) -> str:
    return " ".join(f"{each.type}={len(each.digests)}" for each in record.entities)


_COLUMNS: dict[str, Callable[[FoundRecord], object]] = {
    "at": lambda found: found.record.at,
    "time": lambda found: time_text(found.record.at),
    "kind": lambda found: found.record.kind.value,
    "outcome": lambda found: found.record.outcome.value,
    "request": lambda found: found.record.request_id,
    "part": lambda found: found.record.part,
    "caller": lambda found: found.record.caller.id,
    "caller_department": lambda found: found.record.caller.department,
    "purpose": lambda found: found.record.purpose or "",
    "operation": lambda found: found.record.operation.kind,
    "operation_name": lambda found: found.record.operation.name,
    "operation_digest": lambda found: found.record.operation.digest,
    "allowed": lambda found: _read(found.record, "allow"),
    "masked": lambda found: _read(found.record, "mask"),
    "used": lambda found: _used(found.record),
    "denied": lambda found: _denied(found.record),
    "departments": lambda found: " ".join(sorted(departments(found.record))),
    "asked": lambda found: " ".join(found.record.subgraphs),
    "objects": lambda found: _objects(found.record),
    "persons_sought": lambda found: len(found.record.subjects),
    "masked_values": lambda found: found.record.masked,
    "filtered_rows": lambda found: found.record.filtered,
    "codes": lambda found: " ".join(found.record.codes),
    "consents": lambda found: " ".join(found.record.consents),
    "duration_ms": lambda found: found.record.duration,
    "policy_revision": lambda found: found.record.policy_revision,
    "schema_revision": lambda found: found.record.schema_revision,
    "chain": lambda found: found.chain,
    "sequence": lambda found: found.sequence,
    "digest": lambda found: found.digest.hex(),
}
