# METADATA
# title: Facts
# description: What the catalogue says of the asked fields, looked up once for all rules.
package datong.facts

# Type, level, sharing, owners and agreed inputs of each field that the catalogue knows.
known := {c: all[c] | all := data.catalogue.fields; some c, _ in input.fields}

# The field of the same type that identifies the person whom the row is about.
subject := {c: all[fact.type].subject | all := data.catalogue.types; some c, fact in known}

# The field of the same type that says in which administrative division the row belongs.
region := {c: all[fact.type].region | all := data.catalogue.types; some c, fact in known}
