"""The housing fund: accounts and deposits."""
