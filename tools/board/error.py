"""What goes wrong with a board, said with what to do about it."""

from __future__ import annotations


class BoardError(Exception):
    """A step that failed. `advice`: what a person can do now; may be empty."""

    def __init__(self, problem: str, advice: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.advice = advice
