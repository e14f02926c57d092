# METADATA
# title: Purpose
# description: |
#   Whether the purpose counts. The gateway has verified that the caller may state it; here it must be
#   known, not expired, and made for this operation where it is tied to named ones.
package datong.rules.purpose

known := data.purposes[input.purpose]

deny[c] contains "purpose_unknown" if {
	some c, _ in input.fields
	input.purpose != null
	not known
}

deny[c] contains "purpose_expired" if {
	some c, _ in input.fields
	known.expires <= input.now
}

deny[c] contains "purpose_not_for_operation" if {
	some c, _ in input.fields
	known.operations
	not for_operation
}

# Open data needs no purpose.
deny[c] contains "purpose_required" if {
	some c, _ in input.fields
	input.purpose == null
	data.catalogue.fields[c].sharing != "UNCONDITIONAL"
}

for_operation if known.operations[input.operation.name]

changes contains known.expires if known.expires > input.now
