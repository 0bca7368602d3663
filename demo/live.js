// Sends a request to the server that this page came from and shows what came back.
"use strict";

const REQUESTS = {
  page: { path: "./", fields: {} },
  fresh: { path: "./", fields: {}, conditional: true },
  range: { path: "notes.txt", fields: { Range: "bytes=0-63" } },
  listing: { path: "examples/", fields: { Accept: "application/json" } },
  missing: { path: "no-such-page", fields: {} },
  hidden: { path: ".git/config", fields: {} },
};

// Enough to see what came, not more.
const CONTENT_CHARACTERS_MAX = 1200;

async function ask(name) {
  const { path, fields, conditional } = REQUESTS[name];
  const sent = { ...fields };
  if (conditional) {
    const first = await fetch(path, { method: "HEAD", cache: "no-store" });
    sent["If-None-Match"] = first.headers.get("ETag") ?? "*";
  }
  const start = performance.now();
  const response = await fetch(path, { headers: sent, cache: "no-store" });
  const content = await response.text();
  show(path, sent, response, content, performance.now() - start);
}

function show(path, sent, response, content, milliseconds) {
  const fields = Object.entries(sent).map(([name, value]) => ` · ${name}: ${value}`);
  byId("line").textContent = `GET ${new URL(path, location.href).pathname}${fields.join("")}`;
  byId("time").textContent = `${milliseconds.toFixed(1)} ms`;
  const list = byId("fields");
  list.replaceChildren();
  append(list, "status", `${response.status} ${response.statusText}`);
  for (const [name, value] of response.headers) {
    append(list, name, value);
  }
  const box = byId("content");
  box.hidden = content === "";
  box.textContent = content.slice(0, CONTENT_CHARACTERS_MAX);
}

function fail(error) {
  const list = byId("fields");
  list.replaceChildren();
  append(list, "failed", `${error.message}: is the server still running?`);
  byId("content").hidden = true;
}

function append(list, name, value) {
  const term = document.createElement("dt");
  const description = document.createElement("dd");
  term.textContent = name;
  description.textContent = value;
  list.append(term, description);
}

function byId(id) {
  return document.getElementById(id);
}

const buttons = document.querySelectorAll("button[data-request]");
for (const button of buttons) {
  button.addEventListener("click", () => {
    for (const other of buttons) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    ask(button.dataset.request).catch(fail);
  });
}

ask("page").catch(fail);
