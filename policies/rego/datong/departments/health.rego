# METADATA
# title: Health
# description: What the health department does not give to programs, whatever was granted.
package datong.departments.health

deny[c] contains "persons_only" if {
	some c in ["Citizen.bloodType", "Citizen.encounters", "Encounter.diagnosis"]
	input.fields[c]
	input.caller.kind != "person"
}
