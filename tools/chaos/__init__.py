"""A week of faults: the firmware, unmodified, and what must hold whatever strikes."""
