// The chat page. Address: /?client=0.6&transport=xhr-polling&nick=Ann&room=lobby
// joins at once when "nick" is given; without it the form asks. "embed" leaves out what a frame has no room for.

import { CLIENTS, ERAS, load } from "/clients.js";

const $ = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);
const client = Object.hasOwn(CLIENTS, query.get("client") ?? "") ? query.get("client") : "4.8";
const transports = CLIENTS[client].transports.map(({ value }) => value);
const transport = transports.includes(query.get("transport")) ? query.get("transport") : transports[0];
const nick = (query.get("nick") ?? "").trim();
const room = (query.get("room") ?? "").trim() || "lobby";
const embedded = query.has("embed");

// --- Elements. Whatever a person wrote goes in as text, never as markup.

function element(tag, properties = {}, ...children) {
  const { data = {}, ...rest } = properties;
  const node = Object.assign(document.createElement(tag), rest);
  Object.assign(node.dataset, data);
  node.append(...children);
  return node;
}

function badge({ era, transport }) {
  const { label, title } = ERAS[era] ?? { label: era, title: era };
  return element("span", { className: "badge", title: `${title} over ${transport}`, data: { era } }, `${label} · ${transport}`);
}

function avatar({ name, era }) {
  const letter = [...name][0].toUpperCase();
  const node = element("span", { className: "avatar", data: { era } }, letter);
  node.setAttribute("aria-hidden", "true");
  return node;
}

function clock(time) {
  const text = new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return element("time", { dateTime: new Date(time).toISOString() }, text);
}

// --- The log

function add(item) {
  const scroller = $("scroller");
  const atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;
  $("log").append(item);
  $("empty").hidden = true;
  if (atEnd) scroller.scrollTop = scroller.scrollHeight;
}

function showLine(line) {
  const { who, text, era, transport, time } = line;
  const data = { kind: "line", who, era, transport, id: line.id };
  const item = element("li", { data });
  item.classList.toggle("mine", who === me.name);
  item.classList.toggle("more", follows($("log").lastElementChild, data));
  const head = element("p", { className: "head" }, element("strong", {}, who), badge(line), clock(time));
  item.append(avatar({ name: who, era }), element("div", {}, head, element("p", { className: "text", dir: "auto" }, text)));
  add(item);
}

// The same person, still on the same transport: no need to say so again.
function follows(before, data) {
  return before?.dataset.kind === "line" && ["who", "era", "transport"].every((key) => before.dataset[key] === data[key]);
}

function showPassage(kind, person) {
  const { name, era, transport, time } = person;
  const data = { kind, who: name, era, transport };
  add(element("li", { className: "notice", data }, element("strong", {}, name), ` ${kind} `, badge(person), clock(time)));
}

function showHistory(lines) {
  $("scroller").setAttribute("aria-busy", "true");
  $("log").replaceChildren();
  $("empty").hidden = lines.length > 0;
  lines.forEach(showLine);
  $("scroller").removeAttribute("aria-busy");
}

// --- The people

function showPeople(people) {
  $("count").textContent = people.length;
  $("people").replaceChildren(...people.map(personItem));
}

function personItem(person) {
  const item = element("li", { data: { who: person.name, era: person.era, transport: person.transport } });
  const name = element("span", { className: "name" }, person.name);
  if (person.name === me.name) name.append(element("span", { className: "you" }, "you"));
  item.append(avatar(person), element("div", {}, name, badge(person)));
  return item;
}

// --- The connection

const me = { name: nick, page: random() };
let link = null;

const on = {
  up(name) {
    if (document.body.dataset.state === "ended") return;
    me.transport = name;
    link.emit("join", nick, room, key(), me.page, joined);
  },
  moved(name) {
    me.transport = name;
    link.emit("look");
    showState("joined");
  },
  down(reason) {
    if (document.body.dataset.state !== "ended") showState("down", reason);
  },
  events: {
    line: showLine,
    people: showPeople,
    came: (person) => showPassage("came", person),
    left: (person) => showPassage("left", person),
    // A client of 0.6 that lost patience hears this from its own first connection, which it does not close.
    replaced: (page) => page === me.page || end("This nickname goes on in another tab."),
  },
};

