# METADATA
# title: Field access
# description: |
#   Which of the asked uses of fields are allowed, masked or denied, and which rows may be seen.
#   Input and answer are contract 1: schemas/input.json and schemas/decision.json. Every asked use is
#   answered; one reason to deny is enough, and a use that nothing opens is denied as well.
# entrypoint: true
package datong.access

import data.datong.rules.clearance
import data.datong.rules.consent
import data.datong.rules.grants
import data.datong.rules.masking
import data.datong.rules.purpose
import data.datong.rules.sharing

decision := {
	"contract": 1,
	"fields": fields,
	"row_filters": {type: conjunction(conditions) | some type, conditions in row_conditions},
}

fields := {c: {use: verdict(c, use) | some use, _ in uses} | some c, uses in input.fields}

# The rules that decide, by reason; a reason of a department's own file names no rule here.
rule_of := {
	"agreed_derivation": "sharing",
	"clearance_too_low": "clearance",
	"consent": "consent",
	"consent_required": "consent",
	"grant_required": "grants",
	"not_classified": "sharing",
	"not_shared": "sharing",
	"own_department": "sharing",
	"purpose_expired": "purpose",
	"purpose_not_for_operation": "purpose",
	"purpose_required": "purpose",
	"purpose_unknown": "purpose",
	"region_required": "region",
	"shared_unconditionally": "sharing",
	"unknown_field": "sharing",
}

verdict(c, use) := object.union(judged(c, use), until(c))

judged(c, use) := {
	"effect": "deny",
	"reasons": sort(denied[c][use]),
	"rule": object.get(rule_of, min(denied[c][use]), "departments"),
} if {
	denied[c][use]
} else := {
	"effect": "mask",
	"mask": mask(c),
	"reasons": sort(sharing.opened[c][use]),
	"rule": "masking",
} if {
	use == "select"
	mask(c)
} else := {
	"effect": "allow",
	"reasons": sort(sharing.opened[c][use]),
	"rule": object.get(rule_of, min(sharing.opened[c][use]), "grants"),
}

denied[c][use] contains reason if {
	some c, uses in input.fields
	some use, _ in uses
	some reason in purpose.deny[c]
}

denied[c][use] contains reason if {
	some c, uses in sharing.deny
	some use, reasons in uses
	some reason in reasons
}

denied[c][use] contains reason if {
	some c, uses in clearance.deny
	some use, reasons in uses
	some reason in reasons
}

denied[c][use] contains reason if {
	some c, uses in input.fields
	some use, _ in uses
	some reason in narrowed[c]
}

# A department's own file is read for what it denies, masks and filters, and only for what the
# department owns: nothing else that it says has any effect, so it cannot open anything.
narrowed[c] contains reason if {
	some c, _ in input.fields
	some owner, _ in data.catalogue.fields[c].owners
	some reason in data.datong.departments[owner].deny[c]
}

narrower_mask[c] contains name if {
	some c, _ in input.fields
	some owner, _ in data.catalogue.fields[c].owners
	name := data.datong.departments[owner].mask[c]
}

mask(c) := min(narrower_mask[c])

mask(c) := masking.mask[c] if not narrower_mask[c]

row_conditions[type] contains condition if {
	some c, uses in input.fields
	some use, _ in uses
	not denied[c][use]
	some condition in sharing.conditions[c][use]
	type := data.catalogue.fields[c].type
}

row_conditions[type] contains condition if {
	some type in {data.catalogue.fields[c].type | some c, _ in input.fields}
	some owner, _ in data.catalogue.types[type].owners
	some condition in data.datong.departments[owner].filters[type]
}

conjunction(conditions) := condition if {
	count(conditions) == 1
	some condition in conditions
} else := {"and": sort(conditions)}

# Nothing that the verdict read of the time changes before this second.
until(c) := {"valid_until": min(ends)} if {
	ends := (grants.changes(c) | {second | some second in consent.changes}) | {second |
		some second in purpose.changes
	}
	count(ends) > 0
} else := {}
