"""Getting events to LaunchDarkly: confirmed, bounded, counted, and at the end of a process, too."""
