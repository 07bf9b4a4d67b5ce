// One Chromium with a tab for each client: what its runners share.
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

// A new tab for `client`; whatever its page complains about is reported as trouble.
async function newTab(browser, client) {
  const page = await browser.newPage();
  tabs.set(client, page);
  page.on("pageerror", (error) => report(client, "trouble", { message: String(error) }));
  page.on("console", (message) => message.type() === "error" && report(client, "trouble", { message: message.text() }));
  return page;
}

// Obey until standard input ends: "open" is open(browser, command), the others are what[name](page, command).
async function serve(open, what) {
  const browser = await chromium.launch({ executablePath: process.argv[2], headless: true, args: FLAGS });
  const input = readline.createInterface({ input: process.stdin });
  input.on("close", () => browser.close().finally(() => process.exit(0)));
  input.on("line", async (line) => {
    const command = JSON.parse(line);
    try {
      await (command.do === "open" ? open(browser, command) : what[command.do](tabs.get(command.client), command));
    } catch (error) {
      report(command.client, "failed", { message: String(error.stack || error) });
    }
  });
}

module.exports = { LIMIT, newTab, report, serve };
