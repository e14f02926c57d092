package datong.rules.purpose_test

import data.datong.rules.purpose

purposes := {"p": {}, "tied": {"operations": {"Report": true}}, "over": {"expires": 5}}

catalogue := {"fields": {"A.open": {"sharing": "UNCONDITIONAL"}, "A.x": {"sharing": "CONDITIONAL"}}}

question(code, operation) := {
	"purpose": code,
	"now": 5,
	"operation": operation,
	"fields": {"A.open": {"select": true}, "A.x": {"select": true}},
}

# A rule without any value is undefined in one engine and empty in the other: read element by element.
reasons(code, operation) := {c: denied |
	some c, denied in purpose.deny with input as question(code, operation)
		with data.purposes as purposes
		with data.catalogue as catalogue
}

test_known_purpose_denies_nothing if count(reasons("p", {})) == 0

test_unknown_purpose_denies_everything if {
	reasons("q", {}) == {"A.open": {"purpose_unknown"}, "A.x": {"purpose_unknown"}}
}

test_open_data_needs_no_purpose if reasons(null, {}) == {"A.x": {"purpose_required"}}

test_purpose_ends_at_its_second_of_expiry if reasons("over", {})["A.x"] == {"purpose_expired"}

test_purpose_counts_for_its_operations_only if {
	count(reasons("tied", {"name": "Report"})) == 0
	reasons("tied", {"name": "Browse"})["A.x"] == {"purpose_not_for_operation"}
	reasons("tied", {})["A.x"] == {"purpose_not_for_operation"}
}
