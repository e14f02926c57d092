"""Human resources: social insurance."""
