/* Web vitals: how fast a document was for one visitor. Fetched for the share of documents that the tag names
 * (src/sample.js), and built as a file of its own.
 *
 * In: `send` of the snippet, which asks the visitor once more. Out: a function to call when the document's first page is
 * left or hidden; the first call tells one event, `Web Vitals`. Milliseconds, and of shifts (`cls`) thousandths.
 * What the browser does not measure is left out; it is never guessed.
 */
export default function measure(send) {
  const seen = {};
  const observers = [];
  let isTold;

  /* What happened before we were there is buffered, and handed over as well. */
  function watch(type, take) {
    if (!PerformanceObserver.supportedEntryTypes.includes(type)) return;
    const takeAll = (entries) => entries.forEach(take);
    const observer = new PerformanceObserver((list) => takeAll(list.getEntries()));
    observer.observe({ type, buffered: true, durationThreshold: 16 });
    observers.push(() => takeAll(observer.takeRecords()));
    return true;
  }

  // What was loaded out of sight says nothing about how long anybody waited.
  const [navigation] = performance.getEntriesByType("navigation");
  if (document.hidden || navigation.activationStart) return () => {};
  seen.ttfb = navigation.responseStart;

  watch("paint", ({ name, startTime }) => {
    if (name == "first-contentful-paint") seen.fcp = startTime;
  });

  // One larger than the other; the browser ends it when the visitor does something.
  watch("largest-contentful-paint", ({ startTime }) => seen.lcp = startTime);

  // The slowest answer to a click, tap or key. Where there were more than fifty, others forgive one in fifty.
  watch("event", ({ interactionId, duration }) => {
    if (interactionId) seen.inp = Math.max(seen.inp || 0, duration);
  });

  // The worst burst of shifts: at most a second between two of them, at most five in all (web.dev/articles/cls).
  let first, last, burst;
  const looks = watch("layout-shift", ({ startTime, value, hadRecentInput }) => {
    if (hadRecentInput) return;
    if (!(startTime - last < 1000 && startTime - first < 5000)) {
      first = startTime;
      burst = 0;
    }
    last = startTime;
    burst += value * 1000;
    seen.cls = Math.max(seen.cls || 0, burst);
  });
  // A page that stood still has moved by nothing; a browser that does not look cannot say so.
  if (looks) seen.cls = seen.cls || 0;

  return () => {
    observers.forEach((takeRest) => takeRest());
    // Without a first paint there was nothing to see yet.
    if (!seen.fcp || isTold) return;
    isTold = true;
    for (const name in seen) seen[name] = Math.round(seen[name]);
    send("Web Vitals", { p: { ...seen }, i: false });
  };
}
