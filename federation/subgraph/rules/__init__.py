"""Rules of federation on one subgraph: one file per code, called like it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from federation.errors import Diagnostic
from federation.subgraph.model import Subgraph
from federation.subgraph.rules.auth_requirements_applied_on_interface import (
    auth_requirements_applied_on_interface,
)
from federation.subgraph.rules.context_invalid_selection import context_invalid_selection
from federation.subgraph.rules.context_name_invalid import context_name_invalid
from federation.subgraph.rules.context_no_resolvable_key import context_no_resolvable_key
from federation.subgraph.rules.context_not_set import context_not_set
from federation.subgraph.rules.cost_applied_to_interface_field import (
    cost_applied_to_interface_field,
)
from federation.subgraph.rules.external_collision_with_another_directive import (
    external_collision_with_another_directive,
)
from federation.subgraph.rules.external_on_interface import external_on_interface
from federation.subgraph.rules.external_unused import external_unused
from federation.subgraph.rules.interface_key_not_on_implementation import (
    interface_key_not_on_implementation,
)
from federation.subgraph.rules.invalid_shareable_usage import invalid_shareable_usage
from federation.subgraph.rules.invalid_subgraph_name import invalid_subgraph_name
from federation.subgraph.rules.key_directive_in_fields_arg import key_directive_in_fields_arg
from federation.subgraph.rules.key_fields_has_args import key_fields_has_args
from federation.subgraph.rules.key_fields_select_invalid_type import key_fields_select_invalid_type
from federation.subgraph.rules.key_invalid_fields import key_invalid_fields
from federation.subgraph.rules.key_invalid_fields_type import key_invalid_fields_type
from federation.subgraph.rules.key_unsupported_on_interface import key_unsupported_on_interface
from federation.subgraph.rules.list_size_applied_to_non_list import list_size_applied_to_non_list
from federation.subgraph.rules.list_size_invalid_assumed_size import list_size_invalid_assumed_size
from federation.subgraph.rules.list_size_invalid_sized_field import list_size_invalid_sized_field
from federation.subgraph.rules.list_size_invalid_slicing_argument import (
    list_size_invalid_slicing_argument,
)
from federation.subgraph.rules.no_context_in_selection import no_context_in_selection
from federation.subgraph.rules.override_label_invalid import override_label_invalid
from federation.subgraph.rules.override_on_interface import override_on_interface
from federation.subgraph.rules.provides_directive_in_fields_arg import (
    provides_directive_in_fields_arg,
)
from federation.subgraph.rules.provides_fields_has_args import provides_fields_has_args
from federation.subgraph.rules.provides_fields_missing_external import (
    provides_fields_missing_external,
)
from federation.subgraph.rules.provides_invalid_fields import provides_invalid_fields
from federation.subgraph.rules.provides_invalid_fields_type import provides_invalid_fields_type
from federation.subgraph.rules.provides_on_non_object_field import provides_on_non_object_field
from federation.subgraph.rules.provides_unsupported_on_interface import (
    provides_unsupported_on_interface,
)
from federation.subgraph.rules.requires_directive_in_fields_arg import (
    requires_directive_in_fields_arg,
)
from federation.subgraph.rules.requires_fields_missing_external import (
    requires_fields_missing_external,
)
from federation.subgraph.rules.requires_invalid_fields import requires_invalid_fields
from federation.subgraph.rules.requires_invalid_fields_type import requires_invalid_fields_type
from federation.subgraph.rules.requires_unsupported_on_interface import (
    requires_unsupported_on_interface,
)
from federation.subgraph.rules.root_mutation_used import root_mutation_used
from federation.subgraph.rules.root_query_used import root_query_used
from federation.subgraph.rules.root_subscription_used import root_subscription_used
from federation.subgraph.rules.type_with_only_unused_external import (
    type_with_only_unused_external,
)

Rule: TypeAlias = Callable[[Subgraph], Iterator[Diagnostic]]

RULES: Final[tuple[Rule, ...]] = (
    auth_requirements_applied_on_interface,
    context_invalid_selection,
    context_name_invalid,
    context_no_resolvable_key,
    context_not_set,
    cost_applied_to_interface_field,
    external_collision_with_another_directive,
    external_on_interface,
    external_unused,
    interface_key_not_on_implementation,
    invalid_shareable_usage,
    invalid_subgraph_name,
    key_directive_in_fields_arg,
    key_fields_has_args,
    key_fields_select_invalid_type,
    key_invalid_fields,
    key_invalid_fields_type,
    key_unsupported_on_interface,
    list_size_applied_to_non_list,
    list_size_invalid_assumed_size,
    list_size_invalid_sized_field,
    list_size_invalid_slicing_argument,
    no_context_in_selection,
    override_label_invalid,
    override_on_interface,
    provides_directive_in_fields_arg,
    provides_fields_has_args,
    provides_fields_missing_external,
    provides_invalid_fields,
    provides_invalid_fields_type,
    provides_on_non_object_field,
    provides_unsupported_on_interface,
    requires_directive_in_fields_arg,
    requires_fields_missing_external,
    requires_invalid_fields,
    requires_invalid_fields_type,
    requires_unsupported_on_interface,
    root_mutation_used,
    root_query_used,
    root_subscription_used,
    type_with_only_unused_external,
)
