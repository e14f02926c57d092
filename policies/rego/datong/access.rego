# METADATA
# title: Field access
# description: |
#   Which of the asked uses of fields are allowed, masked or denied, and which rows may be seen.
#   Input and answer are contract 1: schemas/input.json and schemas/decision.json. Every asked use is
#   answered; one reason to deny is enough, and a use that nothing opens is denied as well.
#   What is answered for a field depends on this field of the question only, so that answers can be
#   kept field by field (rows); nothing but what custom.reads names is sent by the gateway.
# entrypoint: true
# custom:
#   reads:
#     - caller.authenticated
#     - caller.clearance
#     - caller.department
#     - caller.kind
#     - caller.region
#     - caller.roles
#     - caller.scopes
#     - consents
#     - now
#     - operation.name
#     - purpose
package datong.access

import data.datong.facts.known
import data.datong.rules.clearance.deny as clearance_deny
import data.datong.rules.consent.changes as consent_changes
import data.datong.rules.demands.deny as demands_deny
import data.datong.rules.grants.changes as grants_changes
import data.datong.rules.masking.mask as masking_mask
import data.datong.rules.purpose.changes as purpose_changes
import data.datong.rules.purpose.deny as purpose_deny
import data.datong.rules.sharing.conditions
import data.datong.rules.sharing.deny as sharing_deny
import data.datong.rules.sharing.opened

decision := {
	"contract": 1,
	"fields": fields,
	"row_filters": {type: conjunction(parts) | some type, parts in row_conditions},
	"rows": {c: {type: sort(parts) | some type, parts in types} | some c, types in rows},
}

fields := {c: {use: verdict(c, use) | some use, _ in uses} | some c, uses in input.fields}

# The rules that decide, by reason; a reason of a department's own file names no rule here.
rule_of := {
	"agreed_derivation": "sharing",
	"clearance_too_low": "clearance",
	"consent": "consent",
	"consent_required": "consent",
	"grant_required": "grants",
	"not_authenticated": "demands",
	"not_classified": "sharing",
	"not_shared": "sharing",
	"policy_not_met": "demands",
	"own_department": "sharing",
	"purpose_expired": "purpose",
	"purpose_not_for_operation": "purpose",
	"purpose_required": "purpose",
	"purpose_unknown": "purpose",
	"region_required": "region",
	"scope_missing": "demands",
	"shared_unconditionally": "sharing",
	"unknown_field": "sharing",
}

verdict(c, use) := object.union(judged(c, use), object.get(until, c, until_all))

judged(c, use) := {
	"effect": "deny",
	"reasons": reasons,
	"rule": object.get(rule_of, reasons[0], "departments"),
} if {
	reasons := sort(denied[c][use])
} else := {
	"effect": "mask",
	"mask": mask(c),
	"reasons": sort(opened[c][use]),
	"rule": "masking",
} if {
	use == "select"
	mask(c)
} else := {
	"effect": "allow",
	"reasons": reasons,
	"rule": object.get(rule_of, reasons[0], "grants"),
} if {
	reasons := sort(opened[c][use])
}

denied[c][use] contains reason if {
	some c, uses in input.fields
	some use, _ in uses
	some reason in purpose_deny[c]
}

denied[c][use] contains reason if {
	some c, reasons in demands_deny
	some use, _ in input.fields[c]
	some reason in reasons
}

denied[c][use] contains reason if {
	some c, uses in sharing_deny
	some use, reasons in uses
	some reason in reasons
}

denied[c][use] contains reason if {
	some c, uses in clearance_deny
	some use, reasons in uses
	some reason in reasons
}

denied[c][use] contains reason if {
	some c, uses in input.fields
	some use, _ in uses
	some reason in narrowed[c]
}

denied[c][use] contains reason if {
	some c, pairs in narrowed_uses
	some [use, reason] in pairs
	input.fields[c][use]
}

# A department's own file is read for what it denies (a field, or one use of it), masks and filters,
# and only for what the department owns: nothing else that it says has any effect, so it cannot open
# anything. Each is read once for all fields, and then looked up.
narrowed := {c: reasons |
	some owner in owners
	some c, _ in data.datong.departments[owner].deny
	known[c].owners[owner]
	reasons := {reason |
		some each, _ in known[c].owners
		some reason in data.datong.departments[each].deny[c]
	}
}

narrowed_uses := {c: pairs |
	some owner in owners
	some c, _ in data.datong.departments[owner].deny_use
	known[c].owners[owner]
	pairs := {[use, reason] |
		some each, _ in known[c].owners
		some use, reasons in data.datong.departments[each].deny_use[c]
		some reason in reasons
	}
}

narrower_masks := {c: names |
	some owner in owners
	some c, _ in data.datong.departments[owner].mask
	known[c].owners[owner]
	names := {name |
		some each, _ in known[c].owners
		name := data.datong.departments[each].mask[c]
	}
}

owners := {owner | some fact in known; some owner, _ in fact.owners}

masks[c] contains name if {
	some c, names in narrower_masks
	some name in names
	is_string(name)
}

# What is no name of a mask was to hide something all the same.
masks[c] contains "null" if {
	some c, names in narrower_masks
	some name in names
	not is_string(name)
}

masks[c] contains name if some c, name in masking_mask

# Of two masks neither is known to show less, so nothing is shown.
mask(c) := name if {
	count(masks[c]) == 1
	some name in masks[c]
} else := "null" if count(masks[c]) > 1

row_conditions[type] contains condition if {
	some types in rows
	some type, parts in types
	some condition in parts
}

# Which conditions on which types the asked uses of a field bring.
rows[c][type] contains condition if {
	some c, uses in conditions
	some use, bound in uses
	not denied[c][use]
	type := known[c].type
	some condition in bound
}

rows[c][type] contains condition if {
	some c, fact in known
	some owner, _ in fact.owners
	some type, own in data.datong.departments[owner].filters
	data.catalogue.types[type].owners[owner]
	some condition in own
}

conjunction(parts) := condition if {
	count(parts) == 1
	some condition in parts
} else := {"and": sort(parts)}

# Nothing that a verdict read of the time changes before this second.
until_all := ending(changes)

until := {c: ending(seconds | changes) | some c, seconds in grants_changes}

changes := {second | some second in consent_changes} | {second | some second in purpose_changes}

ending(seconds) := {"valid_until": min(seconds)} if {
	count(seconds) > 0
} else := {}
