// The dashboard: one status object in, everything on the page out of it.
const TWO_HOURS_S = 7200, SHORTEST_S = 600;
const SEGMENTS = { 0: 63, 1: 6, 2: 91, 3: 79, 4: 102, 5: 109, 6: 125, 7: 7, 8: 127, 9: 111, "-": 64 };
const STROKES = ["M4 1h14l-3 4H7z", "M19 2v17l-3-2V6z", "M19 22v17l-3-4V24z", "M4 40h14l-3-4H7z", "M3 22v17l3-4V24z", "M3 2v17l3-2V6z", "M4 20.5l3-2h8l3 2-3 2H7z"];
const ICONS = {
  live: "M13 2 4 14h6l-1 8 10-13h-7z", idle: "M19 15A8 8 0 0 1 9 5a8 8 0 1 0 10 10z",
  breaker_open: "M11 2h2v9h-2zM7 5v2.6a6.5 6.5 0 1 0 10 0V5a9 9 0 1 1-10 0z",
  supply_lost: "M10.5 3h3v11h-3zM10.5 17h3v3.5h-3z",
  unknown: "M10.5 17.5h3V21h-3zM7 8a5 5 0 1 1 7.5 4.3c-1 .6-1 1.2-1 3h-3c0-2.6.3-4.2 2.5-5.4A2 2 0 1 0 10 8z",
};
let status = null, points = [], chart = null, drawn = 0, source = null, due = false, polling = null, shownLog = "", view = [0, 1], ready = false;

function lcd(text) {
  const svg = at("lcd").firstChild;
  const digits = text.replace(".", "").split("");
  const dot = text.length - 1 - text.indexOf(".");
  let x = 262 - 23 * digits.length - 5, html = "";
  digits.forEach((digit, i) => {
    if (i === digits.length - dot) { html += `<path class="on" d="M${x - 1} 36h4v4h-4z"/>`; x += 5; }
    html += `<g transform="translate(${x} 1)">` + STROKES.map((d, s) => `<path d="${d}"${SEGMENTS[digit] >> s & 1 ? ' class="on"' : ""}/>`).join("") + "</g>";
    x += 23;
  });
  svg.innerHTML = html;
}
function span(seconds) {
  if (seconds < 60) return number(seconds, seconds < 10 ? 1 : 0) + " " + say("second");
  if (seconds < 3600) return number(Math.floor(seconds / 60)) + " " + say("minute");
  if (seconds < 86400) return number(Math.floor(seconds / 3600)) + " " + say("hour") + " " + Math.floor(seconds / 60 % 60) + " " + say("minute");
  return number(Math.floor(seconds / 86400)) + " " + say("day") + " " + Math.floor(seconds / 3600 % 24) + " " + say("hour");
}
function put(id, text) { if (at(id).textContent !== text) at(id).textContent = text; }
function measure(id, value, unit, digits) {
  at(id).innerHTML = value === null || value === undefined ? "–" : number(value, digits) + " <small>" + unit + "</small>";
}

