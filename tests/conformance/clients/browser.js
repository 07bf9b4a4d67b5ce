// Drives the chat page in Chromium: each client is a tab, all tabs live in one browser.
//
//   -> {"client": 1, "do": "open", "url": "http://127.0.0.1:8080/?client=0.6&nick=Ada&room=lobby"}
//   <- {"client": 1, "is": "joined", "transport": "websocket"}
//   -> {"client": 1, "do": "say", "text": "hello"}
//   -> {"client": 1, "do": "lines", "count": 4}
//   <- {"client": 1, "is": "lines", "lines": [["Ada", "old", "hello"], ...]}        once there are so many
//   -> {"client": 1, "do": "picture", "path": "artefacts/chat.png"}
//   <- {"client": 1, "is": "picture"}
//   <- {"client": 1, "is": "trouble", "message": "..."}                             whatever the page complains about
//
// Arguments: the path of Chromium. Started by tests/conformance/test_chat_page.py.
"use strict";

const readline = require("readline");
const { chromium } = require("playwright-core");

const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
const LIMIT = { timeout: 30000 };

const tabs = new Map();
const report = (client, kind, more) => process.stdout.write(`${JSON.stringify({ client, is: kind, ...more })}\n`);

async function open(browser, { client, url }) {
  const page = await browser.newPage();
  tabs.set(client, page);
  page.on("pageerror", (error) => report(client, "trouble", { message: String(error) }));
  page.on("console", (message) => message.type() === "error" && report(client, "trouble", { message: message.text() }));
  await page.goto(url, { waitUntil: "commit", ...LIMIT });
  await page.waitForFunction(() => ["joined", "ended"].includes(document.body?.dataset.state), null, LIMIT);
  report(client, "joined", await page.evaluate(() => ({ ...document.body.dataset })));
}

async function say(page, { text }) {
  await page.fill("#text", text);
  await page.press("#text", "Enter");
}

// What is said in the page, as a person would read it.
const readLines = () => [...document.querySelectorAll('#log li[data-kind="line"]')]
  .map((item) => [item.dataset.who, item.dataset.era, item.querySelector(".text").textContent]);

async function lines(page, { client, count }) {
  const selector = '#log li[data-kind="line"]';
  await page.waitForFunction(([where, many]) => document.querySelectorAll(where).length >= many, [selector, count], LIMIT);
  report(client, "lines", { lines: await page.evaluate(readLines) });
}

async function picture(page, { client, path }) {
  await page.screenshot({ path });
  report(client, "picture");
}

const WHAT = { say, lines, picture };

async function obey(browser, command) {
  const { client, do: what } = command;
  try {
    await (what === "open" ? open(browser, command) : WHAT[what](tabs.get(client), command));
  } catch (error) {
    report(client, "failed", { message: String(error.stack || error) });
  }
}

async function main() {
  const browser = await chromium.launch({ executablePath: process.argv[2], headless: true, args: FLAGS });
  const input = readline.createInterface({ input: process.stdin });
  input.on("line", (line) => obey(browser, JSON.parse(line)));
  input.on("close", () => browser.close().finally(() => process.exit(0)));
}

main();
