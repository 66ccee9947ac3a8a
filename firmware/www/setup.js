// Set-up: what stands in the fields goes into config.json, only what was changed.
const TONES = { good: "live", dark: "live", waiting: "idle", lit: "breaker_open", no_pulses: "breaker_open", width: "breaker_open" };
const TARIFFS = { ellevio: "Ellevio", falkenberg: "Falkenberg Energi", goteborg: "Göteborg Energi", tekniska_verken: "Tekniska verken", vattenfall: "Vattenfall Eldistribution" };
let config = null, status = null, seen = null, filled = false, looks = 0;

function fields() { return document.querySelectorAll("[data-field]"); }
function valueOf(name) { const [section, field] = name.split("."); return config.values[section] && config.values[section][field]; }
function show(field) {
  const name = field.dataset.field, value = valueOf(name);
  if (name in config.secrets) { field.placeholder = config.secrets[name] ? say("kept") : ""; return; }
  if (field.type === "checkbox") field.checked = value; else field.value = value === null ? "" : value;
}
function given(field) {
  const before = valueOf(field.dataset.field);
  if (field.type === "checkbox") return field.checked;
  const text = field.value.trim();
  if (typeof before === "number" || before === null) return text === "" ? null : /^-?\d+$/.test(text) ? Number(text) : text;
  return field.type === "password" ? field.value : text;
}
function rest() {
  const known = new Set([...fields()].map(field => field.dataset.field));
  const all = Object.entries(config.values).flatMap(([section, values]) => Object.keys(values).map(field => section + "." + field)).concat(Object.keys(config.secrets));
  for (const name of all.sort()) {
    if (known.has(name) || name === "meter.reading_kwh" || name === "web.idle_s" || name === "web.port") continue;
    const label = document.createElement("label"), input = document.createElement("input");
    input.dataset.field = name;
    const value = valueOf(name);
    input.type = name in config.secrets ? "password" : typeof value === "boolean" ? "checkbox" : "text";
    input.autocomplete = "off";
    if (input.type === "checkbox") label.append(input, name); else label.append(name, input);
    at("rest").append(label);
  }
}
function tariffs() {
  const names = new Set(["none", ...status.tariff.available, config.values.tariff.name]);
  at("tariff").replaceChildren(...[...names].map(name => new Option("", name)));
}
function broker() {
  const m = status.mqtt, fine = m.state === "connected";
  at("broker").textContent = m.state === "off" ? "" : fine || !m.error ? say(fine ? m.state : "connecting") : m.error;
  at("broker").className = fine ? "done" : m.error ? "error" : "soft";
}
function changes() {
  const document_ = {};
  for (const field of fields()) {
    const name = field.dataset.field, value = given(field);
    if (name in config.secrets ? value === "" : value === valueOf(name)) continue;
    const [section, key] = name.split(".");
    (document_[section] = document_[section] || {})[key] = value;
  }
  return document_;
}

function aimed(id, found) {
  const node = at(id);
  node.className = "aim " + (TONES[found.verdict] || "supply_lost");
  const strong = node.querySelector("strong");
  if (strong.textContent !== say(found.verdict)) strong.textContent = say(found.verdict);
  node.querySelector("b").style.width = found.lit_percent + "%";
  node.querySelector(".meter").setAttribute("aria-label", say("light") + " " + found.lit_percent + " %");
}
async function look() {
  try {
    if (++looks % 8 === 0) { status = await call("api/v1/status"); broker(); }
    seen = await call("api/v1/aim");
    aimed("upper", seen.upper);
    aimed("lower", seen.lower);
    const u = seen.upper, l = seen.learn;
    listed(at("upper").querySelector("dl"), [
      [say("light"), u.lit_percent + " %"], [say("pulses"), u.pulses], [say("rejected"), u.rejected],
      [say("width_"), u.width_us === null ? "–" : number(u.width_us / 1000, 1) + " ms"],
      [say("every"), u.interval_ms === null ? "–" : number(u.interval_ms / 1000, 2) + " s"],
      [say("even"), u.stability_percent === null ? "–" : u.stability_percent + " %"],
    ]);
    at("turn").hidden = u.verdict !== "inverted";
    at("learnt").textContent = l.state === "learning" ? say("learning", l.pulses) : l.state === "ready" ? say("ready", number(l.width_us / 1000, 1)) : l.state === "unsteady" ? say("unsteady") : "";
    if (l.state === "ready" && !filled) {
      filled = true;
      document.querySelector("[data-field='pulse.width_min_ms']").value = l.width_min_ms;
      document.querySelector("[data-field='pulse.width_max_ms']").value = l.width_max_ms;
    }
  } catch { /* Looked again in a moment. */ }
  setTimeout(look, document.hidden ? 3000 : 500);
}