function render() {
  due = false;
  const s = status;
  if (!s) return;
  if (at("lcd").dataset.kwh !== s.register.kwh) {
    at("lcd").dataset.kwh = s.register.kwh;
    at("lcd").setAttribute("aria-label", s.register.kwh + " kWh");
    lcd(s.register.kwh.padStart(12, "0").slice(-12));
  }
  put("w", s.power.w === null ? "–" : number(s.power.w, s.power.w < 100 && s.power.w % 1 ? 1 : 0));
  put("age", s.power.age_s === null ? say("waiting") : say("since", span(s.power.age_s)) + " · " + say(s.power.quality));
  put("number", s.meter && s.meter.number ? say("number", s.meter.number) : " ");
  supply(s.supply);
  warn(s);
  demand(s.demand);
  if (at("more").open) health(s);
  plot();
}
function supply(found) {
  at("supply").className = "supply " + found.state;
  put("state", say("s_" + found.state));
  put("detail", found.state === "breaker_open" ? say("r_" + found.reconnect) : say("d_" + found.state));
  const icon = at("supply").querySelector("path");
  if (icon.dataset.state === found.state) return;
  icon.dataset.state = found.state;
  icon.setAttribute("d", ICONS[found.state]);
}
function warn(s) {
  const lines = [s.supply.fault && say("f_" + s.supply.fault), ...s.config.errors, ...s.storage.errors,
    s.mqtt && s.mqtt.error, s.register.set ? "" : say("unset"), s.meter && s.meter.prosumer ? say("prosumer") : ""].filter(Boolean);
  const text = lines.join("\n");
  if (at("warn").dataset.text === text) return;
  at("warn").dataset.text = text;
  at("warn").hidden = !lines.length;
  at("warn").replaceChildren(...lines.map(line => Object.assign(document.createElement("p"), { textContent: line })));
}
function demand(found) {
  at("demand").hidden = !found || !ready;
  if (!found) return;
  const kw = w => w === null || w === undefined ? w : w / 1000;
  measure("hourmean", kw(found.hour_mean_w), "kW", 2);
  measure("hourend", kw(found.hour_predicted_w), "kW", 2);
  measure("month", kw(found.month_wh), "kWh", 1);
  measure("monthpeak", kw(found.month_peak_w), "kW", 2);
  const last = found.last_month_peak_w;
  at("lastpeak").hidden = !last;
  if (last) put("lastpeak", say("lastPeak", number(kw(last), 2)));
  at("newpeak").hidden = !found.new_peak_warning;
  const key = JSON.stringify(found.peaks) + language;
  if (at("peaks").dataset.key === key) return;
  at("peaks").dataset.key = key;
  at("peaks").replaceChildren(...(found.peaks || []).map(peak => row(number(kw(peak.mean_w), 2) + " kW", moment(peak.start_utc))));
}
function moment(utc) {
  const when = new Date(utc);
  return isNaN(when) ? say("noClock") : when.toLocaleString(language, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}
function row(text, right) {
  const item = document.createElement("li"), time = document.createElement("time");
  item.append(text, time);
  time.textContent = right;
  return item;
}
function health(s) {
  const rejected = Object.entries(s.pulse.rejected).filter(entry => entry[1]).map(entry => number(entry[1]) + " " + say(entry[0])).join(", ");
  listed(at("health"), [
    [say("pulses"), number(s.register.pulses)], [say("missed"), number(s.pulse.missed_by_handler)],
    [say("rejected"), rejected || say("none")], [say("counter"), s.pulse.counter],
    [say("clock"), (s.utc || "").replace("T", " ").replace("Z", "")],
    [say("wifi"), s.wifi && s.wifi.rssi_dbm !== null ? s.wifi.rssi_dbm + " dBm" : s.wifi && s.wifi.error],
    [say("uptime"), span(Math.floor(s.uptime_ms / 1000))], [say("saves"), say("times", number(s.saves || 0))],
    [say("memory"), s.heap && number(s.heap.free / 1024) + " kB"],
    ["MQTT", s.mqtt && (s.mqtt.state || (s.mqtt.connected ? "OK" : s.mqtt.error))], [say("version"), s.version],
    ...Object.entries(s.failures || {}),
  ]);
}
async function log() {
  if (!at("more").open) return;
  if (status) health(status);
  try {
    const events = await call("api/v1/events");
    const key = events.length + JSON.stringify(events[events.length - 1]) + language;
    if (key === shownLog) return;
    shownLog = key;
    at("log").replaceChildren(...events.slice(-12).reverse().map(event => {
      const value = event.kind === "fault" && event.value !== "none" ? say("f_" + event.value) : say("v_" + event.value);
      const named = { supply: 1, boot: 1, fault: 1 }[event.kind];
      return row(say("e_" + event.kind) + (named ? ": " + value : ""), moment(event.utc));
    }));
  } catch { /* The next look will tell. */ }
}

function take(fresh) {
  const now = fresh.uptime_ms / 1000;
  // Answers overtake one another, so only a long way back means that the reader has restarted.
  if (status && fresh.uptime_ms + 60000 < status.uptime_ms) points = [];
  const before = status && status.supply.state;
  status = fresh;
  const last = points[points.length - 1];
  if (!last || now - last[0] >= 5) points.push([now, fresh.power.w]);
  else if (now > last[0]) last[1] = fresh.power.w;
  while (points.length && points[0][0] < now - TWO_HOURS_S) points.shift();
  if (before !== fresh.supply.state) log();
  if (!due) { due = true; requestAnimationFrame(render); }
}
async function trend() {
  try {
    const [found, fresh] = [await call("api/v1/trend"), await call("api/v1/status")];
    const end = fresh.uptime_ms / 1000 - found.age_s;
    const old = found.power_w.map((w, i) => [end - (found.power_w.length - i - .5) * found.slot_s, w]);
    const from = old.length ? old[old.length - 1][0] : 0;
    points = old.concat(points.filter(point => point[0] > from));
    take(fresh);
  } catch (error) { refused(error); }
}
function plot() {
  if (typeof uPlot === "undefined" || document.hidden) return;
  const now = performance.now();
  if (chart && now - drawn < 250) return;
  drawn = now;
  const utc = Date.parse(status.utc) / 1000 || Date.now() / 1000;
  const shift = utc - status.uptime_ms / 1000;
  const data = [points.map(point => point[0] + shift), points.map(point => point[1])];
  // A reader that has just started need not show two empty hours.
  const since = points.length ? Math.max(SHORTEST_S, utc - data[0][0]) : SHORTEST_S;
  view = [utc - Math.min(TWO_HOURS_S, since), utc];
  if (!chart) {
    const style = getComputedStyle(document.documentElement), color = name => style.getPropertyValue(name).trim();
    const axis = { stroke: color("--soft"), font: "12px " + getComputedStyle(document.body).fontFamily, grid: { stroke: color("--line"), width: 1 }, ticks: { show: false } };
    at("chart").replaceChildren();
    chart = new uPlot({
      width: at("chart").clientWidth, height: at("chart").clientHeight, legend: { show: false }, cursor: { show: false },
      scales: { x: { time: true, range: () => view }, y: { range: (u, low, high) => [0, Math.max(100, (high || 0) * 1.1)] } },
      axes: [
        { ...axis, space: 60, size: 26, values: (u, ticks) => ticks.map(tick => new Date(tick * 1000).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" })) },
        { ...axis, size: 46, space: 36, values: (u, ticks) => ticks.map(tick => ticks[ticks.length - 1] < 1000 ? number(tick) : number(tick / 1000, tick % 1000 ? 1 : 0) + (tick ? " kW" : "")) },
      ],
      series: [{}, { stroke: color("--accent"), fill: color("--glow"), width: 2, spanGaps: false }],
    }, data, at("chart"));
    return;
  }
  chart.setData(data);
}
function redraw() { if (chart) { chart.destroy(); chart = null; drawn = 0; } if (status) render(); }

async function history() {
  try {
    const midnight = new Date(Date.parse(status && status.utc) || Date.now());
    midnight.setHours(0, 0, 0, 0);
    const before = new Date(midnight); before.setDate(before.getDate() - 1);
    const rows = await call("api/v1/history?resolution=hour&since=" + before.toISOString().replace(/\.\d+/, ""));
    const days = [Array(24).fill(0), Array(24).fill(0)];
    for (const found of rows) {
      const start = new Date(found.start_utc);
      if (start >= midnight) days[0][start.getHours()] += found.wh;
      else if (start >= before) days[1][start.getHours()] += found.wh;
    }
    const most = Math.max(1, ...days[0], ...days[1]);
    const known = rows.some(found => new Date(found.start_utc) < midnight);
    const sum = day => day.reduce((a, b) => a + b, 0) / 1000;
    const d = status && status.demand;
    measure("today", d && d.today_wh !== undefined && d.today_wh !== null ? d.today_wh / 1000 : sum(days[0]), "kWh", 1);
    measure("yesterday", d && d.yesterday_wh !== undefined && d.yesterday_wh !== null && known ? d.yesterday_wh / 1000 : known ? sum(days[1]) : null, "kWh", 1);
    at("bars").innerHTML = days[0].map((wh, hour) => `<div title="${hour}–${hour + 1}: ${number(wh / 1000, 2)} / ${number(days[1][hour] / 1000, 2)} kWh"><u style="height:${days[1][hour] / most * 100}%"></u><s style="height:${wh / most * 100}%"></s></div>`).join("");
    at("bars").setAttribute("aria-label", say("hours") + ": " + at("today").textContent + ", " + at("yesterday").textContent);
    at("hours").hidden = at("csv").hidden = false;
  } catch { /* This reader keeps no history, or has no time for it now. */ }
}

function linked(how) { at("link").className = how; at("link").dataset.say = how || "live"; put("link", say(how || "live")); }
function refused(error) {
  if (error.status === 401 || error.status === 429) { at("locked").hidden = false; linked("off"); stop(); return; }
  linked("off");
}
function stop() { clearTimeout(polling); polling = null; if (source) { source.close(); source = null; } }
async function poll() {
  try {
    take(await call("api/v1/status"));
    at("locked").hidden = true;
    if (!source || source.readyState !== 1) linked("poll");
  } catch (error) { refused(error); if (error.status === 401) return; }
  if (!source || source.readyState !== 1) polling = setTimeout(poll, 2000);
}
function listen() {
  if (secret || typeof EventSource === "undefined") { poll(); return; }
  source = new EventSource("events");
  source.onmessage = event => { clearTimeout(polling); polling = null; linked(""); take(JSON.parse(event.data)); };
  source.onerror = () => {
    if (!polling) polling = setTimeout(poll, 1000);
    // A refused stream is not tried again by the browser itself.
    if (source && source.readyState === 2) { source = null; setTimeout(() => { if (!source && !secret) listen(); }, 10000); }
  };
}

switchable(() => { shownLog = ""; at("peaks").dataset.key = ""; at("warn").dataset.text = "-"; linked(at("link").className); redraw(); log(); history(); });
at("unlock").onsubmit = event => { event.preventDefault(); secret = at("secret").value; stop(); trend().then(history); poll(); };
at("more").ontoggle = log;
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
let resized; addEventListener("resize", () => { clearTimeout(resized); resized = setTimeout(redraw, 150); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) { stop(); trend(); listen(); } });
lcd("--------.---");
// What is below waits for what is above, so that nothing is pushed about under a finger.
trend().then(history).then(() => {
  ready = true;
  if (status) render();
  at("health-section").hidden = at("foot").hidden = false;
});
listen();
setInterval(history, 300000);
setInterval(log, 15000);
