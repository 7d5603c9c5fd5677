// On every page: times of the reader's own zone, and a mark that scripts run.
document.documentElement.classList.add("scripted");

const zone = new Intl.DateTimeFormat(document.documentElement.lang || undefined, {
  dateStyle: "medium",
  timeStyle: "short",
});
for (const time of document.querySelectorAll("time.local")) {
  time.title = time.textContent;
  time.textContent = zone.format(new Date(time.dateTime));
}
