"""Set the RTC from the network."""

import ntptime


def set_clock(server):
    """Ask an NTP server and set the RTC; blocks for the lookup and the answer.

    Raises:
        OSError: no network, no such host, or no answer.
    """
    ntptime.host = server
    ntptime.settime()
