"""Torch networks and their export to a model package. Needs the extra ``train``."""
