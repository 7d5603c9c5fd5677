// Progress by server-sent events. When a job ends, its page or its row of the table is loaded anew.
const place = document.querySelector("[data-events]");
const byRow = place?.dataset.reload === "row";

if (place) {
  const source = new EventSource(place.dataset.events);
  source.addEventListener("message", (event) => show(JSON.parse(event.data)));
  source.addEventListener("end", () => {
    source.close();
    location.reload();
  });
}

function show(job) {
  const row = byRow ? place.querySelector(`[data-job="${CSS.escape(job.id)}"]`) : place;
  if (!row) return;
  const bar = row.querySelector("progress");
  if (bar) bar.value = job.percent;
  const percent = row.querySelector(".percent");
  if (percent) percent.textContent = `${job.percent} %`;
  const words = row.querySelector(".words");
  if (words && words.textContent !== job.words) words.textContent = job.words;
  if (byRow && ["done", "failed", "cancelled"].includes(job.state) && bar) refresh(row, job.id);
}

async function refresh(row, id) {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector(`[data-job="${CSS.escape(id)}"]`);
  if (fresh) row.replaceWith(document.importNode(fresh, true));
}
