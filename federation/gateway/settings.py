"""Every setting of the gateway with its default: names carry their unit, limits start out safe."""

from __future__ import annotations

from typing import Literal

import msgspec


class Server(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the gateway listens.

    Attributes:
        workers: Processes that share the port.
        admin_port: Port of the admin listener (bundles for OPA); 0 switches it off. Only the first
            worker opens it.
        admin_token: What `Authorization: Bearer` must say on the admin listener.
        start_limit_seconds: How long the subgraphs may take to hand over their SDL.
        shutdown_seconds: How long running requests may take to end when the gateway stops.
        watch_seconds: How often the files of schema, policies and grants are looked at for changes;
            0 reloads only when told to (`datong reload`, SIGHUP).
    """

    host: str = "127.0.0.1"
    port: int = 4000
    workers: int = 1
    admin_host: str = "127.0.0.1"
    admin_port: int = 0
    admin_token: str = ""
    start_limit_seconds: float = 60.0
    shutdown_seconds: float = 10.0
    watch_seconds: float = 1.0


class Http(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an HTTP client may do.

    Attributes:
        get: Whether queries are answered on GET at all.
        deadline_seconds: Total time for one request; what is not done by then is an error.
        max_body_bytes: Longest request body, and longest query string of a GET.
        console: Whether `/` serves the GraphiQL page.
        forwarded_headers: Client headers that subgraphs receive; no other is passed on.
        debug_extensions: Whether a client may ask, with the header `Datong-Debug: 1`, for the
            fetches and durations of its own request.
        allowed_origins: Origins besides the gateway's own whose pages may send GET requests.
        share_equal_queries: Whether a query waits for an equal one of the same caller that is under
            way, instead of asking subgraphs again. It may then show what was so a second ago, also
            to who has changed it through another process since.
    """

    get: bool = True
    deadline_seconds: float = 15.0
    max_body_bytes: int = 1_048_576
    console: bool = True
    forwarded_headers: tuple[str, ...] = ("traceparent", "tracestate")
    debug_extensions: bool = False
    allowed_origins: tuple[str, ...] = ()
    share_equal_queries: bool = False


class LimitSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How large an operation may be; the names and defaults are those of ``operation.Limits``.

    Attributes:
        max_characters: Length of the operation text.
        max_tokens: Lexical tokens of the document.
        max_depth: Fields on the longest way from the root.
        max_aliases: Fields with an alias, fragments expanded.
        max_root_fields: Fields of the root selection set, fragments expanded.
        max_directives: Directives on selections, fragments expanded.
        max_fields: Fields in all, fragments expanded.
        max_deferrals: Fragments with `@defer` and fields with `@stream`, fragments expanded.
        max_list_items: Items of one list, as a literal or in a variable.
        max_page_size: Largest number that a paging argument may have.
        max_validation_errors: Validation stops after so many errors.
    """

    max_characters: int = 100_000
    max_tokens: int = 15_000
    max_depth: int = 15
    max_aliases: int = 30
    max_root_fields: int = 20
    max_directives: int = 100
    max_fields: int = 5_000
    max_deferrals: int = 20
    max_list_items: int = 1_000
    max_page_size: int = 1_000
    max_validation_errors: int = 50


class Schema(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the schema comes from: exactly one of the three.

    Attributes:
        subgraphs: URL by subgraph name; the SDL is fetched from there.
        subgraphs_file: JSON list of objects with `name`, `url` and optionally the SDL: `sdl` is its
            text, `file` a file beside the list.
        supergraph_file: Ready supergraph SDL (join specification).
        cache_folder: Where compositions that took more than a second are kept for the next start;
            empty for `datong/compositions` in the user's cache folder. Nobody else may write there.
        cache_max_bytes: Of all kept compositions together; 0 keeps none.
    """

    subgraphs: dict[str, str] = {}
    subgraphs_file: str = ""
    supergraph_file: str = ""
    cache_folder: str = ""
    cache_max_bytes: int = 268_435_456

    @property
    def is_given(self) -> bool:
        """Whether any of the three is."""
        return bool(self.subgraphs or self.subgraphs_file or self.supergraph_file)


class Subgraphs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How subgraphs are called.

    Attributes:
        deadline_seconds: Connect, send and read of one fetch together.
        max_reply_bytes: Longest answer that is read.
        connections: Open connections for each host and port.
        http_client: `fast` for HTTP/1.1 straight to the subgraph, `general` for servers that need
            more, such as answers that are compressed unasked.
        ca_file: Certificates (PEM) of those who may vouch for subgraphs; empty takes the system's.
        certificate_file: Certificate (PEM, with its chain) that the gateway shows to subgraphs;
            empty shows none.
        certificate_key_file: Its private key (PEM), where it does not stand in the same file.
    """

    deadline_seconds: float = 10.0
    max_reply_bytes: int = 33_554_432
    connections: int = 64
    http_client: Literal["fast", "general"] = "fast"
    ca_file: str = ""
    certificate_file: str = ""
    certificate_key_file: str = ""


class Subscriptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How subscriptions run.

    Attributes:
        protocol: How subgraphs send events: `websocket` (graphql-transport-ws) or `sse`
            (server-sent events, distinct connections).
        protocols: The same by subgraph name, where it differs.
        urls: Where a subgraph's stream is, by name; otherwise at its URL, for WebSocket with `ws`
            in place of `http`.
        max_open: Open subscriptions of one process.
        max_open_per_caller: Open subscriptions of one caller in one process.
        max_event_bytes: Longest event that is read.
        max_waiting_events: Events of one subscription that wait for a slow client.
        slow_client_seconds: How long a client may leave them waiting before it is cut off.
        connect_seconds: Time to open a stream at a subgraph.
        idle_seconds: Longest silence of a subgraph; over WebSocket it is asked for a sign of life.
        heartbeat_seconds: Silence after which a client is sent an empty comment.
    """

    protocol: Literal["websocket", "sse"] = "websocket"
    protocols: dict[str, Literal["websocket", "sse"]] = {}
    urls: dict[str, str] = {}
    max_open: int = 1_000
    max_open_per_caller: int = 50
    max_event_bytes: int = 1_048_576
    max_waiting_events: int = 16
    slow_client_seconds: float = 10.0
    connect_seconds: float = 5.0
    idle_seconds: float = 120.0
    heartbeat_seconds: float = 12.0


class Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How callers and consents are believed.

    Attributes:
        jwks: File or URL of the keys of the token issuer.
        issuer: The only accepted `iss`.
        audience: The only accepted `aud`.
        algorithms: Accepted signature algorithms; symmetric ones are refused.
        leeway_seconds: Tolerated clock difference.
        jwks_life_seconds: How long fetched keys are used; an unknown key id refreshes them sooner.
        consent_jwks: File or URL of the keys of the consent issuers; empty accepts no consent.
        consent_issuers: Accepted `iss` of consents.
        revoked_consents_file: Ids of revoked consents, one a line; read again when it changes.
    """

    jwks: str = ""
    issuer: str = "https://issuer.heming.example"
    audience: str = "datong"
    algorithms: tuple[Literal["EdDSA", "ES256", "RS256"], ...] = ("EdDSA", "ES256", "RS256")
    leeway_seconds: float = 5.0
    jwks_life_seconds: float = 300.0
    consent_jwks: str = ""
    consent_issuers: tuple[str, ...] = ("https://consent.heming.example",)
    revoked_consents_file: str = ""


class Signing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The signed access context that subgraphs receive.

    Attributes:
        key_file: Private Ed25519 key (PEM); empty makes a new key at each start.
        published_key_files: Further Ed25519 keys (PEM, private or public) that are published to
            subgraphs: the next key before it signs, the last one until its contexts have run out.
        life_seconds: How long a context is valid, at most 60.
        tokens: Signed contexts kept for reuse.
    """

    key_file: str = ""
    published_key_files: tuple[str, ...] = ()
    life_seconds: int = 60
    tokens: int = 10_000


class Access(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who decides.

    Attributes:
        engine: `embedded` (in this process), `opa` (a server) or `open` (everything is allowed).
        policies: Folder with the .rego files; empty takes the ones delivered with Datong.
        data: Folder with grants, purposes and organisations; empty takes the demo's.
        candidate: Folder with policies that are tried beside the ones that decide (dry run); empty
            tries none. Their data is in `candidate_data`, or else the data that decides.
        candidate_data: Folder with grants, purposes and organisations for the candidate.
        questions_file: File to which distinct questions are appended, for `datong policy diff
            --questions`; persons stand in it as digests keyed by `audit.key_file`. Empty records
            none.
        questions_max_bytes: Recording stops when the file would grow longer.
        cache_url: Redis that keeps decisions for all processes, such as
            `redis://user:password@host:6379/0`, or `rediss://` over TLS; empty uses none. Each
            process has a cache of its own in any case. Commands of Redis: GET and SETEX.
        cache_key_file: Secret of at least 32 bytes, white space at its ends not counted, that
            authenticates what is kept there; the same for all processes.
        store: SQLAlchemy URL of the store that all gateway processes share, for revocations that
            hold everywhere at once; SQLite on one machine, PostgreSQL on several. Empty has none.
        opa_url: Base URL of the OPA server.
        bundle_key_file: Private key (PEM, curve P-256) that signs the bundles for OPA; empty signs
            none.
        opa_token: Bearer token of the OPA server's API; empty sends none.
        deadline_seconds: Time for one decision; later is denied.
        max_fields_here: Undecided fields of one question that the embedded engine evaluates in the
            process that answers requests; more are evaluated in the policy worker process.
        mode: `prune` takes denied fields out of a query, `refuse` refuses the whole operation.
        disclosure: How much a refusal explains, `explain` or `hidden`.
        request_url: Page where access can be requested. A refusal names it as `requestAccess`, with
            the `coordinate` and the `use` that are denied and the `purpose` that was stated; empty
            names none.
        mask_key_file: Secret for keyed masks; empty makes a new one at each start.
        smallest_count: Counts over rows of which the caller may see none are null below this.
    """

    engine: Literal["embedded", "opa", "open"] = "embedded"
    policies: str = ""
    data: str = ""
    candidate: str = ""
    candidate_data: str = ""
    questions_file: str = ""
    questions_max_bytes: int = 16_777_216
    cache_url: str = ""
    cache_key_file: str = ""
    store: str = ""
    opa_url: str = ""
    bundle_key_file: str = ""
    opa_token: str = ""
    deadline_seconds: float = 2.0
    max_fields_here: int = 64
    mode: Literal["prune", "refuse"] = "prune"
    disclosure: Literal["explain", "hidden"] = "explain"
    request_url: str = ""
    mask_key_file: str = ""
    smallest_count: int = 5


class Audit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where audit records go.

    Attributes:
        database: SQLAlchemy URL; empty keeps no records, which only `--access open` may do.
        key_file: Secret that keys the hashes of entities; empty makes a new one at each start.
        head_key_file: Ed25519 key (PEM) that signs chain heads; must not lie in the database.
        intent_after_seconds: A query that runs for longer has a record that it was begun, beside
            that of how it ended; 0 makes one of each query.
        retain_days: How old records must be for `datong audit retain`; nothing goes by itself.
    """

    database: str = ""
    key_file: str = ""
    head_key_file: str = ""
    intent_after_seconds: float = 0.25
    retain_days: int = 0


class Cache(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much is kept to answer the second request faster.

    Attributes:
        operations: Parsed operation texts.
        plans: Operation plans.
        operation_bytes: Of all parsed operations, and of all that was made of them up to their
            plans; estimated.
        compiled_bytes: Code generated for plans that came more than once; together, estimated.
        views: Callers' own views of the schema, for introspection and messages.
    """

    operations: int = 2_000
    plans: int = 2_000
    operation_bytes: int = 67_108_864
    compiled_bytes: int = 33_554_432
    views: int = 16


class Preparing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many operations may wait to be prepared: those whose text, question or plan is new.

    A process prepares one at a time, callers in turn, while it answers what it knows. What more
    comes is refused at once: 429 or 503, with `Retry-After`.

    Attributes:
        max_waiting: Of all callers, in one process.
        max_waiting_per_caller: Of one caller, in one process. Callers without a token are one.
    """

    max_waiting: int = 1_000
    max_waiting_per_caller: int = 200


class Overrides(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Progressive overrides: which fields are already read from the subgraph that takes them over.

    Attributes:
        shares: Per cent of the requests for which a label is switched on, by label. A label such as
            `percent(25)` has its own share unless one is given here; any other is off.
    """

    shares: dict[str, float] = {}


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All settings of one gateway; a section of `datong.toml` for each attribute."""

    server: Server = Server()
    http: Http = Http()
    limits: LimitSettings = LimitSettings()
    schema: Schema = Schema()
    subgraphs: Subgraphs = Subgraphs()
    subscriptions: Subscriptions = Subscriptions()
    identity: Identity = Identity()
    signing: Signing = Signing()
    access: Access = Access()
    audit: Audit = Audit()
    cache: Cache = Cache()
    preparing: Preparing = Preparing()
    overrides: Overrides = Overrides()
