# METADATA
# title: Consent
# description: |
#   Consent opens rows, not columns: a grant names the columns, the consent whose rows they are. The
#   gateway has verified every consent in the input; it also checks the row filter made here.
package datong.rules.consent

import data.datong.facts.subject as subject_field

usable := [consent |
	some consent in input.consents
	consent.purpose == input.purpose
	consent.expires > input.now
]

subjects := {consent.subject | some consent in usable}

# With several consents only what all of them name: the row filter admits all their subjects.
covers[c] if {
	count(usable) > 0
	some c, _ in subject_field
	every consent in usable {
		consent.fields[c]
	}
}

condition(c) := {"field": subject_field[c], "op": "eq", "value": subject} if {
	count(subjects) == 1
	some subject in subjects
} else := {"field": subject_field[c], "op": "in", "value": sort(subjects)}

changes contains consent.expires if some consent in usable
