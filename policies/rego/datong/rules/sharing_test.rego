package datong.rules.sharing_test

import data.datong.rules.sharing

catalogue := {"fields": {
	"A.open": {"type": "A", "level": 1, "sharing": "UNCONDITIONAL", "owners": {"a": true}},
	"A.law": {"type": "A", "level": 1, "sharing": "NOT_SHARED", "owners": {"a": true}},
	"A.derived": {
		"type": "A",
		"level": 1,
		"sharing": "UNCONDITIONAL",
		"owners": {"b": true},
		"agreed": {"A.law": true},
	},
	"A.none": {"type": "A", "owners": {"a": true}},
}}

organisations := {"bureau": {"subgraphs": {"a": true}}}

question(department, fields) := {
	"caller": {"department": department, "clearance": 4},
	"purpose": "p",
	"now": 1,
	"consents": [],
	"fields": fields,
}

test_open_data_is_open_to_everybody if {
	sharing.opened["A.open"].select == {"shared_unconditionally"} with data.catalogue as catalogue
		with input as question("x", {"A.open": {"select": true}})
}

test_own_data_is_open_even_when_not_shared if {
	not sharing.deny["A.law"].select with data.catalogue as catalogue
		with data.organisations as organisations
		with input as question("bureau", {"A.law": {"select": true}})
	sharing.deny["A.law"].select == {"not_shared", "grant_required"} with data.catalogue as catalogue
		with data.organisations as organisations
		with input as question("x", {"A.law": {"select": true}})
}

test_agreed_input_is_open_as_an_input_only if {
	asked := {"A.law": {"select": true, "join": ["A.derived"]}}
	sharing.opened["A.law"] == {"join": {"agreed_derivation"}} with data.catalogue as catalogue
		with input as question("x", asked)
	object.keys(sharing.deny["A.law"]) == {"select"} with data.catalogue as catalogue
		with input as question("x", asked)
}

test_ungraded_and_unknown_fields_are_denied if {
	denied := sharing.deny with data.catalogue as catalogue
		with data.organisations as organisations
		with input as question("bureau", {"A.none": {"select": true}, "A.what": {"filter": true}})
	denied["A.none"].select == {"not_classified"}
	denied["A.what"].filter == {"unknown_field"}
}
