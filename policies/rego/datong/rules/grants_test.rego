package datong.rules.grants_test

import data.datong.rules.grants

question(purpose, now, roles) := {
	"caller": {"department": "office", "roles": roles},
	"purpose": purpose,
	"now": now,
	"consents": [],
	"fields": {"A.x": {"select": true}},
}

held := {"office": {"A.x": {"g": {
	"purposes": {"p": true},
	"uses": {"select": true},
	"starts": 10,
	"expires": 20,
	"roles": {"reader": true},
}}}}

effective(purpose, now, roles) := {id | some id, _ in found["A.x"]} if {
	found := {c: granted |
		some c, granted in grants.effective with input as question(purpose, now, roles)
			with data.grants as held
	}
}

test_grant_counts_from_its_start_to_before_its_expiry if {
	effective("p", 10, {"reader": true}) == {"g"}
	effective("p", 19, {"reader": true}) == {"g"}
	effective("p", 9, {"reader": true}) == set()
	effective("p", 20, {"reader": true}) == set()
}

test_grant_counts_for_its_purpose_and_roles_only if {
	effective("q", 10, {"reader": true}) == set()
	effective("p", 10, {"writer": true}) == set()
	effective("p", 10, {}) == set()
}

test_grants_of_other_departments_do_not_count if {
	other := {"caller": {"department": "else"}, "purpose": "p", "now": 10, "fields": {"A.x": {"select": true}}}
	not grants.effective["A.x"] with input as other with data.grants as held
}

test_seconds_at_which_a_grant_changes_lie_ahead if {
	grants.changes["A.x"] == {10, 20} with input as question("p", 5, {}) with data.grants as held
	grants.changes["A.x"] == {20} with input as question("p", 15, {}) with data.grants as held
}
