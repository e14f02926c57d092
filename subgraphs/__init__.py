"""The demo departments and the toolkit they are made with."""
