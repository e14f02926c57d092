"""Tax: returns, income and credit ratings."""
