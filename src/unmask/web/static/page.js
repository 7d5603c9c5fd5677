// On every page: times of the reader's own zone, which searches by day are told, and a mark that
// scripts run.
document.documentElement.classList.add("scripted");

const zone = new Intl.DateTimeFormat(document.documentElement.lang || undefined, {
  dateStyle: "medium",
  timeStyle: "short",
});
for (const time of document.querySelectorAll("time.local")) {
  time.title = time.textContent;
  time.textContent = zone.format(new Date(time.dateTime));
}
for (const field of document.querySelectorAll("input[name=zone]")) {
  field.value = zone.resolvedOptions().timeZone;
}
