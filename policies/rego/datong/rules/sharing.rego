# METADATA
# title: Sharing
# description: |
#   What opens a use of a field: open data, the caller's own department, a grant, or (for inputs) an
#   agreed derivation. What was shared freely or belongs to the caller needs no row filter; what only
#   a grant for consenting subjects or for a region opens does.
package datong.rules.sharing

import data.datong.facts.known
import data.datong.rules.consent.condition as consent_condition
import data.datong.rules.grants.current
import data.datong.rules.grants.department
import data.datong.rules.grants.effective
import data.datong.rules.region.condition as region_condition

own_subgraphs := object.get(data.organisations, [department, "subgraphs"], {})

# A key stands in many departments; it is the own of the one that keeps it, or keys would open rows of
# other departments.
own[c] if {
	some c, fact in known
	some owner, _ in fact.owners
	own_subgraphs[owner]
	object.get(fact, "record", owner) == owner
}

# An input whose every use was agreed to by its department.
agreed[c] if {
	some c, uses in input.fields
	some _ in uses.join
	every fed in uses.join {
		data.catalogue.fields[fed].agreed[c]
	}
}

cleared[c] if {
	some c, fact in known
	fact.level <= input.caller.clearance
}

# Only what reaches the field's grade by itself opens anything: the grade that one grant reaches must
# not lend itself to another one's rows, or to its unmasked values.
ample(c, _) if cleared[c]

ample(c, grant) if grant.level >= known[c].level

# Openings that admit every row, as reasons.
free[c][use] contains "shared_unconditionally" if {
	some c, fact in known
	fact.sharing == "UNCONDITIONAL"
	cleared[c]
	some use, _ in input.fields[c]
}

free[c][use] contains "own_department" if {
	some c in object.keys(own)
	cleared[c]
	some use, _ in input.fields[c]
}

free[c].join contains "agreed_derivation" if some c in object.keys(agreed)

free[c][use] contains concat(":", ["grant", id]) if {
	some c, granted in effective
	some id, grant in granted
	not bound(grant)
	ample(c, grant)
	some use, _ in grant.uses
	input.fields[c][use]
}

bound(grant) if grant.consent

bound(grant) if grant.region

# Grants that open some rows only, where nothing opens all of them.
binding[c][use][id] := grant if {
	some c, granted in effective
	some id, grant in granted
	bound(grant)
	ample(c, grant)
	some use, _ in grant.uses
	input.fields[c][use]
	not free[c][use]
}

opened[c][use] := reasons if {
	some c, uses in free
	some use, reasons in uses
}

opened[c][use] := reasons if {
	some c, uses in binding
	some use, granted in uses
	by_grant := {concat(":", ["grant", id]) | some id, _ in granted}
	by_consent := {"consent" |
		some grant in granted
		grant.consent
	}
	reasons := by_grant | by_consent
}

conditions[c][use] contains consent_condition(c) if {
	some c, uses in binding
	some use, granted in uses
	some grant in granted
	grant.consent
}

conditions[c][use] contains region_condition(c) if {
	some c, uses in binding
	some use, granted in uses
	some grant in granted
	grant.region
}

deny[c][use] contains "unknown_field" if {
	some c, uses in input.fields
	not known[c]
	some use, _ in uses
}

deny[c][use] contains "not_classified" if {
	some c, fact in known
	not fact.level
	some use, _ in input.fields[c]
}

# A legal basis binds everybody but the department itself, whatever was granted; what the department
# agreed to derive from the data is graded by itself.
deny[c][use] contains "not_shared" if {
	some c, fact in known
	fact.sharing == "NOT_SHARED"
	not own[c]
	some use, _ in input.fields[c]
	not derived(c, use)
}

derived(c, "join") if agreed[c]

deny[c][use] contains missing(c, use) if {
	some c, fact in known
	fact.level
	some use, _ in input.fields[c]
	not offered[c][use]
}

# What would open the use, were the clearance high enough.
offered[c][use] if {
	some c, fact in known
	fact.sharing == "UNCONDITIONAL"
	some use, _ in input.fields[c]
}

offered[c][use] if {
	some c in object.keys(own)
	some use, _ in input.fields[c]
}

offered[c].join if some c in object.keys(agreed)

offered[c][use] if {
	some c, granted in effective
	some grant in granted
	some use, _ in grant.uses
	input.fields[c][use]
}

missing(c, use) := "consent_required" if {
	some grant in current[c]
	grant.consent
	grant.uses[use]
} else := "region_required" if {
	some grant in current[c]
	grant.region
	grant.uses[use]
} else := "grant_required"
