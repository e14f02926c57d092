package datong.departments.health_test

import data.datong.departments.health

asked(kind) := {"caller": {"kind": kind}, "fields": {"Citizen.bloodType": {"select": true}}}

test_programs_do_not_get_medical_data if {
	health.deny["Citizen.bloodType"] == {"persons_only"} with input as asked("application")
}

test_persons_are_left_to_the_other_rules if {
	not health.deny["Citizen.bloodType"] with input as asked("person")
}
