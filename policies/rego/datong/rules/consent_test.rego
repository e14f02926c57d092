package datong.rules.consent_test

import data.datong.rules.consent

catalogue := {
	"fields": {"Account.balance": {"type": "Account"}, "Rating.score": {"type": "Rating"}},
	"types": {"Account": {"subject": "owner"}, "Rating": {}},
}

question := {
	"purpose": "loan",
	"now": 100,
	"consents": [{
		"subject": "A",
		"purpose": "loan",
		"expires": 200,
		"fields": {"Account.balance": true, "Rating.score": true},
	}],
	"fields": {"Account.balance": {"select": true}, "Rating.score": {"select": true}},
}

test_consent_covers_only_types_with_a_subject if {
	consent.covers == {"Account.balance": true} with input as question with data.catalogue as catalogue
}

test_consent_ends_at_its_second_of_expiry if {
	late := object.union(question, {"now": 200})
	not consent.covers["Account.balance"] with input as late with data.catalogue as catalogue
}

test_consent_for_another_purpose_covers_nothing if {
	other := object.union(question, {"purpose": "other"})
	not consent.covers["Account.balance"] with input as other with data.catalogue as catalogue
}

test_rows_are_those_of_the_subject if {
	condition := consent.condition("Account.balance") with input as question with data.catalogue as catalogue
	condition == {"field": "owner", "op": "eq", "value": "A"}
}
