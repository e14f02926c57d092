"""Schemas and rows of the small city; every value is one of a kind, to be found where it shows."""

from typing import Any

_LINK = """
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@requires", "@external",
    "@shareable", "@interfaceObject", "@inaccessible"])
  @link(url: "https://specs.datong.dev/governance/v1.0", import: ["@classified", "@sharing",
    "@filters", "@derivedFrom", "@dataSubject", "@regionCode", "@derivation"])
directive @classified(level: Int!, category: String) on OBJECT | FIELD_DEFINITION
directive @sharing(class: datong__SharingClass!, condition: String, legalBasis: String)
  on OBJECT | FIELD_DEFINITION
enum datong__SharingClass { UNCONDITIONAL CONDITIONAL NOT_SHARED }
directive @dataSubject on FIELD_DEFINITION
directive @regionCode on FIELD_DEFINITION
directive @filters(field: String!, use: datong__FilterUse = FILTER) repeatable on
  ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | ENUM_VALUE
enum datong__FilterUse { FILTER SORT }
directive @derivedFrom(type: String!) repeatable on FIELD_DEFINITION | OBJECT
directive @derivation(of: String!, by: String!, level: Int!) repeatable on FIELD_DEFINITION
"""

PEOPLE = (
    _LINK
    + """
type Query {
  citizen(idNumber: ID! @filters(field: "Citizen.idNumber")): Citizen
  citizens(
    first: Int = 10, after: String, before: Int, where: CitizenFilter, order: [CitizenOrder!]
  ): CitizenConnection!
  party(id: ID!): Party
  parties: [Party!]!
  papers: [Paper!]!
  mayor: Citizen!
  newcomers(after: String, first: Int): [Citizen!]!
  ranked(by: Ranking): [Citizen!]!
  sorted(by: CitizenOrder = BIRTH, first: Int): [Citizen!]!
  sought(secret: [Secret!], lived: Lived): [Citizen!]!
  newest: CitizenEdge
  search(first: Int): Found!
}
type Mutation {
  rename(idNumber: ID!, name: String!): Citizen
    @classified(level: 1) @sharing(class: UNCONDITIONAL)
  enrol(name: String!): CitizenEdge @classified(level: 1) @sharing(class: UNCONDITIONAL)
  renumber(number: ID!): Paper @classified(level: 1) @sharing(class: UNCONDITIONAL)
}
input CitizenFilter {
  name: String @filters(field: "Citizen.name")
  born: String @filters(field: "Citizen.birthDate")
  all: [CitizenFilter!]
}
input Ranking { by: CitizenOrder = BIRTH, direction: Direction }
enum Secret { BORN @filters(field: "Citizen.birthDate", use: SORT) }
input Lived { since: String @filters(field: "Citizen.birthDate"), for: Int }
enum Direction { ASC DESC }
enum CitizenOrder { ANY BIRTH @filters(field: "Citizen.birthDate", use: SORT) }
type CitizenConnection {
  edges: [CitizenEdge!]!
  totalCount: Int! @derivedFrom(type: "Citizen")
}
type CitizenEdge { node: Citizen, cursor: String! }
type Citizen @key(fields: "idNumber") @classified(level: 2) @sharing(class: CONDITIONAL) {
  idNumber: ID! @dataSubject
  name: String!
  phone: String
  birthDate: String
  regionCode: String! @regionCode
  diary: [String!]
  age(on: String! @filters(field: "Citizen.birthDate")): Int
  father: Citizen
  home: Home!
}
type Home @classified(level: 2) @sharing(class: CONDITIONAL) { street: String! door: String! }
union Party = Citizen | Firm
type Found @classified(level: 1) @sharing(class: UNCONDITIONAL) { parties: [Party!]! }
type Firm @key(fields: "code") @classified(level: 2) @sharing(class: CONDITIONAL) {
  code: ID!
  title: String
  owner: Citizen
}
interface Paper @key(fields: "number") { number: ID! text: String }
type Licence implements Paper @key(fields: "number")
  @classified(level: 2) @sharing(class: CONDITIONAL) { number: ID! text: String }
type Sentence implements Paper @key(fields: "number")
  @classified(level: 2) @sharing(class: CONDITIONAL) { number: ID! text: String }
type Warrant implements Paper @key(fields: "number") @inaccessible
  @classified(level: 2) @sharing(class: CONDITIONAL) { number: ID! text: String }
"""
)

TAX = (
    _LINK
    + """
type Query { firms(ownedBy: String @filters(field: "Citizen.name")): [Firm!]! }
type Citizen @key(fields: "idNumber") {
  idNumber: ID!
  income: Int @classified(level: 3) @sharing(class: CONDITIONAL)
}
type Firm @key(fields: "code") {
  code: ID!
  visitors: VisitorConnection! @classified(level: 1)
}
type VisitorConnection { edges: [VisitorEdge!]! }
type VisitorEdge { node: Citizen, cursor: String! }
"""
)

FUND = (
    _LINK
    + """
type Citizen @key(fields: "idNumber") {
  idNumber: ID!
  income: Int @external
  limit: Int @requires(fields: "income") @classified(level: 3) @sharing(class: CONDITIONAL)
  account: Account @classified(level: 2) @sharing(class: CONDITIONAL)
}
type Account @key(fields: "number") @classified(level: 2) @sharing(class: CONDITIONAL) {
  number: ID!
  owner: ID! @dataSubject
  balance: Int
}
"""
)

