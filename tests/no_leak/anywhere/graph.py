"""The graph that any gateway can be asked about: standard federation, and grades for ours.

Rights are said the way federation says them: a scope opens a field (`@requiresScopes`), and some
names are in no API schema (`@inaccessible`). Every value is one of a kind, to be found where it
shows.
"""

from typing import Any

SCOPE = "secrets"

_LINK = """
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@requires", "@external",
    "@inaccessible", "@requiresScopes"])
  @link(url: "https://specs.datong.dev/governance/v1.0", import: ["@classified", "@sharing"])
directive @classified(level: Int!, category: String) on OBJECT | FIELD_DEFINITION
directive @sharing(class: datong__SharingClass!, condition: String, legalBasis: String)
  on OBJECT | FIELD_DEFINITION
enum datong__SharingClass { UNCONDITIONAL CONDITIONAL NOT_SHARED }
"""
_SCOPED = f'@requiresScopes(scopes: [["{SCOPE}"]])'
_OPEN = "@classified(level: 1) @sharing(class: UNCONDITIONAL)"

PEOPLE = (
    (
        _LINK
        + """
type Query OPEN {
  mayor: Citizen
  citizens(mood: Mood): [Citizen!]!
  papers: [Paper!]!
}
type Mutation OPEN { rename(name: String!): Citizen }
type Citizen @key(fields: "id") @key(fields: "ledger") OPEN {
  id: ID!
  ledger: ID! @inaccessible
  vault: Vault @inaccessible
  name: String!
  age: Int
  mood: Mood
  father: Citizen
  phone: String SCOPED
  home: Home!
}
type Home OPEN { street: String! door: String! SCOPED }
type Vault @inaccessible { content: String }
enum Mood { CALM MOOD_UNHEARD_OF @inaccessible }
interface Paper { number: ID! }
type Licence implements Paper OPEN { number: ID! text: String }
type Sentence implements Paper OPEN {
  number: ID!
  text: String SCOPED
}
"""
    )
    .replace("OPEN", _OPEN)
    .replace("SCOPED", _SCOPED)
)

TAX = (
    (
        _LINK
        + """
type Citizen @key(fields: "ledger") OPEN {
  ledger: ID! @inaccessible
  income: Int SCOPED
  office: String
}
"""
    )
    .replace("OPEN", _OPEN)
    .replace("SCOPED", _SCOPED)
)

FUND = (
    (
        _LINK
        + """
type Citizen @key(fields: "id") OPEN {
  id: ID!
  income: Int @external
  limit: Int @requires(fields: "income") SCOPED
}
"""
    )
    .replace("OPEN", _OPEN)
    .replace("SCOPED", _SCOPED)
)

SDL = {"people": PEOPLE, "tax": TAX, "fund": FUND}


def without_scopes(sdl: str) -> str:
    """The same for gateways that know no scopes: everybody may read all but what is hidden."""
    return sdl.replace(', "@requiresScopes"', "").replace(_SCOPED, "")


_CITIZEN: dict[str, Any] = {
    "id": "BEN",
    "ledger": "LEDGER-BEN",
    "vault": {"content": "VAULT-BEN"},
    "name": "NAME-BEN",
    "age": 40,
    "mood": "CALM",
    "father": None,
    "phone": "PHONE-BEN",
    "home": {"street": "STREET-BEN", "door": "DOOR-BEN"},
}
ROWS: dict[str, dict[str, list[dict[str, Any]]]] = {
    "people": {
        "Citizen": [_CITIZEN],
        "Mutation": [{"rename": {"id": "BEN"}}],
        "Query": [
            {
                "mayor": {"id": "BEN"},
                "citizens": [{"id": "BEN"}],
                "papers": [
                    {"__typename": "Licence", "number": "L-1", "text": "TEXT-LICENCE"},
                    {"__typename": "Sentence", "number": "S-1", "text": "TEXT-SENTENCE"},
                ],
            }
        ],
    },
    "tax": {"Citizen": [{"ledger": "LEDGER-BEN", "income": 660_066, "office": "OFFICE-BEN"}]},
    "fund": {"Citizen": [{"id": "BEN", "limit": 550_055}]},
}
