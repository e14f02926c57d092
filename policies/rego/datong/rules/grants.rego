# METADATA
# title: Grants
# description: |
#   What the caller's department was granted: data.grants, by department, coordinate and grant. A
#   grant names its uses, purposes and expiry; it may be limited to roles, to subjects who consented
#   (consent), to rows of the caller's region (region), and may reach above the caller's clearance
#   (level) or show only masked values (mask).
package datong.rules.grants

import data.datong.rules.consent.covers
import data.datong.rules.region.bindable

department := object.get(input.caller, "department", "")

mine := object.get(data.grants, department, {})

# Grants for this purpose and caller that have begun and not ended, by coordinate and grant.
current[c][id] := grant if {
	some c, _ in input.fields
	some id, grant in mine[c]
	grant.purposes[input.purpose]
	grant.expires > input.now
	begun(grant)
	fits(grant)
}

# Those of which the consent or region that they need is at hand.
effective[c][id] := grant if {
	some c, granted in current
	some id, grant in granted
	consented(c, grant)
	placed(c, grant)
}

begun(grant) if not grant.starts

begun(grant) if grant.starts <= input.now

fits(grant) if not grant.roles

fits(grant) if {
	some role, _ in grant.roles
	input.caller.roles[role]
}

consented(_, grant) if not grant.consent

consented(c, grant) if {
	grant.consent
	covers[c]
}

placed(_, grant) if not grant.region

placed(c, grant) if {
	grant.region
	bindable[c]
}

# Seconds at which a grant for this coordinate begins or ends.
changes[c] contains second if {
	some c, _ in input.fields
	some grant in mine[c]
	grant.purposes[input.purpose]
	some second in [object.get(grant, "starts", 0), grant.expires]
	second > input.now
}
