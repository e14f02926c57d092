# METADATA
# title: Region
# description: |
#   Grants for the rows of the caller's own administrative division; codes contain each other by
#   prefix. Only types that say where their rows belong (@regionCode) can be opened so.
package datong.rules.region

region_field(c) := data.catalogue.types[data.catalogue.fields[c].type].region

bindable[c] if {
	some c, _ in input.fields
	region_field(c)
	input.caller.region != ""
}

condition(c) := {"field": region_field(c), "op": "starts_with", "value": input.caller.region}
