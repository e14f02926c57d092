"""What a department tells its client: GraphQL errors with a stable code and nothing internal."""

from graphql import GraphQLError


class RequestRefused(GraphQLError):
    """A request that cannot be answered as asked; the message is meant for the client.

    Codes: BAD_PAGE_SIZE, BAD_CURSOR, BAD_REPRESENTATION, BAD_INPUT, BAD_USER_INPUT.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, extensions={"code": code})


class StatementRefused(Exception):
    """A statement whose filtered tables are not provably covered by the bound row filters."""


class RowNotAdmitted(Exception):
    """A written row that the bound row filters do not admit; its transaction is undone."""


class RowFilterInvalid(ValueError):
    """A row filter with an unknown type, field, operator or shape; the request is refused."""


class AccessRefused(Exception):
    """A request without a valid access context.

    Attributes:
        code: ACCESS_CONTEXT_REQUIRED, ACCESS_CONTEXT_INVALID or ACCESS_CONTEXT_UNVERIFIABLE.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
