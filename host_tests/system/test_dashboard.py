"""The page in a real browser, over the real firmware on the imitated board."""

import re
import time

import pytest
from browser import DESKTOP, PHONE, browser, keep, page_of
from playwright.sync_api import Error
from simulator_run import SimulatorRun, free_port
from web_client import Client

FIRST_LOAD_MAX = 60 * 1024
# WCAG 2.2, level AA: text below 24 px, or 18.7 px bold, needs this much contrast.
CONTRAST_MIN = 4.5


@pytest.fixture(scope="module")
def chromium():
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """Return a reader with closed intervals behind it, at a house whose breaker opens at times."""
    state_dir = tmp_path_factory.mktemp("dashboard") / "run"
    with SimulatorRun(state_dir, "--speed", "600") as past:
        past.wait_for(lambda status: status["history"]["next"] >= 2)
        past.interrupt()
        assert past.finish()[0] == 0
    options = ("--scenario", "breaker", "--speed", "20")
    with SimulatorRun(state_dir, *options) as run:
        run.wait_for(lambda status: status["uptime_ms"] > 100000)
        yield run


def wait_for(page, expression, patience_s=40):
    """Wait until a script's expression is true; the page's own policy forbids it to poll."""
    give_up = time.monotonic() + patience_s
    while not holds(page, expression):
        assert time.monotonic() < give_up, expression
        page.wait_for_timeout(50)


def holds(page, expression):
    """Return whether an expression is true now, on a page that stays; one that loads says no."""
    try:
        return page.evaluate(f"Boolean({expression})")
    except Error as error:
        if "navigation" not in error.message:
            raise
        return False


def kwh_shown(page):
    return page.get_attribute("#lcd", "aria-label")


def test_register_power_and_chart_move_and_the_breaker_is_told(chromium, reader):
    with page_of(chromium) as page:
        page.goto(f"http://127.0.0.1:{reader.port}/")
        wait_for(page, "document.querySelector('#supply').classList.contains('live')")
        assert page.inner_text("#state") == "Strömmen är på."
        wait_for(page, "/^\\d/.test(document.querySelector('#w').textContent)")
        assert page.inner_text("#link") == "Direkt"

        before = kwh_shown(page)
        assert re.fullmatch(r"\d+\.\d{3} kWh", before)
        shown_before = page.locator("#lcd path.on").count()
        wait_for(page, f"document.querySelector('#lcd').getAttribute('aria-label') != '{before}'")
        assert float(kwh_shown(page)[:-4]) > float(before[:-4])
        assert shown_before > 20

        # A month has to pass for it in life.
        shown = "(demand({...status.demand, last_month_peak_w: 4510}), at('lastpeak').innerText)"
        assert page.evaluate(shown) == "Förra månadens topp: 4,51 kW"

        # The chart begins with what was before the page was opened.
        uptime_s = Client(reader.port).get("/api/v1/status")[1]["uptime_ms"] / 1000
        if uptime_s > 60:
            span_s = "points[points.length - 1][0] - points[0][0]"
            wait_for(page, f"points.length > 1 && {span_s} >= {min(uptime_s, 7000) - 60}")

        canvas = "document.querySelector('#chart canvas')"
        page.wait_for_selector("#chart canvas")
        picture = page.evaluate(f"{canvas}.toDataURL()")
        wait_for(page, f"{canvas}.toDataURL() != {picture!r}")

        wait_for(page, "document.querySelector('#supply').classList.contains('breaker_open')")
        opened_s = time.monotonic()
        told = Client(reader.port).get("/api/v1/status")[1]["supply"]
        assert told["breaker"] == "open"
        # In the reader's time, which is twenty times as fast.
        assert told["since_s"] <= 3 + 20 * (time.monotonic() - opened_s) + 20
        assert page.inner_text("#state") == "Strömmen är frånslagen på rätt sätt: mätaren lever."
        wait_for(page, "/slå till den igen/.test(document.querySelector('#detail').textContent)")
        keep(page, "phone-breaker.png")
        wait_for(page, "document.querySelector('#supply').classList.contains('live')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "size"), [("phone", PHONE), ("desktop", DESKTOP)])
def test_it_fits_and_looks_the_part(chromium, reader, name, size, scheme):
    language = "sv-SE" if name == "phone" else "en-GB"
    with page_of(chromium, size, language, scheme) as page:
        page.goto(f"http://127.0.0.1:{reader.port}/")
        page.wait_for_selector("#chart canvas")
        page.wait_for_selector("#hours:visible")
        page.wait_for_selector("#demand:visible")
        wait_for(page, "document.querySelector('#supply').classList.contains('live')")
        keep(page, f"{name}-{scheme}.png", full_page=name == "phone")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.locator("#bars div").count() == 24
        faint = page.evaluate(CONTRASTS)
        assert {text: ratio for text, ratio in faint.items() if ratio < CONTRAST_MIN} == {}


# Contrast of every text on the page with what is behind it, as WCAG computes it.
CONTRASTS = """() => {
  const parse = color => {
    const numbers = color.match(/[\\d.]+/g).map(Number);
    return numbers.length > 3 ? numbers : [...numbers, 1];
  };
  const linear = c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4;
  const luminance = color => parse(color).slice(0, 3)
    .reduce((sum, c, i) => sum + linear(c / 255) * [.2126, .7152, .0722][i], 0);
  const found = {};
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim().slice(0, 40);
    const element = walker.currentNode.parentElement;
    if (!text || !element.checkVisibility() || element.closest("script, style, .lcd")) continue;
    let behind = element;
    while (behind !== document.body && !parse(getComputedStyle(behind).backgroundColor)[3])
      behind = behind.parentElement;
    const one = luminance(getComputedStyle(element).color);
    const other = luminance(getComputedStyle(behind).backgroundColor);
    found[text] = (Math.max(one, other) + .05) / (Math.min(one, other) + .05);
  }
  return found;
}"""


def test_the_first_load_is_small_and_the_second_one_tiny(chromium, reader):
    with page_of(chromium) as page:
        development = page.context.new_cdp_session(page)
        development.send("Network.enable")
        sizes = []
        development.on(
            "Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"])
        )
        page.goto(f"http://127.0.0.1:{reader.port}/")
        page.wait_for_selector("#chart canvas")
        page.wait_for_selector("#hours:visible")
        page.wait_for_timeout(500)
        first = sum(sizes)
        assert len(sizes) >= 5
        assert first <= FIRST_LOAD_MAX, sizes
        sizes.clear()
        page.reload()
        page.wait_for_selector("#chart canvas")
        page.wait_for_selector("#hours:visible")
        page.wait_for_timeout(500)
        # What has not changed is not sent again: page and chart library.
        assert sum(sizes) <= first - 30000, sizes


