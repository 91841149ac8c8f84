"""Reference models, trained on releases: continuous and discrete chains of thought (CoT2)."""
