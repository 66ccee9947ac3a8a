const at = id => document.getElementById(id);
let language, words, number;
function stored(name, value) {
  try {
    if (value === undefined) return localStorage.getItem(name);
    localStorage.setItem(name, value);
  } catch { return null; }
}
function say(key, value) { return (words[key] || key).replace("{}", value); }
function speak(wanted) {
  language = wanted || (/^sv\b/i.test(navigator.language) ? "sv" : "en");
  words = WORDS[language];
  number = (value, digits = 0) => value.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll("[data-say]")) node.textContent = say(node.dataset.say);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", say(node.dataset.label));
  document.title = "OMNIPOWER · " + say("title");
  at("language").textContent = language === "sv" ? "English" : "Svenska";
  at("language").lang = language === "sv" ? "en" : "sv";
}
function switchable(after) {
  at("language").onclick = () => {
    stored("language", language === "sv" ? "en" : "sv");
    speak(stored("language"));
    after();
  };
  speak(stored("language"));
}
let secret = null;
function headers() {
  const sent = { "Content-Type": "application/json" };
  if (secret) {
    const bytes = new TextEncoder().encode("owner:" + secret);
    sent.Authorization = "Basic " + btoa(String.fromCharCode(...bytes));
  }
  return sent;
}
async function call(path, method = "GET", body) {
  const answer = await fetch(path, { method, headers: method === "GET" && !secret ? {} : headers(), body: body && JSON.stringify(body), cache: "no-store" });
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Error(found.error || answer.statusText), { status: answer.status, errors: found.errors });
  return found;
}
function listed(node, rows) {
  node.replaceChildren(...rows.filter(row => row && row[1] !== undefined && row[1] !== null && row[1] !== "").flatMap(([name, text]) => {
    const term = document.createElement("dt"), value = document.createElement("dd");
    term.textContent = name; value.textContent = text;
    return [term, value];
  }));
}
