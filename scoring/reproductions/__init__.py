"""Published figures that this package recomputes: what is compared, declared a paper at a time."""
