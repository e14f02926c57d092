# METADATA
# title: Clearance
# description: |
#   A field's grade may not exceed the caller's clearance, unless a grant in effect says up to which
#   grade it reaches. An input that only feeds agreed derivations is judged by the fields it feeds.
package datong.rules.clearance

import data.datong.facts.known
import data.datong.rules.grants.effective
import data.datong.rules.sharing.agreed

deny[c][use] contains "clearance_too_low" if {
	some c, fact in known
	fact.level > input.caller.clearance
	some use, _ in input.fields[c]
	not reached(c, use, fact.level)
}

reached(c, use, level) if {
	some grant in effective[c]
	grant.uses[use]
	grant.level >= level
}

reached(c, "join", _) if agreed[c]
