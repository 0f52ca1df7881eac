// What a browser adds to pages that work without it: parts are swapped instead of whole pages loaded, keys follow links,
// points of a chart say what they are, the number of people here now stays fresh. No dependency, no build.
// A link to the same path changes a part of the page: the one named by the nearest data-swap, else the whole of #main.
// @ts-check

const $ = (/** @type {string} */ selector, /** @type {ParentNode} */ root = document) => root.querySelector(selector);
const named = (/** @type {string} */ id) => document.getElementById(id);
/** @type {AbortController | undefined} */
let running;
let busy = Promise.resolve();
const here = () => location.pathname + location.search;
let shown = here();

/** Say where the focus is in words that are still true after a swap. */
const place = (/** @type {Element | null} */ e) => e && `${e.closest('[id]')?.id} ${e.textContent?.trim()}`;

/** Fetch `href` and put its element `part` in place of ours. A failure of any kind falls back to an ordinary load. */
async function show(/** @type {string} */ href, part = 'main', push = true) {
  running?.abort();
  const mine = (running = new AbortController());
  const old = named(part);
  try {
    old?.setAttribute('aria-busy', 'true');
    const answer = await fetch(href, { headers: { 'X-Fragment': part }, signal: mine.signal });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const fresh = page.getElementById(part);
    if (!answer.ok || answer.redirected || !old || !fresh) throw answer.status;
    if (!push && old.dataset.again && fresh.dataset.again && old.dataset.stage === fresh.dataset.stage) return wait();
    const focus = old.contains(document.activeElement) && place(document.activeElement);
    // What a form asked for has a shorter address.
    if (push) history.pushState({}, '', /** @type {HTMLElement | null} */ ($('[data-here]', fresh))?.dataset.here ?? href);
    shown = here();
    if (page.title) document.title = page.title;
    old.replaceWith(document.adoptNode(fresh));
    hide();
    if (focus) {
      const again = [...fresh.querySelectorAll('a, summary, button')].find((e) => place(e) === focus) ?? fresh;
      /** @type {HTMLElement} */ (again).focus({ preventScroll: true });
    }
    const said = named('said');
    if (said) said.textContent = fresh.dataset.said ?? '';
    wait();
  } catch (error) {
    if (!mine.signal.aborted) location.href = href;
  }
}

addEventListener('click', (event) => {
  const target = /** @type {Element} */ (event.target);
  for (const menu of document.querySelectorAll('.menu[open]')) if (!menu.contains(target)) menu.removeAttribute('open');
  const copy = /** @type {HTMLElement | null} */ (target.closest('[data-copy]'));
  if (copy) {
    navigator.clipboard.writeText(named(copy.dataset.copy ?? '')?.textContent ?? '');
    copy.textContent = copy.dataset.done ?? '';
  }
  const link = target.closest('a[href]');
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const url = new URL(link.getAttribute('href') ?? '', location.href);
  if (url.origin + url.pathname !== location.origin + location.pathname || url.hash || link.hasAttribute('download')) return;
  event.preventDefault();
  busy = show(url.href, /** @type {HTMLElement | null} */ (link.closest('[data-swap]'))?.dataset.swap);
});
addEventListener('submit', (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.method !== 'get') return;
  event.preventDefault();
  busy = show(`${form.action}?${new URLSearchParams(/** @type {any} */ (new FormData(form)))}`);
});
addEventListener('popstate', () => here() !== shown && show(location.href, 'main', false));

addEventListener('keydown', (event) => {
  const target = /** @type {Element} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey || target.closest('input, select, textarea, [popover]')) {
    if (event.key !== 'Escape' || target.closest('[popover]')) return;
  }
  const open = /** @type {HTMLElement | null} */ ($('.menu[open]'));
  if (event.key === 'Escape' && open) {
    open.removeAttribute('open');
    /** @type {HTMLElement} */ ($('summary', open)).focus();
    return;
  }
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  if (!meant(key)) return;
  event.preventDefault();
  keys = keys.then(() => busy).then(() => press(key));
});

