// Keeps the part of a page called #live fresh: by server-sent events; where those do not come, by asking every ten seconds.
// Nobody watches from a hidden tab. Without this file a link on the page does the same.
// @ts-check

/** @type {EventSource | undefined} */
let source;
let told = '';
/** @type {ReturnType<typeof setInterval> | undefined} */
let asking;
const live = () => document.getElementById('live');

function put(/** @type {string} */ html) {
  const old = live();
  const fresh = new DOMParser().parseFromString(html, 'text/html').getElementById('live');
  if (!old || !fresh || old.contains(document.activeElement) || old.querySelector('details[open]')) return;
  old.replaceWith(document.adoptNode(fresh));
}
async function ask() {
  const again = live()?.dataset.again;
  if (!again || document.hidden) return;
  const answer = await fetch(again, { headers: { 'X-Fragment': 'live' } }).catch(() => null);
  if (answer?.ok && !answer.redirected) put(await answer.text());
}
function poll() {
  asking ??= setInterval(ask, 10000);
}
function watch() {
  const stream = document.hidden ? '' : (live()?.dataset.stream ?? '');
  if (stream === told) return;
  source?.close();
  clearInterval(asking);
  asking = undefined;
  told = stream;
  if (!stream) return;
  source = new EventSource(stream);
  source.onmessage = (event) => put(event.data);
  source.onerror = () => source?.readyState === EventSource.CLOSED && poll();
}
watch();
document.addEventListener('visibilitychange', watch);
new MutationObserver(watch).observe(document.body, { childList: true });
