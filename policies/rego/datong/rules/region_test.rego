package datong.rules.region_test

import data.datong.rules.region

catalogue := {
	"fields": {"Citizen.name": {"type": "Citizen"}, "Rating.score": {"type": "Rating"}},
	"types": {"Citizen": {"region": "regionCode"}, "Rating": {}},
}

question(caller) := {"caller": caller, "fields": {"Citizen.name": {"select": true}, "Rating.score": {"select": true}}}

test_rows_are_those_of_the_callers_division if {
	condition := region.condition("Citizen.name") with input as question({"region": "9901"})
		with data.catalogue as catalogue
	condition == {"field": "regionCode", "op": "starts_with", "value": "9901"}
}

test_only_types_with_region_codes_can_be_bound if {
	region.bindable == {"Citizen.name": true} with input as question({"region": "9901"})
		with data.catalogue as catalogue
}

# An empty prefix would be every row.
test_caller_without_region_binds_nothing if {
	not region.bindable["Citizen.name"] with input as question({"region": ""}) with data.catalogue as catalogue
	not region.bindable["Citizen.name"] with input as question({}) with data.catalogue as catalogue
}
