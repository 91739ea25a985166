"""Constrained generation with byte latent transformers: every output validates, always."""