// What lets this tab have its nickname back after a reload, while the server still waits for the old connection.
function key() {
  const name = `chat ${room} ${nick}`;
  if (!sessionStorage.getItem(name)) sessionStorage.setItem(name, random());
  return sessionStorage.getItem(name);
}

function random() {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join("");
}

function joined(answer) {
  if (!answer.ok) return end(answer.error);
  me.name = answer.name;
  showState("joined");
  showHistory(answer.history);
  showPeople(answer.people);
  if (!embedded) $("text").focus();
}

function end(problem) {
  showState("ended");
  link.close();
  $("chat").hidden = true;
  $("setup").hidden = false;
  $("problem").textContent = problem;
  $("nick").select();
}

async function join(build) {
  $("setup").hidden = true;
  $("chat").hidden = false;
  $("place").textContent = room;
  showState("connecting");
  link = CLIENTS[client].connect(await load(build.url), transport, on);
}

const STATES = {
  setup: () => [],
  ended: () => [],
  connecting: () => ["Connecting…"],
  down: (reason) => [`Reconnecting… (${reason})`],
  joined: () => [element("span", { className: "who" }, `${me.name} `), badge({ era: CLIENTS[client].era, transport: me.transport })],
};

function showState(state, detail) {
  document.body.dataset.state = state;
  document.body.dataset.transport = me.transport ?? "";
  $("status").replaceChildren(...STATES[state](detail));
  $("change").hidden = embedded || state === "setup" || state === "ended";
}

// --- Saying something

function say(text) {
  if (document.body.dataset.state !== "joined" || !text.trim()) return false;
  link.emit("say", text, (answer) => answer.ok || ($("status").textContent = answer.error));
  return true;
}

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  if (say($("text").value)) $("text").value = "";
});

$("text").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $("composer").requestSubmit();
});

// From the page that shows four of these side by side.
addEventListener("message", ({ origin, data }) => {
  if (origin === location.origin && typeof data?.say === "string") say(data.say);
});

// --- The form. It is sent as it is: the address it makes is the one that joins.

function choice(name, value, checked, disabled, ...children) {
  const input = element("input", { type: "radio", name, value, checked, disabled });
  return element("label", {}, input, element("span", {}, ...children));
}

function clientCard(build, chosen) {
  const { era, years } = CLIENTS[build.name];
  const lines = [
    element("strong", {}, build.name),
    element("small", {}, build.release ? `release ${build.release}` : "not installed"),
    element("small", {}, years),
  ];
  const card = choice("client", build.name, build.name === chosen, !build.release, ...lines);
  card.dataset.era = era;
  card.title = ERAS[era].title;
  return card;
}

function showTransports(name, chosen) {
  const pills = CLIENTS[name].transports.map(({ value, label }, index) =>
    choice("transport", value, chosen ? value === chosen : index === 0, false, label));
  $("transports").replaceChildren(...pills);
}

function showForm(builds, help) {
  const installed = builds.filter((build) => build.release).map(({ name }) => name);
  const chosen = installed.includes(client) ? client : installed[0];
  const cards = Object.keys(CLIENTS).map((name) => clientCard(builds.find((build) => build.name === name), chosen));
  $("clients").replaceChildren(...cards);
  $("clients").addEventListener("change", (event) => showTransports(event.target.value));
  $("help").hidden = builds.every((build) => build.release);
  $("help").textContent = help;
  $("nick").value = nick || localStorage.getItem("nick") || "";
  $("room").value = query.has("room") ? room : "";
  if (embedded) $("join").append(element("input", { type: "hidden", name: "embed", value: "1" }));
  showTransports(chosen ?? client, chosen === client && transport);
}

function showAddresses() {
  const without = new URLSearchParams(query);
  without.delete("nick");
  $("change").href = `/?${without}`;
  $("four").href = `/four?${new URLSearchParams({ room })}`;
  if (embedded) document.body.classList.add("embedded");
}

async function start() {
  showAddresses();
  const { clients: builds, help } = await (await fetch("/clients.json")).json();
  showForm(builds, help);
  const build = builds.find(({ name }) => name === client);
  if (!nick) return $("nick").select();
  if (!embedded) localStorage.setItem("nick", nick);
  if (build.release) return join(build);
  $("problem").textContent = `The client ${client} is not installed. ${help}`;
  document.body.classList.add("missing");
}

await start();
