"""Rules of composition: one file per code, called like it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from federation.composition.merged import Merged
from federation.composition.rules.contextual_argument_not_contextual_in_all_subgraphs import (
    contextual_argument_not_contextual_in_all_subgraphs,
)
from federation.composition.rules.default_value_uses_inaccessible import (
    default_value_uses_inaccessible,
)
from federation.composition.rules.directive_composition_error import directive_composition_error
from federation.composition.rules.directive_composition_info import directive_composition_info
from federation.composition.rules.directive_composition_warn import directive_composition_warn
from federation.composition.rules.disallowed_inaccessible import disallowed_inaccessible
from federation.composition.rules.empty_merged_enum_type import empty_merged_enum_type
from federation.composition.rules.empty_merged_input_type import empty_merged_input_type
from federation.composition.rules.enum_value_mismatch import enum_value_mismatch
from federation.composition.rules.extension_with_no_base import extension_with_no_base
from federation.composition.rules.external_argument_default_mismatch import (
    external_argument_default_mismatch,
)
from federation.composition.rules.external_argument_missing import external_argument_missing
from federation.composition.rules.external_argument_type_mismatch import (
    external_argument_type_mismatch,
)
from federation.composition.rules.external_missing_on_base import external_missing_on_base
from federation.composition.rules.external_type_mismatch import external_type_mismatch
from federation.composition.rules.field_argument_default_mismatch import (
    field_argument_default_mismatch,
)
from federation.composition.rules.field_argument_type_mismatch import field_argument_type_mismatch
from federation.composition.rules.field_type_mismatch import field_type_mismatch
from federation.composition.rules.from_subgraph_does_not_exist import from_subgraph_does_not_exist
from federation.composition.rules.governance_argument_unmapped import governance_argument_unmapped
from federation.composition.rules.governance_catalogue_inconsistent import (
    governance_catalogue_inconsistent,
)
from federation.composition.rules.governance_coordinate_invalid import governance_coordinate_invalid
from federation.composition.rules.governance_data_subject_unusable import (
    governance_data_subject_unusable,
)
from federation.composition.rules.governance_grade_lowered import governance_grade_lowered
from federation.composition.rules.governance_key_maskable import governance_key_maskable
from federation.composition.rules.governance_legal_basis_missing import (
    governance_legal_basis_missing,
)
from federation.composition.rules.governance_row_field_ambiguous import (
    governance_row_field_ambiguous,
)
from federation.composition.rules.governance_source_of_record_conflict import (
    governance_source_of_record_conflict,
)
from federation.composition.rules.implemented_by_inaccessible import implemented_by_inaccessible
from federation.composition.rules.implicitly_upgraded_federation_version import (
    implicitly_upgraded_federation_version,
)
from federation.composition.rules.inconsistent_argument_presence import (
    inconsistent_argument_presence,
)
from federation.composition.rules.inconsistent_but_compatible_argument_type import (
    inconsistent_but_compatible_argument_type,
)
from federation.composition.rules.inconsistent_but_compatible_field_type import (
    inconsistent_but_compatible_field_type,
)
from federation.composition.rules.inconsistent_default_value_presence import (
    inconsistent_default_value_presence,
)
from federation.composition.rules.inconsistent_description import inconsistent_description
from federation.composition.rules.inconsistent_entity import inconsistent_entity
from federation.composition.rules.inconsistent_enum_value_for_input_enum import (
    inconsistent_enum_value_for_input_enum,
)
from federation.composition.rules.inconsistent_enum_value_for_output_enum import (
    inconsistent_enum_value_for_output_enum,
)
from federation.composition.rules.inconsistent_executable_directive_locations import (
    inconsistent_executable_directive_locations,
)
from federation.composition.rules.inconsistent_executable_directive_presence import (
    inconsistent_executable_directive_presence,
)
from federation.composition.rules.inconsistent_executable_directive_repeatable import (
    inconsistent_executable_directive_repeatable,
)
from federation.composition.rules.inconsistent_input_object_field import (
    inconsistent_input_object_field,
)
from federation.composition.rules.inconsistent_interface_value_type_field import (
    inconsistent_interface_value_type_field,
)
from federation.composition.rules.inconsistent_non_repeatable_directive_arguments import (
    inconsistent_non_repeatable_directive_arguments,
)
from federation.composition.rules.inconsistent_object_value_type_field import (
    inconsistent_object_value_type_field,
)
from federation.composition.rules.inconsistent_runtime_types_for_shareable_return import (
    inconsistent_runtime_types_for_shareable_return,
)
from federation.composition.rules.inconsistent_union_member import inconsistent_union_member
from federation.composition.rules.input_field_default_mismatch import input_field_default_mismatch
from federation.composition.rules.interface_field_no_implem import interface_field_no_implem
from federation.composition.rules.interface_key_missing_implementation_type import (
    interface_key_missing_implementation_type,
)
from federation.composition.rules.interface_object_usage_error import interface_object_usage_error
from federation.composition.rules.invalid_field_sharing import invalid_field_sharing
from federation.composition.rules.invalid_graphql import invalid_graphql
from federation.composition.rules.invalid_subgraph_name import invalid_subgraph_name
from federation.composition.rules.link_import_name_mismatch import link_import_name_mismatch
from federation.composition.rules.list_size_invalid_slicing_argument import (
    list_size_invalid_slicing_argument,
)
from federation.composition.rules.merged_directive_application_on_external import (
    merged_directive_application_on_external,
)
from federation.composition.rules.merged_non_repeatable_directive_arguments import (
    merged_non_repeatable_directive_arguments,
)
from federation.composition.rules.missing_transitive_auth_requirements import (
    missing_transitive_auth_requirements,
)
from federation.composition.rules.no_executable_directive_intersection import (
    no_executable_directive_intersection,
)
from federation.composition.rules.no_queries import no_queries
from federation.composition.rules.only_inaccessible_children import only_inaccessible_children
from federation.composition.rules.overridden_field_can_be_removed import (
    overridden_field_can_be_removed,
)
from federation.composition.rules.override_collision_with_another_directive import (
    override_collision_with_another_directive,
)
from federation.composition.rules.override_directive_can_be_removed import (
    override_directive_can_be_removed,
)
from federation.composition.rules.override_from_self_error import override_from_self_error
from federation.composition.rules.override_migration_in_progress import (
    override_migration_in_progress,
)
from federation.composition.rules.override_source_has_override import override_source_has_override
from federation.composition.rules.query_root_type_inaccessible import query_root_type_inaccessible
from federation.composition.rules.referenced_inaccessible import referenced_inaccessible
from federation.composition.rules.required_argument_missing_in_some_subgraph import (
    required_argument_missing_in_some_subgraph,
)
from federation.composition.rules.required_inaccessible import required_inaccessible
from federation.composition.rules.required_input_field_missing_in_some_subgraph import (
    required_input_field_missing_in_some_subgraph,
)
from federation.composition.rules.satisfiability_error import satisfiability_error
from federation.composition.rules.shareable_has_mismatched_runtime_types import (
    shareable_has_mismatched_runtime_types,
)
from federation.composition.rules.type_kind_mismatch import type_kind_mismatch
from federation.composition.rules.unused_enum_type import unused_enum_type
from federation.composition.sources import Sources
from federation.errors import Diagnostic

SourceRule: TypeAlias = Callable[[Sources], Iterator[Diagnostic]]
MergedRule: TypeAlias = Callable[[Merged], Iterator[Diagnostic]]

# On the subgraphs side by side, whether or not they can be merged.
SOURCE_RULES: Final[tuple[SourceRule, ...]] = (
    contextual_argument_not_contextual_in_all_subgraphs,
    directive_composition_error,
    directive_composition_info,
    directive_composition_warn,
    disallowed_inaccessible,
    empty_merged_enum_type,
    empty_merged_input_type,
    enum_value_mismatch,
    extension_with_no_base,
    external_argument_default_mismatch,
    external_argument_missing,
    external_argument_type_mismatch,
    external_missing_on_base,
    external_type_mismatch,
    field_argument_default_mismatch,
    field_argument_type_mismatch,
    field_type_mismatch,
    from_subgraph_does_not_exist,
    governance_catalogue_inconsistent,
    governance_coordinate_invalid,
    governance_data_subject_unusable,
    governance_legal_basis_missing,
    governance_row_field_ambiguous,
    governance_source_of_record_conflict,
    implicitly_upgraded_federation_version,
    inconsistent_argument_presence,
    inconsistent_but_compatible_argument_type,
    inconsistent_but_compatible_field_type,
    inconsistent_default_value_presence,
    inconsistent_description,
    inconsistent_entity,
    inconsistent_enum_value_for_input_enum,
    inconsistent_enum_value_for_output_enum,
    inconsistent_executable_directive_locations,
    inconsistent_executable_directive_presence,
    inconsistent_executable_directive_repeatable,
    inconsistent_input_object_field,
    inconsistent_interface_value_type_field,
    inconsistent_non_repeatable_directive_arguments,
    inconsistent_object_value_type_field,
    inconsistent_runtime_types_for_shareable_return,
    inconsistent_union_member,
    input_field_default_mismatch,
    interface_field_no_implem,
    interface_key_missing_implementation_type,
    interface_object_usage_error,
    invalid_field_sharing,
    invalid_subgraph_name,
    link_import_name_mismatch,
    list_size_invalid_slicing_argument,
    merged_directive_application_on_external,
    merged_non_repeatable_directive_arguments,
    no_executable_directive_intersection,
    no_queries,
    overridden_field_can_be_removed,
    override_collision_with_another_directive,
    override_directive_can_be_removed,
    override_from_self_error,
    override_migration_in_progress,
    override_source_has_override,
    required_argument_missing_in_some_subgraph,
    required_input_field_missing_in_some_subgraph,
    shareable_has_mismatched_runtime_types,
    type_kind_mismatch,
    unused_enum_type,
)

# On the result, when nothing else was wrong.
MERGED_RULES: Final[tuple[MergedRule, ...]] = (
    default_value_uses_inaccessible,
    governance_argument_unmapped,
    governance_grade_lowered,
    governance_key_maskable,
    implemented_by_inaccessible,
    invalid_graphql,
    missing_transitive_auth_requirements,
    only_inaccessible_children,
    query_root_type_inaccessible,
    referenced_inaccessible,
    required_inaccessible,
    satisfiability_error,
)
