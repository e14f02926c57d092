"""Who is calling, for which purpose, and with whose consent: verified facts or a refusal."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Self

import jwt
from starlette.datastructures import Headers

from federation.access import Asker, Caller, ConsentFact
from federation.errors import Forbidden, Unauthenticated
from federation.gateway.bounded import Bounded
from federation.gateway.keys import KeySet
from federation.gateway.revocations import Revocations
from federation.gateway.settings import Identity

PURPOSE_HEADER = "datong-purpose"
CONSENT_HEADER = "datong-consent"
MAX_TOKEN_CHARACTERS = 16_384
MAX_CONSENTS = 20
_KEPT_TOKENS = 10_000

IsGranted = Callable[[Caller, str], bool]
"""Whether the policy data grants a purpose to a caller now, which is not in its token."""

GrantedPurposes = Mapping[str, Mapping[str, frozenset[tuple[float, float, frozenset[str] | None]]]]
"""By department and purpose, from when until when grants name it, and for which roles."""

KINDS = ("person", "application")
"""What callers can be, see ``schemas/input.json`` of the policies."""

ANONYMOUS = Caller(id="anonymous", kind="person")


class CallerRefused(Forbidden):
    """A known caller states a purpose or shows a consent that it may not use.

    Attributes:
        caller: Who, for the record of the refusal.
    """

    def __init__(self, caller: Caller, refusal: Forbidden) -> None:
        super().__init__(refusal.message, extensions=refusal.extensions)
        self.caller = caller


class UnknownKind(jwt.InvalidTokenError):
    """Claims that tell of a kind of caller that there is none of."""

    def __init__(self) -> None:
        super().__init__(f"its kind is neither {' nor '.join(KINDS)}")


@dataclass(frozen=True, slots=True)
class _Life:
    """From when until when a token holds, in seconds since the epoch."""

    start: float
    end: float

    @classmethod
    def read(cls, claims: Mapping[str, Any]) -> Self:
        """As the claims say.

        Raises:
            InvalidTokenError: They tell a time that is no number.
        """
        times = {name: claims[name] for name in ("exp", "nbf", "iat") if name in claims}
        for name, value in times.items():
            # Before NaN, which Python reads in JSON, nothing is ever over.
            is_finite = isinstance(value, int) or (isinstance(value, float) and isfinite(value))
            if isinstance(value, bool) or not is_finite:
                raise jwt.InvalidTokenError(f"its {name} is no number")
        never = float("-inf")
        return cls(max(times.get("nbf", never), times.get("iat", never)), times["exp"])

    def check(self, now: float, leeway: float) -> None:
        """Raise unless a token holds now.

        Raises:
            ExpiredSignatureError: No longer.
            ImmatureSignatureError: Not yet.
        """
        if self.end + leeway <= now:
            raise jwt.ExpiredSignatureError
        if self.start - leeway > now:
            raise jwt.ImmatureSignatureError


@dataclass(frozen=True, slots=True)
class CallerFacts:
    """What a caller's token says."""

    caller: Caller
    purposes: frozenset[str]

    def may_state(self, purpose: str, is_granted: IsGranted) -> bool:
        """Whether the purpose is one of this caller's, by its token or by the policy data."""
        return purpose in self.purposes or is_granted(self.caller, purpose)


@dataclass(frozen=True, slots=True)
class _Verified:
    """A token whose signature was found good.

    Attributes:
        kid: Of its key.
        generation: Of the keys among which that was.
        life: When it holds.
        facts: What its claims say.
    """

    kid: str
    generation: int
    life: _Life
    facts: Any


