"""What should hold of a dataset beyond its schema: rules with a code, a page and a severity."""
