"""Texts that occur twice: in one collection (`find`), in training and test sets (`overlap`), in `files`."""
