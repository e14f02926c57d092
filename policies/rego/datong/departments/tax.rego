# METADATA
# title: Tax
# description: Income is shown to other departments as a range only; as an input it keeps its value.
package datong.departments.tax

mask["Citizen.annualIncome"] := "range" if object.get(input.caller, "department", "") != "tax"
