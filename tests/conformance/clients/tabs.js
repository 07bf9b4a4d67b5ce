// Opens pages in Chromium that report by themselves and take what they shall send.
//
//   -> {"client": 1, "do": "open", "url": "http://127.0.0.1:8080/page?build=0.6&transport=xhr-polling"}
//   <- {"client": 1, "is": "connected", ...}                 the page has called report("connected", {...})
//   -> {"client": 1, "do": "send", "value": "hello"}         calls its say("hello")
//   -> {"client": 1, "do": "go", "url": "..."}               to another page in the same tab
//   -> {"client": 1, "do": "close"}
//
// Arguments: the path of Chromium. Started by tests/conformance/test_old_browser.py.
"use strict";

const { LIMIT, newTab, report, serve } = require("./chromium");

async function open(browser, { client, url }) {
  const page = await newTab(browser, client);
  await page.exposeFunction("report", (kind, more) => report(client, kind, more));
  await page.goto(url, { waitUntil: "commit", ...LIMIT }); // a page that streams is never through with loading
}

const go = (page, { url }) => page.goto(url, { waitUntil: "commit", ...LIMIT });
const send = (page, { value }) => page.evaluate((text) => window.say(text), value);
const close = (page) => page.close();

serve(open, { close, go, send });
