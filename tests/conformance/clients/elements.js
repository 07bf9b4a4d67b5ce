// As much of a document as the clients of Socket.IO 0.3 to 0.9 touch: elements in a tree, and what some of them do.
//
//   <script src>       is fetched when it is inserted, and run in the page; removing it does not stop that
//   <form> .submit()   posts its textareas into the iframe it names, with every line end as CR LF; then the iframe's onload
//   <object>           is handed to a plugin, if the page has one
//
// Attributes and properties are the same thing, as in Internet Explorer 6 to 8.
"use strict";

const VOID = () => {};

class Element {
  constructor(document, name) {
    Object.assign(this, { ownerDocument: document, nodeName: name.toUpperCase(), nodeType: 1, childNodes: [], parentNode: null, style: {} });
  }

  appendChild(child) {
    return this.insertBefore(child, null);
  }

  insertBefore(child, before) {
    if (child.parentNode) child.parentNode.removeChild(child);
    const at = before ? this.childNodes.indexOf(before) : this.childNodes.length;
    this.childNodes.splice(at, 0, child);
    child.parentNode = this;
    if (this.ownerDocument.holds(child)) child.inserted();
    return child;
  }

  removeChild(child) {
    const at = this.childNodes.indexOf(child);
    if (at < 0) throw new Error("NOT_FOUND_ERR");
    this.childNodes.splice(at, 1);
    child.parentNode = null;
    return child;
  }

  replaceChild(child, old) {
    this.insertBefore(child, old);
    return this.removeChild(old);
  }

  setAttribute(name, value) {
    this[name] = value;
  }

  getAttribute(name) {
    return this[name];
  }

  getElementsByTagName(name) {
    const own = (element) => [...(element.nodeName === name.toUpperCase() ? [element] : []), ...element.childNodes.flatMap(own)];
    return this.childNodes.flatMap(own);
  }

  // It, and what it holds, has become part of the document.
  inserted() {
    (this.ownerDocument.behaviours[this.nodeName] || VOID)(this);
    this.childNodes.forEach((child) => child.inserted());
  }
}

class Form extends Element {
  // What a browser posts: line ends of a textarea become CR LF, and a blank becomes "+".
  encoded() {
    const fields = this.getElementsByTagName("textarea").map(({ name, value }) => [name, value.replace(/\r\n|\r|\n/g, "\r\n")]);
    return new URLSearchParams(fields).toString();
  }

  submit() {
    const frame = this.ownerDocument.getElementsByTagName("iframe").find(({ name }) => name === this.target);
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    this.ownerDocument.load(this.action, { method: this.method, headers, body: this.encoded() }, () => frame.onload && frame.onload());
  }
}

class Document {
  // `load(url, request, done)` fetches what elements need; `behaviours`: name of an element -> what inserting it brings about.
  constructor({ load, behaviours = {} }) {
    Object.assign(this, { load, behaviours, nodeType: 9, cookie: "", readyState: "complete", title: "" });
    this.documentElement = new Element(this, "html");
    this.head = this.documentElement.appendChild(this.createElement("head"));
    this.body = this.documentElement.appendChild(this.createElement("body"));
  }

  createElement(name) {
    if (!/^\w+$/.test(name)) throw new Error("INVALID_CHARACTER_ERR");
    return name.toLowerCase() === "form" ? new Form(this, name) : new Element(this, name);
  }

  getElementsByTagName(name) {
    return this.documentElement.getElementsByTagName(name);
  }

  getElementById(id) {
    const found = (element) => (element.id === id ? element : element.childNodes.reduce((one, child) => one || found(child), null));
    return found(this.documentElement);
  }

  holds(element) {
    for (let one = element; one; one = one.parentNode) if (one === this.documentElement) return true;
    return false;
  }

  addEventListener() {}
}

// What a <script src> does: `run(code)` runs it in the page.
function scripts(load, run) {
  return (script) => {
    if (!script.src) return;
    load(script.src, { method: "GET" }, ({ status, text }) => {
      if (status < 200 || status > 299) return script.onerror && script.onerror();
      run(text);
      return script.onload && script.onload();
    });
  };
}

module.exports = { Document, scripts };
