"""Write down what the counting made of each light, and when it could not look.

Nothing here changes what is counted or when: what is asked for is known anyway. Lines of
the log, times in us of the trace:

* ``b FROM TO`` the interpreter was blocked; ``d T`` the callback of the edge at T was lost;
* ``v START WIDTH RECORDS VERDICT LATE NOW`` a candidate was judged;
* ``p START LATE NOW`` a pulse was accepted; ``a FROM NOW PULSES`` the audit added pulses,
  after it had looked at FROM;
* ``g FROM NOW RISES PULSES`` light without a verdict went by, of it so many pulses counted.
"""


class Witness:
    """Writes one log through all lives of a board; ``start_us`` is the trace's time 0."""

    def __init__(self, path, start_us):
        self._write = open(path, "w").write
        self._start_us = start_us

    def watch(self, world, metering):
        """Look on at a board that was just built."""
        meter = metering.meter
        # Board time, in which the world moves, of the meter's own time 0.
        ticks = meter.clock
        since_us = (world.now_us - world.boot_us - ticks._ticks_us) % ticks.period
        zero_us = world.now_us - since_us - ticks.now_us - self._start_us
        self._world(world)
        self._meter(world, meter, zero_us)

    def _world(self, world):
        write = self._write
        start_us = self._start_us
        stall, schedule = type(world).stall, type(world).schedule

        def stalled(duration_us):
            from_us = world.now_us
            stall(world, duration_us)
            write("b {} {}\n".format(from_us - start_us, from_us + duration_us - start_us))

        def scheduled(callback, argument):
            taken = schedule(world, callback, argument)
            if not taken:
                write("d {}\n".format(world._edges[world._edge - 1][0] - start_us))
            return taken

        world.stall = stalled
        world.schedule = scheduled

    def _meter(self, world, meter, zero_us):
        write = self._write
        start_us = self._start_us
        judge, audit, reconciler = meter.filter, meter.audit, meter.reconciler
        close, accepted, gap = judge._close, reconciler.accepted, reconciler._rhythm.gap

        def closed():
            verdict = close()
            fields = judge.start_us + zero_us, judge.width_us, judge.records, verdict
            now_us = world.now_us - start_us
            write("v {} {} {} {} {} {}\n".format(*fields, int(judge._late), now_us))
            return verdict

        def taken(start, late=False):
            now_us = world.now_us - start_us
            write("p {} {} {}\n".format(start + zero_us, int(late), now_us))
            accepted(start, late)

        def audited(now_us, rises=None, ticks=None):
            from_us = reconciler._settled_us
            pulses = audit(now_us, rises, ticks)
            if pulses:
                write("a {} {} {}\n".format(from_us + zero_us, now_us + zero_us, pulses))
            return pulses

        def parted(begin_us, end_us, rises, counted):
            fields = begin_us + zero_us, end_us + zero_us, rises, counted
            write("g {} {} {} {}\n".format(*fields))
            gap(begin_us, end_us, rises, counted)

        judge._close = closed
        reconciler._rhythm.gap = parted
        reconciler.accepted = taken
        meter.audit = audited
