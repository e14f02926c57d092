# METADATA
# title: Named policies
# description: |
#   The policies that @policy in a schema can name. One that is not met, or not written here, denies.
package datong.policies

met contains "person" if input.caller.kind == "person"

met contains "own_region" if input.caller.region
