# METADATA
# title: Demands
# description: |
#   What the schema itself demands by @authenticated, @requiresScopes and @policy. Of several
#   alternatives one must be fulfilled entirely; names of policies are looked up in datong.policies.
package datong.rules.demands

import data.datong.facts.known

demanded := {c: fact.demands | some c, fact in known}

deny[c] contains "not_authenticated" if {
	some c, demands in demanded
	demands.authenticated
	not input.caller.authenticated
}

deny[c] contains "scope_missing" if {
	some c, demands in demanded
	some alternatives in demands.scopes
	not held(alternatives)
}

deny[c] contains "policy_not_met" if {
	some c, demands in demanded
	some alternatives in demands.policies
	not met(alternatives)
}

held(alternatives) if {
	some scopes in alternatives
	every scope in scopes {
		input.caller.scopes[scope]
	}
}

met(alternatives) if {
	some names in alternatives
	every name in names {
		data.datong.policies.met[name]
	}
}
