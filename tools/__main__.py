"""`python -m tools`: everything one does with a board."""

from .cli.app import main

if __name__ == "__main__":
    main()
