"""Ratios of hand-written SDK code and decorated code, measured in one run: `make bench`."""
