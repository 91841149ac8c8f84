"""Code that derives the answers of problems written for this project, so that no answer is taken on trust."""
