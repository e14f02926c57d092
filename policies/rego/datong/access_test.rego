package datong.access_test

import data.datong.access

catalogue := {
	"fields": {
		"A.x": {"type": "A", "level": 2, "sharing": "CONDITIONAL", "owners": {"health": true}},
		"A.open": {"type": "A", "level": 1, "sharing": "UNCONDITIONAL", "owners": {"health": true}},
	},
	"types": {"A": {"owners": {"health": true}, "region": "code", "subject": "person"}},
}

grant := {"purposes": {"p": true}, "uses": {"select": true}, "expires": 100}

question := {
	"contract": 1,
	"caller": {"id": "me", "kind": "person", "department": "office", "region": "99", "clearance": 2},
	"purpose": "p",
	"consents": [{"subject": "S", "purpose": "p", "expires": 50, "fields": {"A.x": true}}],
	"now": 1,
	"operation": {"kind": "query"},
	"fields": {"A.x": {"select": true}, "A.open": {"select": true, "sort": true}},
}

decide(granted) := decision if {
	decision := access.decision with input as question
		with data.catalogue as catalogue
		with data.purposes as {"p": {}}
		with data.organisations as {}
		with data.grants as {"office": {"A.x": granted}}
}

test_every_asked_use_is_answered if {
	fields := decide({}).fields
	fields["A.open"].select.effect == "allow"
	fields["A.open"].sort.effect == "allow"
	fields["A.x"].select == {
		"effect": "deny",
		"reasons": ["grant_required"],
		"rule": "grants",
		"valid_until": 50,
	}
}

test_rows_are_bound_by_every_condition_of_the_grants if {
	decision := decide({
		"region": object.union(grant, {"region": true}),
		"consent": object.union(grant, {"consent": true}),
	})
	decision.row_filters == {"A": {"and": [
		{"field": "code", "op": "starts_with", "value": "99"},
		{"field": "person", "op": "eq", "value": "S"},
	]}}
}

test_a_grant_of_all_rows_leaves_no_filter if {
	decision := decide({"all": grant, "region": object.union(grant, {"region": true})})
	decision.row_filters == {}
	decision.fields["A.x"].select.reasons == ["grant:all"]
}

test_the_answer_holds_until_the_nearest_end if {
	decide({"g": object.union(grant, {"expires": 30})}).fields["A.x"].select.valid_until == 30
}
