// Runs the files for browsers of socket.io-client 0.7 to 0.9, unchanged, in Chromium: each client is a tab.
//
// Real: the browser with its XMLHttpRequest, WebSocket, script elements, forms and iframes, and the client's file as the
// gateway serves it. Standing in, for htmlfile only, which Chromium never had: `ActiveXObject("htmlfile")` is the document of
// a hidden iframe; what streams into it is Chromium's own doing again.
//
// The protocol is in lines.js, but that "open" is said for "connect", with `script`, the address of the client's file, and
// `page`, that of the page. Arguments: the path of Chromium. Started by tests/conformance/test_browser_files09.py.
"use strict";

const { LIMIT, newTab, report, serve } = require("./chromium");
const { drive } = require("./drive");
const { EVENTS } = require("./lines");

function internetExplorer() {
  window.CollectGarbage = () => {};
  window.ActiveXObject = function (name) {
    if (name !== "htmlfile") throw new Error(`no such object: ${name}`);
    const frame = document.createElement("iframe");
    frame.style.display = "none";
    document.documentElement.appendChild(frame);
    Object.defineProperty(frame.contentDocument, "parentWindow", { get: () => frame.contentWindow });
    return frame.contentDocument;
  };
}

async function open(browser, { client, page: where, script, ...command }) {
  const page = await newTab(browser, client);
  if (command.transports.includes("htmlfile")) await page.addInitScript(internetExplorer);
  await page.exposeFunction("report", (kind, more) => report(client, kind, more));
  await page.goto(where, { waitUntil: "commit", ...LIMIT });
  await page.waitForFunction(() => document.body, null, LIMIT);
  await page.addScriptTag({ url: script });
  await page.evaluate(`window.client = (${drive})(io, ${JSON.stringify(command)}, window.report, ${JSON.stringify(EVENTS)}); null`);
}

const told = (name) => (page, command) => page.evaluate(([what, given]) => { window.client[what](given); }, [name, command]);
const what = Object.fromEntries(["emit", "reply", "send", "disconnect"].map((name) => [name, told(name)]));

serve(open, { ...what, close: (page) => page.close() });
