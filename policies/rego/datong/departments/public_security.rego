# METADATA
# title: Public security
# description: |
#   For school enrolment the answer is yes or no: where a child lives may feed it and is not shown.
package datong.departments.public_security

deny_use["Address.regionCode"].select contains "answered_by_yes_or_no" if input.purpose == "school-enrolment"

deny_use["Citizen.regionCode"].select contains "answered_by_yes_or_no" if input.purpose == "school-enrolment"
