"""Tools of policy authors: try, question, measure, check and compare a policy folder.

Nothing here takes part in answering requests. The commands `datong policy` and `datong access` show
what these functions find.
"""
