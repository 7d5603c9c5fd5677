// Drop, choose or paste files; each is sent by itself, with a bar of its own.
const form = document.querySelector("form.upload");
const drop = document.getElementById("drop");
const input = document.getElementById("file");
const list = document.getElementById("sending");
const results = document.getElementById("results");
const told = document.getElementById("told");
const text = form.dataset;
const token = document.querySelector("meta[name=csrf]").content;
const AT_ONCE = 2;
// What may go better the next time: a server that is busy, full or starting, or a proxy before it.
const passing = (status) => status >= 500 || status === 429 || status === 408;
const waiting = [];
const done = [];
const failed = new Map(); // rows the person has not seen fail, or could send again → whether so
let sending = 0;

input.removeAttribute("required");
input.addEventListener("change", () => {
  take([...input.files]);
  input.value = "";
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  input.click();
});
let depth = 0;
window.addEventListener("dragenter", (event) => {
  if (!holdsFiles(event)) return;
  depth += 1;
  drop.classList.add("is-over");
});
window.addEventListener("dragleave", () => {
  depth = Math.max(0, depth - 1);
  if (depth === 0) drop.classList.remove("is-over");
});
window.addEventListener("dragover", (event) => {
  if (holdsFiles(event)) event.preventDefault();
});
window.addEventListener("drop", (event) => {
  if (!holdsFiles(event)) return;
  event.preventDefault();
  depth = 0;
  drop.classList.remove("is-over");
  take([...event.dataTransfer.files]);
});
window.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  if (files.length) take(files);
});

function holdsFiles(event) {
  return [...(event.dataTransfer?.types ?? [])].includes("Files");
}

function take(files) {
  for (const [row, again] of failed) if (!again) failed.delete(row); // the person has seen them
  for (const file of files) {
    const row = makeRow(file);
    if (file.size > Number(text.limit)) {
      fail(row, text.textLarge);
      continue;
    }
    waiting.push({ file, row });
  }
  next();
}

function makeRow(file) {
  const row = document.createElement("li");
  const name = document.createElement("span");
  name.className = "name";
  name.textContent = file.name;
  const state = document.createElement("span");
  state.className = "state";
  const bar = document.createElement("progress");
  bar.max = 100;
  bar.value = 0;
  bar.setAttribute("aria-label", `${text.textSending}: ${file.name}`);
  row.append(name, state, bar);
  list.append(row);
  return { row, state, bar };
}

// With the file given, it can be sent once more without being chosen again.
function fail(parts, why, file = null) {
  const { row, state, bar } = parts;
  failed.set(row, file !== null);
  state.textContent = why;
  state.classList.add("is-bad");
  if (file) bar.replaceWith(againButton(parts, file));
  else bar.remove();
  tell(row, why);
}

function againButton(parts, file) {
  const { row, state, bar } = parts;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.textContent = text.textAgain;
  button.setAttribute("aria-label", `${text.textAgain}: ${file.name}`);
  button.addEventListener("click", () => {
    failed.delete(row);
    state.textContent = "";
    state.classList.remove("is-bad");
    bar.value = 0;
    button.replaceWith(bar);
    row.tabIndex = -1; // or the keyboard would start anew at the top of the page
    row.focus();
    waiting.push({ file, row: parts });
    next();
  });
  if (document.activeElement === row) setTimeout(() => button.focus());
  return button;
}

// What became of a file, read aloud; how far it is would be read without end.
function tell(row, words) {
  const line = document.createElement("p");
  line.textContent = `${row.querySelector(".name").textContent}: ${words}`;
  told.append(line);
}

document.querySelector("form.link").addEventListener("submit", () => {
  const fetching = document.getElementById("fetching");
  fetching.textContent = fetching.dataset.text;
});
window.addEventListener("beforeunload", (event) => {
  if (sending || waiting.length) event.preventDefault();
});
// Come back to as it was left, the page would count its old files among the next.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

function next() {
  while (sending < AT_ONCE && waiting.length) {
    sending += 1;
    send(waiting.shift()).then((answer) => {
      sending -= 1;
      if (answer) done.push(answer);
      next();
    });
  }
  if (sending || waiting.length || !done.length) return;
  if (!failed.size) {
    location.assign(address());
    return;
  }
  results.hidden = false;
  results.querySelector("a").href = address();
}

function send({ file, row }) {
  return new Promise((settle) => {
    const body = new FormData();
    for (const [name, value] of new FormData(form)) {
      if (name !== "file" && name !== "csrf_token") body.append(name, value);
    }
    body.append("batch", text.batch);
    body.append("file", file, file.name);
    const request = new XMLHttpRequest();
    request.open("POST", "/uploads");
    request.setRequestHeader("X-CSRF-Token", token);
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      const share = event.lengthComputable ? event.loaded / event.total : 0;
      row.bar.value = 100 * share;
      row.state.textContent = `${text.textSending} ${Math.round(100 * share)} %`;
    });
    request.addEventListener("load", () => {
      if (request.status === 201) {
        row.bar.value = 100;
        const known = request.response.outcome === "known";
        row.state.textContent = known ? text.textKnown : text.textSent;
        tell(row.row, row.state.textContent);
        link(row, request.response.url);
        settle(request.response);
      } else {
        const { detail, hint } = request.response ?? {};
        const said = detail?.replace(`${file.name}: `, ""); // it stands beside it
        const unsaid = request.status === 413 ? text.textProxy : text.textFailed; // in no words of ours
        const why = said ? [said, hint].filter(Boolean).join("; ") : unsaid;
        fail(row, why, passing(request.status) ? file : null);
        settle(null);
      }
    });
    request.addEventListener("error", () => {
      fail(row, text.textFailed, file);
      settle(null);
    });
    request.send(body);
  });
}

function link({ row }, url) {
  const name = row.querySelector(".name");
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.textContent = name.textContent;
  name.replaceChildren(anchor);
}

// Of the only result, or of the table of all.
function address() {
  if (done.length === 1) return done[0].url;
  const others = done.filter((one) => one.outcome !== "new").map((one) => one.id);
  const query = new URLSearchParams(others.map((id) => ["also", id]));
  return text.batchUrl + (others.length ? `?${query}` : "");
}
