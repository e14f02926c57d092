# METADATA
# title: Clearance
# description: |
#   A field's grade may not exceed the caller's clearance, unless a grant in effect says up to which
#   grade it reaches. An input that only feeds agreed derivations is judged by the fields it feeds.
package datong.rules.clearance

import data.datong.rules.grants
import data.datong.rules.sharing

deny[c][use] contains "clearance_too_low" if {
	some c, uses in input.fields
	level := data.catalogue.fields[c].level
	level > input.caller.clearance
	some use, _ in uses
	not reached(c, use, level)
}

reached(c, use, level) if {
	some grant in grants.effective[c]
	grant.uses[use]
	grant.level >= level
}

reached(c, "join", _) if sharing.agreed[c]