def test_the_language_follows_the_browser_and_can_be_switched(chromium, reader):
    with page_of(chromium, language="de-DE") as page:
        page.goto(f"http://127.0.0.1:{reader.port}/")
        assert page.get_attribute("html", "lang") == "en"
        assert page.inner_text("#power >> xpath=../h2") == "Power now"
        page.click("#language")
        assert page.inner_text("#power >> xpath=../h2") == "Effekt just nu"
        page.reload()
        assert page.get_attribute("html", "lang") == "sv"


def test_every_word_is_there_in_both_languages(chromium, reader):
    for path in ("", "setup"):
        with page_of(chromium) as page:
            page.goto(f"http://127.0.0.1:{reader.port}/{path}")
            sv, en = page.evaluate("[Object.keys(WORDS.sv), Object.keys(WORDS.en)]")
            assert sv == en
            used = page.evaluate(
                "[...document.querySelectorAll('[data-say]')].map(node => node.dataset.say)"
            )
            assert set(used) <= set(sv)


def test_nothing_jumps_about_while_it_runs(chromium, reader):
    with page_of(chromium) as page:
        page.goto(f"http://127.0.0.1:{reader.port}/")
        page.wait_for_selector("#demand:visible")
        shift = page.evaluate(
            """() => new Promise(resolve => {
              let sum = 0;
              const add = entry => { sum += entry.value; };
              new PerformanceObserver(list => list.getEntries().forEach(add)).observe(
                { type: "layout-shift", buffered: true });
              setTimeout(() => resolve(sum), 2000);
            })"""
        )
        # "Good" by the Web Vitals is up to 0.1.
        assert shift <= 0.1


def test_without_live_events_it_asks_again_and_again(chromium, reader):
    with page_of(chromium) as page:
        page.add_init_script("delete window.EventSource")
        page.goto(f"http://127.0.0.1:{reader.port}/")
        wait_for(page, "document.querySelector('#link').textContent == 'Hämtar'")
        before = kwh_shown(page)
        wait_for(page, f"document.querySelector('#lcd').getAttribute('aria-label') != '{before}'")


def test_a_reader_that_is_gone_is_told_and_comes_back(chromium, tmp_path):
    with SimulatorRun(tmp_path / "run", "--profile", "constant:5000", "--speed", "5") as run:
        run.wait_for(lambda status: status["register"]["pulses"] >= 1)
        with page_of(chromium) as page:
            page.goto(f"http://127.0.0.1:{run.port}/")
            wait_for(page, "document.querySelector('#link').textContent == 'Direkt'")
            run.kill_firmware()
            wait_for(page, "document.querySelector('#link').textContent != 'Direkt'")
            wait_for(page, "document.querySelector('#link').textContent == 'Direkt'")


