"""What the reader knows at one instant: the only thing publishers read."""


class Snapshot:
    """Plain values; units in the names. Built by the metering service, never changed after."""

    def __init__(self, meter, supply, now_us, mains=None, demand=None):
        power_mw, age_us, quality = meter.power_now(now_us)
        register = meter.register
        self.uptime_ms = now_us // 1000
        self.reading_wh = register.reading_wh()
        self.reading_kwh = register.reading_kwh()
        self.register_set = register.is_set
        self.imp_per_kwh = register.imp_per_kwh
        self.pulses = register.total
        self.power_mw = power_mw
        self.age_ms = None if age_us is None else age_us // 1000
        self.quality = quality
        self.counter = "pcnt+interrupt" if meter.hardware else "interrupt"
        if meter.reconciler.light.known():
            self.counter = "pcnt+lit_time+interrupt"
        self.accepted = meter.filter.counts[1]
        self.rejected = meter.filter.rejected()
        self.missed = meter.reconciler.missed
        self.edges_lost = meter.reconciler.edges_lost
        self.ring_overflow = meter.ring.overflow
        self.pulse_width_us = meter.filter.pulse_width_us
        self.state = supply.state
        self.state_ms = (now_us - supply.since_us) // 1000
        self.breaker = supply.breaker
        self.reconnect = supply.reconnect
        self.fault = supply.fault
        self.mains = mains
        # As `core.demand.Demand.state` returns it, or None.
        self.demand = demand
