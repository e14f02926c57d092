"""The demo's eight departments over their small world, behind a gateway with its policies."""

from __future__ import annotations

import datetime
import json
import time
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from federation.composition import compose
from federation.gateway.audit.keys import head_key
from federation.gateway.settings import Audit, Config, Http, Identity, Signing
from federation.gateway.signing import ContextSigner, print_jwks
from federation.subgraph import load_subgraph
from subgraphs.__main__ import load_department
from subgraphs.toolkit.access_context import ContextVerifier, KeySet
from subgraphs.toolkit.app import build_app
from subgraphs.world.codes import identity_number
from subgraphs.world.departments import DEPARTMENTS
from subgraphs.world.store import database_url, ensure
from tests.no_leak.city import City, Gateway, Wire
from tests.support.departments import Client, served
from tests.support.departments import Gateway as Signer

NOBODY = identity_number("990102", datetime.date(1999, 1, 1), 999)
"""A number that could be somebody's, and is nobody's."""

LOAN = "loan-pre-approval"
LOAN_FIELDS = [
    "Citizen.idNumber",
    "Citizen.name",
    "Citizen.creditRating",
    "Citizen.housingFund",
    "HousingFundAccount.status",
    "HousingFundAccount.balance",
]


@dataclass
class Offices:
    """The served departments and their gateway."""

    gateway: Gateway
    ports: dict[str, int]
    key: Ed25519PrivateKey
    signer: ContextSigner

    def client(self, subgraph: str) -> Client:
        """Somebody on the department's own network."""
        return Client(self.ports[subgraph], subgraph, Signer())

    def bank(self, *consents: str, **claims: Any) -> dict[str, str]:
        """Headers of the bank's application with these consents."""
        token = self.gateway.city.issuer.token(**claims)
        headers = {"authorization": f"Bearer {token}", "datong-purpose": LOAN}
        return {**headers, "datong-consent": ", ".join(consents)} if consents else headers

    def consent(self, person: str, **changes: Any) -> str:
        """A consent of a person to everything that a loan needs."""
        return self.gateway.city.issuer.consent(
            **{"sub": person, "fields": LOAN_FIELDS, "jti": f"consent-{person}", **changes}
        )

    def officer(self, region: str, **claims: Any) -> dict[str, str]:
        """Headers of a county's officer."""
        facts = {
            "sub": f"officer-{region}",
            "kind": "person",
            "department": "county_990102",
            "region": region,
            "roles": ["county_officer"],
            "clearance": 3,
            "purposes": ["data-return"],
        }
        token = self.gateway.city.issuer.token(**{**facts, **claims})
        return {"authorization": f"Bearer {token}", "datong-purpose": "data-return"}

    def ask(self, query: str, headers: dict[str, str], **variables: Any) -> Wire:
        return self.gateway.ask(query, variables, headers)


def open_offices(city: City, environment: pytest.MonkeyPatch) -> Offices:
    """Departments and gateway, until the city closes."""
    folder = city.folder / "offices"
    folder.mkdir()
    environment.setenv("DATONG_HOME", str(folder))
    ensure(size="small")
    key = head_key(str(folder / "context.pem"))
    keys = folder / "context.json"
    keys.write_text(json.dumps(print_jwks(key.public_key())))
    ports, subgraphs = {}, []
    for name in DEPARTMENTS:
        department = load_department(name)
        app = build_app(
            department, database_url(name, size="small"), ContextVerifier(name, KeySet(str(keys)))
        )
        ports[name] = city.stack.enter_context(served(app))
        url = f"http://127.0.0.1:{ports[name]}/graphql"
        subgraphs.append(load_subgraph(name, url, department.schema.sdl))
    composition = compose(subgraphs)
    assert composition.supergraph is not None, composition.errors
    audit = folder / "audit.sqlite"
    config = Config(
        http=Http(console=False),
        identity=Identity(jwks=city.keys, consent_jwks=city.keys),
        signing=Signing(key_file=str(folder / "context.pem")),
        audit=Audit(database=f"sqlite+aiosqlite:///{audit}"),
    )
    gateway = Gateway(city, config, composition.supergraph, audit)
    return Offices(gateway, ports, key, ContextSigner(key, 60, 10, time.time))
