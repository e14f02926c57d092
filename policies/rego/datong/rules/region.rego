# METADATA
# title: Region
# description: |
#   Grants for the rows of the caller's own administrative division; codes contain each other by
#   prefix. Only types that say where their rows belong (@regionCode) can be opened so.
package datong.rules.region

import data.datong.facts.region as region_field

bindable[c] if {
	input.caller.region != ""
	some c, _ in region_field
}

condition(c) := {"field": region_field[c], "op": "starts_with", "value": input.caller.region}
