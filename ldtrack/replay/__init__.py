"""Recorded provider traffic, played through the real SDKs and checked (`ldtrack demo --replay FOLDER`)."""
