"""Fitting networks and writing model packages. Needs the extra ``train``."""
