"""Loading releases, with proof that what was loaded is what was asked for."""
