// Progress by server-sent events. When a job ends, its page or its row of the table is loaded anew.
const place = document.querySelector("[data-events]");
const byRow = place?.dataset.reload === "row";
const LATER_MS = 3000;

if (place) watch();

function watch() {
  const source = new EventSource(place.dataset.events);
  source.addEventListener("message", (event) => show(JSON.parse(event.data)));
  source.addEventListener("end", async () => {
    source.close();
    if (!byRow) location.reload();
    // Of a long table not all are watched at a time.
    else if (await refresh()) setTimeout(watch, LATER_MS);
  });
  // After a break the browser asks again by itself, but not after an answer that is no stream: a
  // proxy's, while the server starts, or that one has to sign in.
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(reloadOnceThere, LATER_MS);
  });
}

async function reloadOnceThere() {
  const answer = await fetch(location.href).catch(() => null);
  if (answer && answer.status < 500) location.reload();
  else setTimeout(reloadOnceThere, LATER_MS);
}

function show(job) {
  const row = byRow ? rowOf(place, job.id) : place;
  if (!row) return;
  const bar = row.querySelector("progress");
  if (bar) bar.value = job.percent;
  const percent = row.querySelector(".percent");
  if (percent) percent.textContent = `${job.percent} %`;
  const words = row.querySelector(".words");
  if (words && words.textContent !== job.words) words.textContent = job.words;
  if (byRow && ["done", "failed", "cancelled"].includes(job.state) && bar) refresh();
}

function rowOf(page, id) {
  return page.querySelector(`[data-job="${CSS.escape(id)}"]`);
}

// Cell by cell, so that whoever has the focus on a file's name keeps it; what is new is read aloud.
// Whether some are still to be watched.
async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return true;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const bar of place.querySelectorAll("progress")) {
    const row = bar.closest("tr");
    const fresh = rowOf(page, row.dataset.job);
    if (!fresh) continue;
    if (fresh.querySelector("progress")) {
      row.querySelector(".words").textContent = fresh.querySelector(".words").textContent;
      continue;
    }
    const cells = [...fresh.querySelectorAll("td")].map((cell) => document.importNode(cell, true));
    row.querySelectorAll("td").forEach((cell, n) => cell.replaceWith(cells[n]));
    const told = document.createElement("p");
    told.textContent = [row.querySelector("th"), ...cells].map((cell) => cell.textContent.trim()).join(" ");
    document.getElementById("told").append(told);
  }
  const rest = page.querySelector("[data-events]")?.dataset.events;
  if (rest) place.dataset.events = rest;
  return Boolean(rest);
}
