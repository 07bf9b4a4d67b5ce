// XMLHttpRequest as the browsers of 2010 had it, over Node's http module: every byte to the server and back is real.
//
// Standing in for Firefox 3 to 21: `multipart`. With it the answer is a stream of parts, and each part goes through the
// states 2, 3 and 4 as if it were an answer of its own.
//
//   --socketio<LF>Content-Type: text/plain<LF><LF>~m~5~m~hello<LF>--socketio<LF>
//
// A request to another site sends the page's Origin; its answer can't be read without Access-Control-Allow-Origin.
"use strict";

const http = require("http");

// Send a request; `onHead(response)` sees the answer before its body.
function send({ agent, href }, url, { method = "GET", headers = {}, body }, onHead, onError) {
  const length = body ? { "Content-Length": Buffer.byteLength(body) } : {};
  const request = http.request(url, { agent, method, headers: { Referer: href, ...headers, ...length } });
  request.on("response", onHead);
  request.on("error", onError);
  request.end(body || undefined);
  return request;
}

// Fetch all of it: done({ status, text }), with status 0 where there was no answer.
function load(page, url, about, done) {
  const nothing = () => done({ status: 0, text: "" });
  return send(page, url, about, (response) => {
    const parts = [];
    response.on("data", (part) => parts.push(part));
    response.on("end", () => done({ status: response.statusCode, text: Buffer.concat(parts).toString("utf8") }));
    response.on("error", nothing);
  }, nothing);
}

// The parts of a multipart/x-mixed-replace answer, each as soon as the boundary behind it has come.
class Parts {
  constructor(contentType, onPart) {
    const [, quoted, plain] = /boundary=(?:"([^"]*)"|([^\s;]*))/.exec(contentType);
    Object.assign(this, { mark: Buffer.from(`--${quoted || plain}\n`), onPart, buffer: Buffer.alloc(0), begun: false });
  }

  feed(data) {
    this.buffer = Buffer.concat([this.buffer, data]);
    for (let at = this.buffer.indexOf(this.mark); at >= 0; at = this.buffer.indexOf(this.mark)) {
      const part = this.buffer.subarray(0, at);
      this.buffer = this.buffer.subarray(at + this.mark.length);
      if (this.begun) this.onPart(part.subarray(part.indexOf("\n\n") + 2, -1).toString("utf8"));
      this.begun = true;
    }
  }
}

function classFor(page) {
  return class XMLHttpRequest {
    constructor() {
      Object.assign(this, { readyState: 0, status: 0, responseText: "", withCredentials: false, headers: {}, onload: null });
    }

    open(method, url) {
      Object.assign(this, { method, url, readyState: 1 });
      this.foreign = new URL(url).origin !== page.origin;
    }

    setRequestHeader(name, value) {
      this.headers[name] = value;
    }

    send(body) {
      const headers = this.foreign ? { ...this.headers, Origin: page.origin } : this.headers;
      this.request = send(page, this.url, { method: this.method, headers, body }, (response) => this.read(response), () => this.finish(0, ""));
    }

    read(response) {
      if (!this.readable(response)) return this.finish(0, "");
      return this.multipart ? this.readParts(response) : this.readAll(response);
    }

    readable({ headers }) {
      return !this.foreign || ["*", page.origin].includes(headers["access-control-allow-origin"]);
    }

    readAll(response) {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () => this.finish(response.statusCode, Buffer.concat(parts).toString("utf8")));
      response.on("error", () => this.finish(0, ""));
    }

    readParts(response) {
      const parts = new Parts(response.headers["content-type"], (text) => {
        if (this.aborted) return;
        this.step(2, response.statusCode, "");
        this.step(3, response.statusCode, text);
        this.step(4, response.statusCode, text);
      });
      response.on("data", (data) => parts.feed(data));
      response.on("error", () => {});
    }

    step(readyState, status, responseText) {
      Object.assign(this, { readyState, status, responseText });
      if (this.onreadystatechange) this.onreadystatechange();
    }

    // Browsers of the time fire onload for any answer, but not for a connection that was closed without one.
    finish(status, responseText) {
      if (this.aborted || this.readyState === 4) return;
      this.step(4, status, responseText);
      if (status && this.onload) this.onload();
    }

    abort() {
      this.aborted = true;
      if (this.request) this.request.destroy();
    }
  };
}

module.exports = { classFor, load, send };
