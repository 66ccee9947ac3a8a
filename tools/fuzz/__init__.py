"""Fuzzing of every parser of the firmware and the tools: see docs/testing.md."""