def test_set_up_is_completed_on_a_blank_reader(chromium, tmp_path):
    options = ("--profile", "constant:9000", "--speed", "10", "--fault", "blank=true")
    with SimulatorRun(tmp_path / "run", *options) as run:
        run.wait_for(lambda status: status["setup"]["open"])
        client = Client(run.port)
        # A phone that joins looks for the internet, and is led to set-up.
        for path in ("/generate_204", "/hotspot-detect.html", "/connecttest.txt", "/"):
            status, headers, _ = client.request("GET", path, headers={"Host": "captive.example"})
            assert (status, headers["Location"]) == (302, f"http://127.0.0.1:{run.port}/setup")
        with page_of(chromium) as page:
            page.goto(f"http://127.0.0.1:{run.port}/")
            assert page.url.endswith("/setup")
            # The sensors of this board are low when lit, which a blank one does not know.
            page.wait_for_selector("#turn:visible")
            assert page.inner_text("#upper strong") == "Ljus och mörker är ombytta."
            page.click("#turn")
            wait_for(page, "document.querySelector('#upper strong').textContent.includes('Bra')")
            wait_for(page, "document.querySelector('#lower strong').textContent.includes('Bra')")
            page.click("#learn")
            wait_for(page, "document.querySelector('#learnt').textContent.startsWith('Inlärt')")
            assert page.input_value("[data-field='pulse.width_min_ms']") == "15"
            keep(page, "setup.png", clip={"x": 0, "y": 0, "width": 390, "height": 844})
            page.click("#scan")
            page.click("#networks button >> text=simulated")
            assert page.input_value("#ssid") == "simulated"
            page.fill("[data-field='wifi.password']", "not a secret")
            steps = page.locator("h2").all_inner_texts()
            assert len(steps) == 6
            assert [steps[3], steps[4]] == ["MQTT · Home Assistant", "Effekttariff"]
            nobody = free_port()
            page.fill("[data-field='mqtt.host']", "127.0.0.1")
            page.fill("[data-field='mqtt.port']", str(nobody))
            page.select_option("#tariff", label="Tekniska verken")
            keep(page, "setup-steps.png", full_page=True)
            # First something it refuses.
            page.fill("[data-field='meter.number']", "1234567")
            page.fill("[data-field='meter.fuse_a']", "25")
            page.fill("#reading", "12345,678")
            page.click("#save")
            wait_for(page, "document.querySelector('#outcome').textContent.includes('8 till 64')")
            page.fill("#fresh", "correct horse battery")
            page.click("#save")
            wait_for(page, "/meter.number/.test(document.querySelector('#outcome').textContent)")
            page.fill("[data-field='meter.number']", "12345678")
            page.click("#save")
            page.wait_for_url(re.compile(r"/$"), timeout=40000)
            wait_for(page, "document.querySelector('#number').textContent == 'Mätare 12345678'")
            wait_for(page, "parseFloat(document.querySelector('#lcd').ariaLabel) > 12345")
            # Nobody listens there, which both pages say.
            refused = f"mqtt.host: 127.0.0.1:{nobody}"
            wait_for(page, f"document.querySelector('#warn').textContent.includes('{refused}')")
            page.goto(f"http://127.0.0.1:{run.port}/setup")
            wait_for(page, f"document.querySelector('#broker').textContent.includes('{refused}')")
            assert page.input_value("#tariff") == "tekniska_verken"
            # A reading that was set too high is lowered, if that is what was meant.
            page.fill("#current", "correct horse battery")
            page.fill("#reading", "12000")
            assert page.is_hidden("#allow")
            page.click("#save")
            wait_for(page, "/below/.test(document.querySelector('#outcome').textContent)")
            page.check("#allow")
            page.click("#save")
            page.wait_for_url(re.compile(r"/$"), timeout=40000)
            wait_for(page, "/^12000/.test(document.querySelector('#lcd').ariaLabel)")
        status = client.get("/api/v1/status")[1]
        assert status["setup"]["open"] is False
        assert status["web"]["password_set"] is True
        assert status["register"]["set"] is True
        assert status["config"] == {"source": "file", "errors": []}
        values = client.get("/api/v1/config")[1]["values"]
        assert values["wifi"]["ssid"] == "simulated"
        assert values["meter"]["fuse_a"] == 25
        assert values["pulse"]["width_min_ms"] == 15
        assert values["mqtt"]["port"] == nobody
        assert status["demand"]["tariff"] == "Tekniska verken"
        # From here on the password is needed.
        assert client.post("/api/v1/restart", {})[0] == 401
