"""`ldtrack monitor`: LaunchDarkly's protocols from a file, and a page with what the Monitoring tab would show."""
