"""Natural resources: real property, parcels and divisions."""
