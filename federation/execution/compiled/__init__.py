"""Code generated for one plan, in two forms. The interpreted executor is the oracle of both.

Queries run on *typed* plans: answers are decoded into structs
made for the plan, merged by generated code and encoded as they are. A typed run knows no errors: at
the first thing that is not sound it hands what was sent to the interpreted executor.

Everything else has the inner loops of the interpreted executor unrolled: finding representations,
checking that answers are complete, and shaping the response. Each of these does the same as its
original or raises ``Unexpected`` without having changed anything; then the original goes on from
the same tree. So whatever subgraphs answer, compiled and interpreted executions cannot differ.
"""

from federation.execution.compiled.cache import CompiledPlans
from federation.execution.compiled.plan import CompiledPlan, compile_plan
from federation.execution.compiled.running import GaveUp, Sent, TypedRun
from federation.execution.compiled.source import Unexpected
from federation.execution.compiled.typed import TypedPlan, compile_typed

__all__ = [
    "CompiledPlan",
    "CompiledPlans",
    "GaveUp",
    "Sent",
    "TypedPlan",
    "TypedRun",
    "Unexpected",
    "compile_plan",
    "compile_typed",
]
