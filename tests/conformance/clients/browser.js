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

const { LIMIT, newTab, report, serve } = require("./chromium");

async function open(browser, { client, url }) {
  const page = await newTab(browser, client);
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

serve(open, { say, lines, picture });
