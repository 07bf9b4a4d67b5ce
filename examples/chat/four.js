// Four tabs in one: each frame loads one client's own build, all of them in the room named in the address.

import { CLIENTS, ERAS } from "/clients.js";

const CAST = [
  { client: "0.6", transport: "xhr-polling", nick: "Ada", word: "Hello from 2010. I only know messages, and I poll." },
  { client: "0.9", transport: "jsonp-polling", nick: "Ben", word: "Events! In my day they came in script tags." },
  { client: "2.5", transport: "polling", nick: "Cleo", word: "Binary, rooms, acknowledgements. Who needs a WebSocket?" },
  { client: "4.8", transport: "auto", nick: "Dana", word: "I upgraded while you were talking. Nice to meet you all." },
];

const room = roomOfAddress();
const frames = document.getElementById("frames");

// A room of one's own unless one is asked for; it stays in the address, so that others can be invited.
function roomOfAddress() {
  const given = new URLSearchParams(location.search).get("room");
  if (given) return given;
  const made = `four-${crypto.getRandomValues(new Uint32Array(1))[0].toString(36)}`;
  history.replaceState(null, "", `?${new URLSearchParams({ room: made })}`);
  return made;
}

const address = (part, transport) => `/?${new URLSearchParams({ client: part.client, transport, nick: part.nick, room, embed: "1" })}`;

function transportChoice(part, frame) {
  const select = document.createElement("select");
  select.setAttribute("aria-label", `Transport of ${part.nick}`);
  for (const { value, label } of CLIENTS[part.client].transports)
    select.add(new Option(label, value, value === part.transport, value === part.transport));
  select.addEventListener("change", () => (frame.src = address(part, select.value)));
  return select;
}

function tile(part) {
  const { era, years } = CLIENTS[part.client];
  const box = document.createElement("section");
  const head = document.createElement("header");
  const title = document.createElement("h2");
  const when = document.createElement("small");
  const frame = document.createElement("iframe");
  title.textContent = `Client ${part.client}`;
  when.textContent = years;
  box.dataset.era = era;
  box.title = ERAS[era].title;
  frame.title = `${part.nick}, on client ${part.client}`;
  frame.src = address(part, part.transport);
  head.append(title, when, transportChoice(part, frame));
  box.append(head, frame);
  return box;
}

function greet() {
  const views = [...frames.querySelectorAll("iframe")];
  views.forEach((frame, index) =>
    setTimeout(() => frame.contentWindow.postMessage({ say: CAST[index].word }, location.origin), 700 * index));
}

frames.append(...CAST.map(tile));
document.getElementById("greet").addEventListener("click", greet);
document.getElementById("alone").href = `/?${new URLSearchParams({ room })}`;
document.getElementById("status").textContent = `Room ${room}`;
