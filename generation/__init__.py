"""How rows come to be, procedurally or with a language model."""
