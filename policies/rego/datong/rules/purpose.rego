# METADATA
# title: Purpose
# description: |
#   Whether the purpose counts. The gateway has verified that the caller may state it; here it must be
#   known, not expired, and made for this operation where it is tied to named ones.
package datong.rules.purpose

known := data.purposes[input.purpose]

# Reasons against all that is asked.
against_all contains "purpose_unknown" if {
	input.purpose != null
	not known
}

against_all contains "purpose_expired" if known.expires <= input.now

against_all contains "purpose_not_for_operation" if {
	known.operations
	not for_operation
}

deny[c] contains reason if {
	some c, _ in input.fields
	some reason in against_all
}

# Open data needs no purpose.
deny[c] contains "purpose_required" if {
	input.purpose == null
	some c, _ in input.fields
	data.catalogue.fields[c].sharing != "UNCONDITIONAL"
}

for_operation if known.operations[input.operation.name]

changes contains known.expires if known.expires > input.now
