"""The bench: this firmware's core, ESPHome and others on the same edges, in one run."""
