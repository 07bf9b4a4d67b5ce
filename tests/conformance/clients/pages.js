// Runs the browser builds of socket.io-client 1.x to 4.x, each client in a tab of one Chromium, by the commands and
// reports of lines.js. A tab shows a page of another origin than the server's, as those of most users do: what the
// server says where there is nothing, under another name.
//
//   -> {"client": 1, "do": "connect", "build": "socket.io-client-1.0", "url": "...", "transports": ["polling"], "forceJSONP": true}
//   <- {"client": 1, "is": "trouble", "message": "..."}                             whatever the page complains about
//
// Arguments: the path of Chromium. Started by tests/conformance/test_browsers.py; in_page.js runs in the tab.
"use strict";

const fs = require("fs");
const path = require("path");
const readline = require("readline");
const { chromium } = require("playwright-core");

const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
const PLACES = ["dist/socket.io.js", "socket.io.js"];

const tabs = new Map(); // number of a client -> its page, once it is there
const report = (client, kind, more) => process.stdout.write(`${JSON.stringify({ client, is: kind, ...more })}\n`);

function scriptOf(build) {
  const folder = path.dirname(require.resolve(`${build}/package.json`));
  return PLACES.map((place) => path.join(folder, place)).find((file) => fs.existsSync(file));
}

// The same port under another name is another origin.
function elsewhere(url) {
  const { port } = new URL(url);
  return `http://localhost:${port}/nothing`;
}

// A context of its own has its own connections: a browser has no more than six to one server.
async function open(browser, command) {
  const { client, build, url } = command;
  const page = await (await browser.newContext()).newPage();
  page.on("pageerror", (error) => report(client, "trouble", { message: String(error) }));
  await page.exposeFunction("report", (kind, more) => report(client, kind, more));
  await page.goto(elsewhere(url));
  await page.addScriptTag({ path: scriptOf(build) });
  await page.addScriptTag({ path: path.join(__dirname, "in_page.js") });
  return page;
}

async function obey(browser, command) {
  const { client, do: what } = command;
  if (what === "connect") tabs.set(client, open(browser, command));
  const page = await tabs.get(client);
  if (what === "close") await page.context().close();
  else await page.evaluate((given) => window.obey(given), command);
}

async function main() {
  const browser = await chromium.launch({ executablePath: process.argv[2], headless: true, args: FLAGS });
  const input = readline.createInterface({ input: process.stdin });
  input.on("line", (line) => {
    const command = JSON.parse(line);
    obey(browser, command).catch((error) => report(command.client, "failed", { message: String(error.stack || error) }));
  });
  input.on("close", () => browser.close().finally(() => process.exit(0)));
}

main();
