"""A fleet of virtual readers on one real broker: see docs/fleet.md."""
