"""Metrics, protocols, robustness and fairness tables over any scorer, and calibration."""
