"""Files of results: written aside first, named by what they depend on, hashed."""
