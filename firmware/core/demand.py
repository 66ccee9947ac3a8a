"""Demand: what was used this hour, today and this month, and the month's peaks.

Everything is a sum over closed intervals plus the one in progress, in whole pulses; watts
are derived from sums and never summed themselves. Nothing of it is stored: after a restart,
or when the clock was set to another day, the sums are made anew from the history. Only what
the peaks came to is, month by month, since the history does not reach back two months.
"""

from core import local_time
from core.history import HOUR_S, mean_w, wh
from core.journal import pack_all, unpack_all

MONTHS_KIND = 6
# The present month, the last one, and room for what a clock that was wrong has left.
_MONTHS_MAX = 4

# How fast the load assumed for the rest of the hour follows: a kettle must not warn.
_SMOOTH_S = 180
# A prediction must stay above or below for this long, and come 5 % down again, to change
# the warning.
_WARN_S = 60
_CLEAR_PERCENT = 95


class _Bucket:
    """Sum of the intervals of one hour or one quarter-hour."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.clear(None)

    def clear(self, start_s):
        self.start_s = start_s
        self.pulses = 0
        self.covered_s = 0

    def start_of(self, utc_s):
        return utc_s - utc_s % self.seconds


class Peak:
    """One of the month's peaks; ``charged_w`` is its mean at the tariff's weight."""

    def __init__(self, start_s, day, mean, charged_w):
        self.start_s = start_s
        self.day = day
        self.mean_w = mean
        self.charged_w = charged_w


class Demand:
    """Fold closed intervals into hours, days, a month and its peaks.

    Args:
        tariff: ``core.tariff.Tariff``.
        imp_per_kwh: meter constant, imp/kWh.

    Attributes:
        today, yesterday, month: pulses of closed intervals.
        peaks: list of ``Peak``, highest first.
        hour_mean_w, quarter_mean_w: mean so far, or None while nothing is known.
        predicted_w: what the tariff's interval will come to if the load stays, or None.
        warning: a new peak is about to be made.
        months: UTC at which a month began to ``month_peak_w`` at its end, or so far.
    """

    def __init__(self, tariff, imp_per_kwh):
        self.tariff = tariff
        self._imp = imp_per_kwh
        self._day = None
        self._hour = _Bucket(HOUR_S)
        self._peak = _Bucket(tariff.interval_s)
        self._smooth_mw = None
        self._live_utc_s = None
        self.months = {}
        self._last_month_s = None
        self._reset_sums()
        self._forget_live()

    def _reset_sums(self):
        self.today = 0
        self.yesterday = 0
        self.month = 0
        self.peaks = []
        self._hour.clear(None)
        self._peak.clear(None)

    def _forget_live(self):
        self.today_wh = None
        self.yesterday_wh = None
        self.month_wh = None
        self.hour_mean_w = None
        self.quarter_mean_w = None
        self.predicted_w = None
        self.warning = False
        self._toward_s = 0

    # Days and months ----------------------------------------------------------------

    def begin(self, utc_s):
        """Start the sums anew for the day and month of ``utc_s``; then fold the history."""
        self._reset_sums()
        self._set_day(local_time.local_day(utc_s))

    def _set_day(self, day):
        self._day = day
        self._yesterday_s = local_time.midnight_s(day - 1)
        self._day_s = local_time.midnight_s(day)
        self._day_end_s = local_time.midnight_s(day + 1)
        year, month, _ = local_time.civil(day)
        self._month_s = local_time.month_start_s(year, month)
        self._month_end_s = local_time.month_start_s(year, month + 1)
        year, month, _ = local_time.civil(local_time.local_day(self._month_s) - 1)
        self._last_month_s = local_time.month_start_s(year, month)

    def roll(self, utc_s):
        """Go on to the present day; return False where ``begin`` is needed instead."""
        if self._day is None:
            return False
        if self._day_s <= utc_s < self._day_end_s:
            return True
        day = local_time.local_day(utc_s)
        if day != self._day + 1:
            return False
        self._finish_peak()
        self.note_month()
        month_end_s = self._month_end_s
        self._set_day(day)
        self.yesterday, self.today = self.today, 0
        if self._day_s >= month_end_s:
            self.month = 0
            self.peaks = []
        return True

    # Closed intervals ---------------------------------------------------------------

    def fold(self, start_s, pulses, covered_s):
        """Add a closed interval that begins at UTC ``start_s``; those of other months pass."""
        if self._day is None:
            return
        if self._day_s <= start_s < self._day_end_s:
            self.today += pulses
        elif self._yesterday_s <= start_s < self._day_s:
            self.yesterday += pulses
        if self._month_s <= start_s < self._month_end_s:
            self.month += pulses
        self._add(self._hour, start_s, pulses, covered_s)
        if self._peak.start_s is not None and self._peak.start_of(start_s) != self._peak.start_s:
            self._finish_peak()
        self._add(self._peak, start_s, pulses, covered_s)

    def _add(self, bucket, start_s, pulses, covered_s):
        begin_s = bucket.start_of(start_s)
        if begin_s != bucket.start_s:
            bucket.clear(begin_s)
        bucket.pulses += pulses
        bucket.covered_s += covered_s

    def _finish_peak(self):
        """Offer the tariff interval that has ended to the month's peaks."""
        bucket = self._peak
        start_s = bucket.start_s
        if start_s is not None and self._month_s <= start_s < self._month_end_s:
            self._offer(start_s, mean_w(bucket.pulses, self._imp, bucket.seconds, bucket.covered_s))
        bucket.clear(None)

    def _offer(self, start_s, mean):
        charged_w = (mean * self.tariff.percent(start_s) + 50) // 100
        if not charged_w:
            return
        peaks = self.peaks
        day = local_time.local_day(start_s)
        if self.tariff.one_per_day:
            rival = self._of_day(day)
            if rival is not None:
                if peaks[rival].charged_w >= charged_w:
                    return
                peaks.pop(rival)
        at = 0
        while at < len(peaks) and peaks[at].charged_w >= charged_w:
            at += 1
        peaks.insert(at, Peak(start_s, day, mean, charged_w))
        # Where nothing is charged the highest is still worth knowing.
        if len(peaks) > max(self.tariff.peaks, 1):
            peaks.pop()

    def _of_day(self, day):
        for i, peak in enumerate(self.peaks):
            if peak.day == day:
                return i
        return None

    def month_peak_w(self):
        """Return the mean of the peaks, what the utility charges so far, or None."""
        peaks = self.peaks
        if not peaks:
            return None
        count = len(peaks)
        return (sum([peak.charged_w for peak in peaks]) + count // 2) // count

    def note_month(self):
        """Keep what the month's peaks come to; call it when the sums are whole."""
        mean = self.month_peak_w()
        if mean is not None:
            self.months[self._month_s] = mean
            if len(self.months) > _MONTHS_MAX:
                del self.months[min(self.months)]

    def pack_months(self):
        """Return ``months`` as journal payload."""
        return pack_all("<II", sorted(self.months.items()))

    def unpack_months(self, payload):
        """Replace ``months`` by a payload's. Raises ValueError, see ``unpack_all``."""
        self.months = dict(unpack_all("<II", payload))

    # The interval in progress -------------------------------------------------------

    def without_clock(self, pulses, covered_s):
        """Tell the quarter's mean alone; without a clock there is no hour and no day."""
        self._forget_live()
        self._smooth_mw = None
        self._live_utc_s = None
        self.quarter_mean_w = self._so_far_w(pulses, covered_s)

    def live(self, utc_s, start_s, pulses, covered_s, total, power_mw):
        """Take the interval in progress; call it once a second or so.

        Args:
            utc_s: now.
            start_s: UTC at which the interval in progress begins.
            pulses: its pulses so far.
            covered_s: its monotonic seconds so far.
            total: the register's pulses.
            power_mw: active power now, or None.
        """
        elapsed_s = 1
        if self._live_utc_s is not None:
            # The clock may have been set; a smoothing has no use for more than its span.
            elapsed_s = max(0, min(utc_s - self._live_utc_s, _SMOOTH_S))
        self._live_utc_s = utc_s
        self._smooth(power_mw, elapsed_s)
        today = self.today + pulses
        month = self.month + pulses
        self.today_wh = wh(total, today, self._imp)
        self.month_wh = wh(total, month, self._imp)
        self.yesterday_wh = wh(total - today, self.yesterday, self._imp)
        self.quarter_mean_w = self._so_far_w(pulses, covered_s)
        hour = self._with(self._hour, start_s, pulses, covered_s)
        self.hour_mean_w = self._so_far_w(hour[0], hour[1])
        begin_s = self._peak.start_of(start_s)
        if self._peak.start_s is not None and self._peak.start_s != begin_s:
            self._finish_peak()
            self.warning = False
            self._toward_s = 0
        self._predict(utc_s, start_s, pulses, covered_s)
        self._warn(begin_s, elapsed_s)

    def _smooth(self, power_mw, elapsed_s):
        if power_mw is None:
            return
        if self._smooth_mw is None:
            self._smooth_mw = power_mw
        self._smooth_mw += (power_mw - self._smooth_mw) * elapsed_s // _SMOOTH_S

    def _with(self, bucket, start_s, pulses, covered_s):
        if bucket.start_of(start_s) != bucket.start_s:
            return pulses, covered_s
        return bucket.pulses + pulses, bucket.covered_s + covered_s

    def _so_far_w(self, pulses, covered_s):
        # In the first minute one pulse more or less would be a different house.
        return mean_w(pulses, self._imp, max(covered_s, 60))

    def _predict(self, utc_s, start_s, pulses, covered_s):
        bucket = self._peak
        seconds = bucket.seconds
        pulses, covered_s = self._with(bucket, start_s, pulses, covered_s)
        left_s = max(0, min(bucket.start_of(start_s) + seconds - utc_s, seconds))
        used_ws = pulses * 3600000 // self._imp
        more_ws = (self._smooth_mw or 0) * left_s // 1000
        # Longer than its name when the clock was set back: see core.history.mean_w.
        whole_s = max(seconds, covered_s + left_s)
        self.predicted_w = (used_ws + more_ws + whole_s // 2) // whole_s

    def threshold_w(self, start_s):
        """Return the charged power above which an interval raises the bill, or None."""
        peaks = self.peaks
        if not self.tariff.peaks or not peaks:
            return None
        if self.tariff.one_per_day:
            rival = self._of_day(local_time.local_day(start_s))
            if rival is not None:
                return peaks[rival].charged_w
        if len(peaks) < self.tariff.peaks:
            # Any hour is a new peak then, but only one above the mean raises it.
            return self.month_peak_w()
        return peaks[-1].charged_w

    def _warn(self, start_s, elapsed_s):
        threshold_w = self.threshold_w(start_s)
        if threshold_w is None:
            self.warning = False
            self._toward_s = 0
            return
        charged_w = self.predicted_w * self.tariff.percent(start_s) // 100
        if self.warning:
            away = charged_w * 100 < threshold_w * _CLEAR_PERCENT
        else:
            away = charged_w > threshold_w
        self._toward_s = self._toward_s + elapsed_s if away else 0
        if self._toward_s >= _WARN_S:
            self.warning = not self.warning
            self._toward_s = 0

    def state(self):
        """Return what publishers tell, plain values of W, Wh and UTC seconds."""
        return {
            "tariff": self.tariff.name,
            "hour_mean_w": self.hour_mean_w,
            "hour_predicted_w": self.predicted_w,
            "quarter_mean_w": self.quarter_mean_w,
            "today_wh": self.today_wh,
            "yesterday_wh": self.yesterday_wh,
            "month_wh": self.month_wh,
            "peaks": [(peak.start_s, peak.mean_w, peak.charged_w) for peak in self.peaks],
            "month_peak_w": self.month_peak_w(),
            "last_month_peak_w": self.months.get(self._last_month_s),
            "new_peak_warning": self.warning,
        }
