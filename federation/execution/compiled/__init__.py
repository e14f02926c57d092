"""Code generated for one plan. The interpreted executor is its oracle.

Answers are decoded into structs made for the plan, merged by generated code and encoded as they
are. A run knows no errors: at the first thing that is not sound it hands what was sent to the
interpreted executor, so whatever subgraphs answer, the two cannot differ.
"""

from federation.execution.compiled.cache import CompiledPlans
from federation.execution.compiled.running import GaveUp, Sent, TypedRun
from federation.execution.compiled.source import Unexpected
from federation.execution.compiled.typed import TypedPlan, compile_typed

__all__ = [
    "CompiledPlans",
    "GaveUp",
    "Sent",
    "TypedPlan",
    "TypedRun",
    "Unexpected",
    "compile_typed",
]
