# METADATA
# title: Masking
# description: |
#   The mask of a field that is opened by grants alone, all of which show masked values only. A
#   department's own data and open data are never masked here.
package datong.rules.masking

import data.datong.rules.grants.effective
import data.datong.rules.sharing.opened

mask[c] := min(masks) if {
	some c, granted in effective
	reached := opened[c].select
	openings := [grant |
		some id, grant in granted
		reached[concat(":", ["grant", id])]
	]
	reasons := reached - {"consent"}
	masks := {grant.mask | some grant in openings}

	# Every reason is a grant and every grant has a mask.
	count(reasons) == count(openings)
	count([grant | some grant in openings; grant.mask]) == count(openings)
	count(openings) > 0
}
