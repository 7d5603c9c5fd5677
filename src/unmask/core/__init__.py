"""Frozen records, the exception tree, settings. Imports nothing of Unmask's other rooms."""