# The same directives under other names, and an interface object.
REGISTER = """
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@interfaceObject"])
  @link(url: "https://specs.datong.dev/governance/v1.0", import: [
    {name: "@classified", as: "@grade"}, {name: "@sharing", as: "@open"}])
directive @grade(level: Int!, category: String) on OBJECT | FIELD_DEFINITION
directive @open(class: datong__SharingClass!, condition: String, legalBasis: String)
  on OBJECT | FIELD_DEFINITION
enum datong__SharingClass { UNCONDITIONAL CONDITIONAL NOT_SHARED }
type Query { stamped: [Paper!]! lastStamped: Paper }
type Mutation { stamp(number: ID!): Paper @grade(level: 1) @open(class: UNCONDITIONAL) }
type Paper @key(fields: "number") @interfaceObject {
  number: ID!
  stamp: String @grade(level: 2) @open(class: CONDITIONAL)
  shelf: String @grade(level: 4) @open(class: UNCONDITIONAL)
}
"""

SDL = {"people": PEOPLE, "tax": TAX, "fund": FUND, "register": REGISTER}

ANN, BEN = "990102199001011239", "990103198502022348"

_PEOPLE: list[dict[str, Any]] = [
    {
        "idNumber": ANN,
        "name": "NAME-ANN",
        "phone": "PHONE-ANN",
        "birthDate": "1990-01-01",
        "regionCode": "990102",
        "diary": ["DIARY-ONE", "DIARY-TWO"],
        "father": {"idNumber": BEN},
        "home": {"street": "STREET-ANN", "door": "DOOR-ANN"},
    },
    {
        "idNumber": BEN,
        "name": "NAME-BEN",
        "phone": "PHONE-BEN",
        "birthDate": "1985-02-02",
        "regionCode": "990103",
        "diary": ["DIARY-BEN"],
        "father": None,
        "home": {"street": "STREET-BEN", "door": "DOOR-BEN"},
    },
]
_FIRM = {"code": "FIRM-CODE", "title": "FIRM-TITLE", "owner": {"idNumber": ANN}}
_PAPERS: dict[str, list[dict[str, Any]]] = {
    "Licence": [{"number": "L-1", "text": "TEXT-LICENCE"}],
    "Sentence": [{"number": "S-1", "text": "TEXT-SENTENCE"}],
    "Warrant": [{"number": "W-1", "text": "TEXT-WARRANT"}],
}

ROWS: dict[str, dict[str, list[dict[str, Any]]]] = {
    "people": {
        "Citizen": _PEOPLE,
        "Firm": [_FIRM],
        **_PAPERS,
        "Mutation": [
            {
                "rename": {"idNumber": ANN},
                "enrol": {"node": {"idNumber": ANN}, "cursor": "CURSOR-4"},
                "renumber": {"__typename": "Sentence", "number": "S-1"},
            }
        ],
        "Query": [
            {
                "citizen": {"idNumber": ANN},
                "citizens": {
                    "edges": [
                        {"node": {"idNumber": ANN}, "cursor": "CURSOR-1"},
                        {"node": {"idNumber": BEN}, "cursor": "CURSOR-2"},
                    ],
                    "totalCount": 20_222,
                },
                "party": {"__typename": "Citizen", "idNumber": ANN},
                "parties": [
                    {"__typename": "Citizen", "idNumber": ANN},
                    {"__typename": "Firm", "code": "FIRM-CODE"},
                ],
                "search": {"parties": [{"__typename": "Firm", "code": "FIRM-CODE"}]},
                "papers": [
                    {"__typename": "Licence", "number": "L-1"},
                    {"__typename": "Sentence", "number": "S-1"},
                ],
                "mayor": {"idNumber": BEN},
                "newcomers": [{"idNumber": BEN}],
                "ranked": [{"idNumber": BEN}],
                "sorted": [{"idNumber": BEN}],
                "sought": [{"idNumber": BEN}],
                "newest": {"node": {"idNumber": BEN}, "cursor": "CURSOR-3"},
            }
        ],
    },
    "tax": {
        "Citizen": [{"idNumber": ANN, "income": 770_077}, {"idNumber": BEN, "income": 660_066}],
        "Firm": [
            {
                "code": "FIRM-CODE",
                "visitors": {"edges": [{"node": {"idNumber": BEN}, "cursor": "VISIT-1"}]},
            }
        ],
        "Query": [{"firms": [{"code": "FIRM-CODE"}]}],
    },
    "fund": {
        "Citizen": [
            {"idNumber": ANN, "limit": 5_005, "account": {"number": "ACCOUNT-ANN"}},
            {"idNumber": BEN, "limit": 606_006_606, "account": {"number": "ACCOUNT-BEN"}},
        ],
        "Account": [
            {"number": "ACCOUNT-ANN", "owner": ANN, "balance": 330_033},
            {"number": "ACCOUNT-BEN", "owner": BEN, "balance": 440_044},
        ],
    },
    "register": {
        "Paper": [
            {"number": "L-1", "stamp": "STAMP-LICENCE", "shelf": "SHELF-L"},
            {"number": "S-1", "stamp": "STAMP-SENTENCE", "shelf": "SHELF-S"},
            {"number": "W-1", "stamp": "STAMP-WARRANT", "shelf": "SHELF-W"},
        ],
        "Query": [
            {
                "stamped": [{"number": "L-1"}, {"number": "W-1"}],
                "lastStamped": {"number": "W-1"},
            }
        ],
        "Mutation": [{"stamp": {"number": "W-1"}}],
    },
}