class Identifier:
    """Believes tokens and consents of the configured issuers."""

    def __init__(
        self,
        settings: Identity,
        is_granted: IsGranted,
        clock: Callable[[], float],
        is_revoked: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """Prepares.

        Args:
            settings: Issuers, keys and lists.
            is_granted: Purposes beside those in tokens.
            clock: Seconds since the epoch.
            is_revoked: Whether the policy store says so of a consent.
        """
        self._settings = settings
        self._is_granted = is_granted
        self._clock = clock
        self._is_revoked = is_revoked
        self._keys = KeySet(settings.jwks, settings.jwks_life_seconds, clock)
        self._consent_keys = (
            KeySet(settings.consent_jwks, settings.jwks_life_seconds, clock)
            if settings.consent_jwks
            else None
        )
        self._revoked = Revocations(settings.revoked_consents_file)
        self._verified: Bounded[bytes, _Verified] = Bounded(_KEPT_TOKENS)

    async def identify(self, headers: Headers) -> Asker:
        """The caller with its purpose and consents, all verified at this moment.

        Raises:
            Unauthenticated: No token, or one that cannot be believed.
            CallerRefused: A purpose or consent that this caller may not use.
            KeysUnavailable: The issuer's keys cannot be read.
        """
        facts = await self._verify_caller(headers)
        caller = facts.caller
        try:
            purpose = self._check_purpose(headers, facts)
            consents = await self._verify_consents(headers, caller, purpose)
        except Forbidden as refusal:
            raise CallerRefused(caller, refusal) from None
        return Asker(caller, purpose, consents, int(self._clock()))

    async def _verify_caller(self, headers: Headers) -> CallerFacts:
        values = headers.getlist("authorization")
        if not values:
            raise Unauthenticated("no token: send the header Authorization: Bearer <token>")
        scheme, _, token = values[0].partition(" ")
        if len(values) > 1 or scheme.lower() != "bearer" or not token.strip():
            raise Unauthenticated("the Authorization header must be one Bearer token")
        settings = self._settings
        try:
            verified = await self._verify(
                token.strip(), self._keys, (settings.issuer,), settings.audience, read_facts
            )
        except jwt.PyJWTError as error:
            raise Unauthenticated(f"the token is not accepted: {_explain(error)}") from None
        facts: CallerFacts = verified.facts
        return facts

    def _check_purpose(self, headers: Headers, facts: CallerFacts) -> str | None:
        values = headers.getlist(PURPOSE_HEADER)
        if not values:
            return None
        if len(values) > 1:
            raise Forbidden("a request has one purpose: the header Datong-Purpose is given twice")
        purpose = values[0].strip()
        if not facts.may_state(purpose, self._is_granted):
            raise Forbidden(
                "the purpose in the header Datong-Purpose is not one of this caller's",
                extensions={"reasons": ["purpose_not_allowed"]},
            )
        return purpose

    async def _verify_consents(
        self, headers: Headers, caller: Caller, purpose: str | None
    ) -> tuple[ConsentFact, ...]:
        tokens = [
            token.strip()
            for value in headers.getlist(CONSENT_HEADER)
            for token in value.split(",")
            if token.strip()
        ]
        if len(tokens) > MAX_CONSENTS:
            raise Forbidden(f"at most {MAX_CONSENTS} consents go with one request")
        return tuple([await self._verify_consent(token, caller, purpose) for token in tokens])

    async def _verify_consent(self, token: str, caller: Caller, purpose: str | None) -> ConsentFact:
        if self._consent_keys is None:
            raise _consent_refused("this gateway accepts no consents", "consent_not_accepted")
        try:
            verified = await self._verify(
                token,
                self._consent_keys,
                self._settings.consent_issuers,
                caller.id,
                _read_consent,
            )
            consent: ConsentFact = verified.facts
        except (jwt.PyJWTError, ValueError) as error:
            raise _consent_refused(_explain(error), "consent_invalid") from None
        if consent.purpose != purpose:
            raise _consent_refused("it was given for another purpose", "consent_other_purpose")
        if self._revoked.has(consent.id) or self._is_revoked(consent.id):
            raise _consent_refused("it was revoked", "consent_revoked")
        return consent

    async def _verify(
        self,
        token: str,
        keys: KeySet,
        issuers: tuple[str, ...],
        audience: str,
        read: Callable[[Mapping[str, Any]], Any],
    ) -> _Verified:
        """A token that holds now, and what ``read`` says of it.

        One verified before is only checked for time, and for its key being one of the issuer's.
        """
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise jwt.InvalidTokenError("it is too long")
        # With the length, or "a" and "b <token>" would be kept like "a b" and "<token>".
        told = f"{id(keys)} {len(audience)} {audience} {token}"
        digest = hashlib.sha256(told.encode()).digest()
        kept = self._verified.get(digest)
        kid = kept.kid if kept else str(jwt.get_unverified_header(token).get("kid"))
        key = await keys.find(kid)
        if key is None:
            raise jwt.InvalidTokenError("its key is not one of the issuer's")
        if kept is not None and kept.generation == keys.generation:
            kept.life.check(self._clock(), self._settings.leeway_seconds)
            return kept
        if key.algorithm_name not in self._settings.algorithms:
            raise jwt.InvalidAlgorithmError
        claims = jwt.decode(
            token,
            key,
            algorithms=[key.algorithm_name],
            audience=audience,
            issuer=issuers,
            # Time is checked against our own clock, which tests set.
            options={
                "require": ["exp", "iss", "aud", "sub"],
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
            },
        )
        life = _Life.read(claims)
        life.check(self._clock(), self._settings.leeway_seconds)
        verified = _Verified(kid, keys.generation, life, read(claims))
        return self._verified.put(digest, verified)


def read_caller(claims: Mapping[str, Any]) -> Caller:
    """The caller that verified claims describe; claims of a wrong type count as absent.

    Raises:
        UnknownKind: Absent it would be a person, and rules that stop applications would let it by.

    Source:
        RFC 8693, "scope": most issuers tell scopes in one text, parted by spaces.
    """
    clearance, kind = claims.get("clearance", 0), claims.get("kind", "person")
    if kind not in KINDS:
        raise UnknownKind
    return Caller(
        id=str(claims["sub"]),
        kind=kind,
        department=_text(claims, "department") or None,
        region=_text(claims, "region") or None,
        roles=frozenset(_texts(claims, "roles")),
        scopes=frozenset((*_texts(claims, "scopes"), *_text(claims, "scope").split())),
        clearance=clearance
        if isinstance(clearance, int) and not isinstance(clearance, bool)
        else 0,
    )


def read_facts(claims: Mapping[str, Any]) -> CallerFacts:
    """The caller that verified claims describe, with the purposes that they name.

    Raises:
        UnknownKind: See ``read_caller``.
    """
    return CallerFacts(read_caller(claims), frozenset(_texts(claims, "purposes")))


def holds_grant(granted: GrantedPurposes, caller: Caller, purpose: str, now: float) -> bool:
    """Whether a grant that holds now names the purpose, to the caller's department and its role.

    Args:
        granted: See ``engines.granted_purposes``.
        caller: Who states it.
        purpose: As stated.
        now: Seconds since the epoch.
    """
    spans = granted.get(caller.department or "", {}).get(purpose, ())
    return any(
        start <= now < end and (roles is None or not roles.isdisjoint(caller.roles))
        for start, end, roles in spans
    )


def _read_consent(claims: Mapping[str, Any]) -> ConsentFact:
    fields = _texts(claims, "fields")
    if not fields or not isinstance(claims.get("jti"), str):
        raise ValueError("it names no id (jti) or no fields")
    return ConsentFact(
        id=claims["jti"],
        subject=str(claims["sub"]),
        purpose=_text(claims, "purpose"),
        fields=frozenset(fields),
        expires=int(claims["exp"]),
    )


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def _texts(claims: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = claims.get(name)
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else ()


def _consent_refused(why: str, reason: str) -> Forbidden:
    return Forbidden(f"a consent is not accepted: {why}", extensions={"reasons": [reason]})


def _explain(error: Exception) -> str:
    """What is wrong with a token, without repeating any of it."""
    if isinstance(error, jwt.MissingRequiredClaimError):
        return f"it lacks the claim {error.claim}"
    known: dict[type[Exception], str] = {
        jwt.ExpiredSignatureError: "it has expired",
        jwt.ImmatureSignatureError: "it is not valid yet",
        jwt.InvalidAudienceError: "it was issued for another audience",
        jwt.InvalidIssuerError: "its issuer is not accepted",
        jwt.InvalidAlgorithmError: "its signature algorithm is not accepted",
        jwt.InvalidSignatureError: "its signature is wrong",
        jwt.DecodeError: "it is not a well-formed token",
    }
    return known.get(type(error)) or str(error)
