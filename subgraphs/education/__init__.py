"""Education: schools, districts and enrolment."""
