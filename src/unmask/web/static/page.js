// On every page: times of the reader's own zone, which searches by day are told, and a mark that
// scripts run.
document.documentElement.classList.add("scripted");

const zone = new Intl.DateTimeFormat(document.documentElement.lang || undefined, {
  dateStyle: "medium",
  timeStyle: "short",
});
// A report has the same times in UTC, so those here say of which zone they are.
const named = new Intl.DateTimeFormat(document.documentElement.lang || undefined, { timeZoneName: "short" });
for (const time of document.querySelectorAll("time.local")) {
  time.title = time.textContent;
  const moment = new Date(time.dateTime);
  const name = named.formatToParts(moment).find((part) => part.type === "timeZoneName");
  time.textContent = [zone.format(moment), name?.value].filter(Boolean).join(" ");
}
for (const field of document.querySelectorAll("input[name=zone]")) {
  field.value = zone.resolvedOptions().timeZone;
}
