"""Runs under MicroPython: plays each file of a folder to a fuzz target."""

import os
import sys


def play(name, folder):
    """Print ``all played`` when every promise was kept."""
    module = "tools.fuzz.target." + name
    __import__(module)
    run = sys.modules[module].run
    played = 0
    for file_name in os.listdir(folder):
        with open(folder + "/" + file_name, "rb") as file:
            data = file.read()
        try:
            run(data)
        except Exception as error:
            print("played", played)
            print("failed", file_name)
            sys.print_exception(error)
            return
        played += 1
    print("played", played)
    print("all played")
