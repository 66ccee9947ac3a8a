"""A virtual OMNIPOWER meter and the programs around it.

`python -m tools.simulator` starts two processes and watches both:

* the meter (`meter_process`): plays a load profile as LED edges in virtual time;
* the firmware under MicroPython (`boot.py`): asks the meter for edges block by block.

Every duration named `_us` is virtual time in microseconds unless its name says `wall`.
"""
