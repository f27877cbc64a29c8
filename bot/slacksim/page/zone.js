// Moments on somebody's own clock: the reader's time zone is that of their profile, not that of the browser.

const parts = (zone) => new Intl.DateTimeFormat("en-CA", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" });

// wall is a moment, in seconds since 1970, as the clock of a zone shows it: "2026-11-23T09:30".
export function wall(seconds, zone) {
  const p = Object.fromEntries(parts(zone).formatToParts(new Date(seconds * 1000)).map((x) => [x.type, x.value]));
  return `${p.year}-${p.month}-${p.day}T${p.hour}:${p.minute}`;
}

// instant is the moment, in seconds since 1970, at which the clock of a zone shows a time. One that it skips in spring is an hour on.
export function instant(text, zone) {
  const utc = (t) => Date.parse(t + "Z") / 1000;
  let at = utc(text);
  for (let i = 0; i < 2; i++) at += utc(text) - utc(wall(at, zone)); // the second look is for a change of the clocks in between
  return at;
}