// A key pressed while a part of the page is on its way means a link of the page that comes.
let keys = Promise.resolve();
const meant = (/** @type {string} */ key) =>
  [...document.querySelectorAll('[aria-keyshortcuts]')].find((e) => e.getAttribute('aria-keyshortcuts')?.split(' ').includes(key));
function press(/** @type {string} */ key) {
  const found = meant(key);
  const form = found?.closest('form');
  if (form) {
    form.closest('details')?.setAttribute('open', '');
    /** @type {HTMLElement | null} */ ($('input:not([type=hidden]), select', form))?.focus();
  } else /** @type {HTMLElement | undefined} */ (found)?.click();
  return busy;
}

// The tip: the <title> of a shape, at once and beside the pointer instead of after a while.
const tip = document.body.appendChild(document.createElement('div'));
tip.id = 'tip';
const hide = () => (tip.hidden = true);
hide();
function tell(/** @type {EventTarget | null} */ target, x = 0, y = 0) {
  const shape = /** @type {Element | null} */ (target)?.closest?.('.pt, .world a, .cell');
  if (!shape) return hide();
  const title = $('title', shape);
  if (title) {
    shape.setAttribute('data-tip', title.textContent ?? '');
    title.remove();
  }
  tip.textContent = shape.getAttribute('data-tip');
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(8, x + 16 + box.width > innerWidth ? x - 16 - box.width : x + 16)}px`;
  tip.style.top = `${Math.max(8, y + 16 + box.height > innerHeight ? y - 16 - box.height : y + 16)}px`;
}
addEventListener('pointermove', (event) => tell(event.target, event.clientX, event.clientY));
addEventListener('scroll', hide, { passive: true });
addEventListener('focusin', (event) => {
  const at = /** @type {Element} */ (event.target).getBoundingClientRect();
  tell(event.target, at.x + at.width / 2, at.y + at.height / 2);
});

// Values of a filter while they are typed: those that there are, the busiest first.
/** @type {ReturnType<typeof setTimeout> | undefined} */
let typing;
/** @type {AbortController | undefined} */
let asking;
function offer(/** @type {Event} */ event) {
  const field = /** @type {HTMLInputElement} */ (event.target);
  const known = named('known');
  if (field.name !== 'fv' || !field.form || !known) return;
  const asked = new URLSearchParams(/** @type {any} */ (new FormData(field.form)));
  const what = asked.get('fd') ?? '';
  const key = asked.get('fp') ?? '';
  for (const name of ['fd', 'fo', 'fv', 'fw', 'fi', 'fp', 'f']) asked.delete(name);
  asked.set('what', what === 'prop:' ? what + key : what);
  asked.set('typed', field.value);
  clearTimeout(typing);
  typing = setTimeout(async () => {
    asking?.abort();
    asking = new AbortController();
    const answer = await fetch(`${known.dataset.values}?${asked}`, { signal: asking.signal }).catch(() => null);
    if (answer?.ok) known.replaceChildren(...(await answer.json()).map((/** @type {string} */ value) => new Option(value, value)));
  }, 150);
}
addEventListener('input', offer);
addEventListener('focusin', offer);

// People here now, while somebody looks; and pages that wait for something look again by themselves.
setInterval(async () => {
  const live = /** @type {HTMLElement | null} */ ($('[data-live]'));
  if (!live || document.hidden) return;
  const answer = await fetch(live.dataset.live ?? '').catch(() => null);
  if (!answer?.ok) return;
  live.textContent = await answer.text();
  live.parentElement?.classList.toggle('nobody', live.textContent === live.dataset.nobody);
}, 15000);
/** @type {ReturnType<typeof setTimeout> | undefined} */
let again;
function wait() {
  clearTimeout(again);
  const seconds = Number(named('main')?.dataset.again);
  if (seconds) again = setTimeout(() => (document.hidden ? wait() : show(location.href, 'main', false)), seconds * 1000);
}
wait();
document.documentElement.dataset.js = '';
