"""Planning: which subgraph is asked for what, in which order.

Four steps, each readable and printable alone: *walk* finds every way to read each selected leaf,
*choose* takes the cheapest combination, *fetches* turns it into requests, *schedule* into a plan.
"""

from federation.planning.explanation import (
    Candidate,
    Choice,
    explain_choices,
    print_choices,
    print_choices_dot,
    print_plan_dot,
)
from federation.planning.notation import plan_to_json
from federation.planning.plan import (
    ContextValue,
    EntityFetch,
    Fetch,
    OperationPlan,
    OutputField,
    RepresentationField,
    ResponsePath,
    RowTest,
)
from federation.planning.planner import PlannerLimits, plan
from federation.planning.text import print_path, print_plan
from federation.planning.tree import print_plan_tree

__all__ = [
    "Candidate",
    "Choice",
    "ContextValue",
    "EntityFetch",
    "Fetch",
    "OperationPlan",
    "OutputField",
    "PlannerLimits",
    "RepresentationField",
    "ResponsePath",
    "RowTest",
    "explain_choices",
    "plan",
    "plan_to_json",
    "print_choices",
    "print_choices_dot",
    "print_path",
    "print_plan",
    "print_plan_dot",
    "print_plan_tree",
]
