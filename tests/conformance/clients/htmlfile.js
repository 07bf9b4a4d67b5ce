// Standing in for Internet Explorer: `new ActiveXObject("htmlfile")`, a document whose iframe never finishes loading.
//
//   <html><body>...                                          nothing is looked at before 256 bytes have come
//   <script>parent.s._("~m~5~m~hello", document);</script>   each script is run as soon as its end tag has come
//
// No charset is declared, so the bytes are read as windows-1252: what is beyond ASCII would arrive garbled. The first
// "</script>" ends a script, wherever it stands.
"use strict";

const vm = require("vm");

const { Document } = require("./elements");
const { send } = require("./xhr");

const FIRST = 256;

// The document inside the iframe: markup comes in pieces, scripts run one by one.
class Forever {
  constructor(page, parent) {
    this.document = new Document({ load: () => {} });
    this.context = vm.createContext({ parent, document: this.document });
    this.text = "";
    this.length = 0;
  }

  feed(data) {
    this.length += data.length;
    this.text += data.toString("latin1");
    if (this.length < FIRST) return;
    for (let found = this.next(); found; found = this.next()) {
      this.text = this.text.slice(found.index + found[0].length);
      this.document.body.appendChild(this.document.createElement("script"));
      vm.runInContext(found[1], this.context);
    }
  }

  next() {
    return /<script>([^]*?)<\/script>/.exec(this.text);
  }
}

// An iframe that loads what its `src` is set to.
function frame(page, element, parent) {
  let request = null;
  Object.defineProperty(element, "src", {
    set(url) {
      if (request) request.destroy();
      request = null;
      if (url === "about:blank") return;
      const forever = new Forever(page, parent);
      request = send(page, url, { method: "GET" }, (response) => {
        response.on("data", (data) => forever.feed(data));
        response.on("error", () => {});
      }, () => {});
    },
  });
}

function classFor(page) {
  return class ActiveXObject {
    constructor(name) {
      if (name !== "htmlfile") throw new Error(`no such object: ${name}`);
      const parentWindow = {};
      const document = new Document({ load: () => {}, behaviours: { IFRAME: (element) => frame(page, element, parentWindow) } });
      return Object.assign(document, { parentWindow, open() {}, write() {}, close() {} });
    }
  };
}

module.exports = { classFor };
