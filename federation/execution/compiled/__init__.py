"""Code generated for one plan: the interpreted executor's inner loops, unrolled.

Three steps have a generated form: finding representations, checking that answers are complete, and
shaping the response. Each does the same as its interpreted original or raises ``Unexpected``
without having changed anything; then the original goes on from the same tree. So whatever subgraphs
answer, compiled and interpreted executions cannot differ. Fetching, merging and errors are the
interpreted executor's.
"""

from federation.execution.compiled.cache import CompiledPlans
from federation.execution.compiled.plan import CompiledPlan, compile_plan
from federation.execution.compiled.source import Unexpected

__all__ = ["CompiledPlan", "CompiledPlans", "Unexpected", "compile_plan"]