function tell(lines, good) {
  at("outcome").replaceChildren(...[].concat(lines).map(line => Object.assign(document.createElement("p"), { textContent: line, className: good ? "done" : "error" })));
}
function failed(error) {
  tell(error.errors || error.message || say("noAnswer"));
  if (/below the register/.test(error.message)) at("lower-label").hidden = false;
}
async function restarted(home) {
  tell(say("saved"), true);
  const before = status.uptime_ms;
  for (let tries = 0; tries < 40; tries++) {
    await new Promise(resolve => setTimeout(resolve, 500));
    try {
      const fresh = await call("api/v1/status");
      if (fresh.uptime_ms < before || tries > 30) { tell(say("ready2"), true); if (home) location.href = "./"; else location.reload(); return; }
    } catch { /* It is restarting. */ }
  }
  tell(say("gone", valueOf("wifi.hostname")), true);
}
async function save(event) {
  event.preventDefault();
  const fresh = at("fresh").value, first = !status.web.password_set;
  secret = at("current").value || null;
  if ((first || fresh) && (fresh.length < 8 || fresh.length > 64)) { tell(say("noPassword")); at("fresh").focus(); return; }
  at("save").disabled = true;
  try {
    status = await call("api/v1/status");
    if (first) { await call("api/v1/password", "PUT", { password: fresh }); secret = fresh; status.web.password_set = true; }
    const changed = changes();
    if (Object.keys(changed).length) await call("api/v1/config", "PUT", changed);
    const reading = at("reading").value.trim();
    if (reading) await call("api/v1/register", "POST", { kwh: reading, allow_lower: at("allow").checked });
    if (!first && fresh) { await call("api/v1/password", "PUT", { password: fresh }); secret = fresh; }
    await call("api/v1/restart", "POST", {});
    await restarted(true);
  } catch (error) { failed(error); }
  at("save").disabled = false;
}
async function scan() {
  at("scan").disabled = true;
  at("scan").textContent = say("scanning");
  try {
    const found = await call("api/v1/setup/networks");
    const chips = found.map(network => {
      const chip = Object.assign(document.createElement("button"), { type: "button", className: "plain", textContent: network.ssid + " · " + network.rssi_dbm + " dBm" });
      chip.onclick = () => { at("ssid").value = network.ssid; document.querySelector("[data-field='wifi.password']").focus(); };
      return chip;
    });
    at("networks").replaceChildren(at("scan"), ...chips);
    at("found").replaceChildren(...found.map(network => Object.assign(document.createElement("option"), { value: network.ssid })));
  } catch (error) { failed(error); }
  at("scan").disabled = false;
  at("scan").textContent = say("scan");
}
async function turn() {
  try {
    secret = at("current").value || null;
    await call("api/v1/config", "PUT", { pulse: { active_low: !config.values.pulse.active_low }, breaker: { active_low: !config.values.breaker.active_low } });
    await call("api/v1/restart", "POST", {});
    await restarted(false);
  } catch (error) { failed(error); }
}
function reworded() {
  if (!status) return;
  for (const node of document.querySelectorAll("[data-say=readingHelp]")) node.textContent = say("readingHelp", status.register.kwh);
  at("number").textContent = status.meter.number ? say("number", status.meter.number) : "\u00a0";
  at("fresh-label").dataset.say = status.web.password_set ? "freshNew" : "fresh";
  at("fresh-label").textContent = say(at("fresh-label").dataset.say);
  at("current-label").hidden = !status.web.password_set || status.setup.open;
  at("scan").parentNode.hidden = !status.setup.open;
  for (const option of at("tariff").options) option.text = option.value === "none" ? say("noTariff") : TARIFFS[option.value] || option.value;
  broker();
}
async function begin() {
  try {
    [config, status] = [await call("api/v1/config"), await call("api/v1/status")];
    rest();
    tariffs();
    fields().forEach(show);
    reworded();
    look();
  } catch (error) {
    failed(error);
    setTimeout(begin, 2000);
  }
}
switchable(reworded);
at("form").onsubmit = save;
at("scan").onclick = scan;
at("turn").onclick = turn;
document.querySelector("[data-field='mqtt.tls']").onchange = event => {
  const port = document.querySelector("[data-field='mqtt.port']"), usual = ["1883", "8883"];
  if (usual.includes(port.value)) port.value = usual[+event.target.checked];
};
at("learn").onclick = () => { secret = at("current").value || null; filled = false; call("api/v1/aim/learn", "POST", {}).catch(failed); };
begin();
