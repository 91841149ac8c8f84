"""How a model is called: requests and replies, endpoints, the journal, limits, budgets."""
