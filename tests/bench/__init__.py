"""Measurements: how long each stage takes. They assert nothing; machines differ."""
