"""The energy register: integer pulses that read like the meter's own display.

Everything here is an integer. A single-precision float would lose pulses from 16 777 216
on, which a household passes in a few years.
"""

READING_MAX_WH = 10**11 - 1  # 8 digits before the decimal point and 3 after, in Wh

# Records have 64 bits for a count: what is restored leaves room to count on for years.
TOTAL_MAX = (1 << 64) - (1 << 32)


def parse_kwh(text):
    """Return the Wh that a display reading such as ``"12345.678"`` stands for.

    Args:
        text: kWh with 0 to 3 decimals, point or comma, blanks as thousands separators.

    Raises:
        ValueError: not such a number, or outside 0...99 999 999.999 kWh.
    """
    accepted = "accepted: 0 to 99999999.999 kWh with 0 to 3 decimals, such as 12345.678"
    if not isinstance(text, str):
        raise ValueError("reading_kwh: {!r} is not text; {}".format(text, accepted))
    digits = text.replace(" ", "").replace("_", "").replace(",", ".")
    whole, _, decimals = digits.partition(".")
    valid = whole.isdigit() and (decimals.isdigit() or not decimals) and len(decimals) <= 3
    # isdigit() admits other scripts' digits, which int() would take on one interpreter only.
    if not valid or len(whole) > 8 or not all(c in "0123456789." for c in digits):
        raise ValueError("reading_kwh: {!r}; {}".format(text[:20], accepted))
    return int(whole) * 1000 + int((decimals + "000")[:3])


def format_kwh(energy_wh, decimals=3, separator=""):
    """Return Wh as kWh text, truncated like a display to 0...3 decimals.

    Args:
        energy_wh: energy in Wh, 0 or more.
        decimals: digits after the point.
        separator: put between groups of three digits, for people.
    """
    whole = str(energy_wh // 1000)
    if separator:
        groups = []
        while whole:
            groups.insert(0, whole[-3:])
            whole = whole[:-3]
        whole = separator.join(groups)
    if not decimals:
        return whole
    return whole + "." + "{:03d}".format(energy_wh % 1000)[:decimals]


class Register:
    """Count pulses and read them as energy.

    The reading is the display's value when the register was set, plus the pulses since:
    so it is exact for every meter constant, also those where a pulse is no whole Wh.

    Args:
        imp_per_kwh: meter constant, 1...100 000 imp/kWh.

    Attributes:
        total: pulses counted in the reader's life, never reset.
        base_wh, base_total: reading at the last setting, and ``total`` then.
        is_set: whether the register was ever set from the display.
        seed_wh: the configured reading that was applied last.
    """

    def __init__(self, imp_per_kwh):
        if not 1 <= imp_per_kwh <= 100000:
            raise ValueError("imp_per_kwh: {} is outside 1...100000".format(imp_per_kwh))
        self.imp_per_kwh = imp_per_kwh
        self.total = 0
        self.base_wh = 0
        self.base_total = 0
        self.is_set = False
        self.seed_wh = 0

    def add(self, pulses):
        """Count ``pulses`` more, 0 or more."""
        if pulses < 0:
            raise ValueError("pulses: {} is negative".format(pulses))
        self.total += pulses

    def reading_wh(self):
        """Return the reading in whole Wh, truncated like a display."""
        return self.base_wh + (self.total - self.base_total) * 1000 // self.imp_per_kwh

    def reading_kwh(self, decimals=3, separator=""):
        """Return the reading as kWh text."""
        return format_kwh(self.reading_wh(), decimals, separator)

    def set_reading(self, text, allow_lower=False):
        """Set the register from the meter's display.

        Args:
            text: the display in kWh, see ``parse_kwh``.
            allow_lower: also accept a reading below the present one. Off by default: a
                meter never runs backward, so a lower number is more likely a typing error.

        Raises:
            ValueError: the text is no reading, or is lower; the register is unchanged.
        """
        reading_wh = parse_kwh(text)
        if self.is_set and not allow_lower and reading_wh < self.reading_wh():
            raise ValueError(
                "reading_kwh: {} is below the register's {}; accepted: that or more, "
                "or confirm a lower one".format(format_kwh(reading_wh), self.reading_kwh())
            )
        self.base_wh = reading_wh
        self.base_total = self.total
        self.is_set = True

    def seed(self, text):
        """Apply a reading from the configuration once; return True when it was applied.

        It is applied when it differs from the one applied last: a restart with the same
        configuration must not turn the register back.

        Raises:
            ValueError: the text is no reading; the register is unchanged.
        """
        seed_wh = parse_kwh(text)
        if self.is_set and seed_wh == self.seed_wh:
            return False
        self.set_reading(text, allow_lower=True)
        self.seed_wh = seed_wh
        return True

    def restore(self, total, base_wh, base_total, is_set, imp_per_kwh, seed_wh=0):
        """Continue from stored values.

        A meter constant other than the stored one applies from here on: what was counted
        before keeps the worth it was counted at.

        Raises:
            ValueError: the values contradict each other, or are beyond any meter's; the
                register is unchanged.
        """
        if not 0 <= base_total <= total or base_wh < 0 or not 1 <= imp_per_kwh <= 100000:
            raise ValueError("register record: values contradict each other")
        if imp_per_kwh != self.imp_per_kwh:
            base_wh += (total - base_total) * 1000 // imp_per_kwh
            base_total = total
        if max(total, base_wh, seed_wh) > TOTAL_MAX:
            raise ValueError("register record: values beyond any meter's")
        self.total = total
        self.is_set = is_set
        self.seed_wh = seed_wh
        self.base_wh = base_wh
        self.base_total = base_total
