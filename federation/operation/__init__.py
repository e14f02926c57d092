"""From operation text to a normalised, hashable operation: parse, limits, validation, variables.

``parse_operation`` is the stage; ``coerce_variables`` and ``introspect`` finish what depends on
the values that a request brings along. Everything here is pure.
"""

from federation.operation.introspection import introspect
from federation.operation.limits import Limits
from federation.operation.model import Operation, VariableDefinition
from federation.operation.normalise import EMPTY
from federation.operation.parse import ParsedOperation, parse_operation
from federation.operation.variables import check_variable_limits, coerce_variables

__all__ = [
    "EMPTY",
    "Limits",
    "Operation",
    "ParsedOperation",
    "VariableDefinition",
    "check_variable_limits",
    "coerce_variables",
    "introspect",
    "parse_operation",
]
