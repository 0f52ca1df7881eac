/* A page to open the built snippet in: as much of a browser as it touches, written by hand.
 *
 * In: what is particular about this page. Out: the snippet's API, every request it made, and the means to be a visitor:
 * click, scroll, hide the tab, let time pass. Time and requests are the page's own; nothing real is waited for.
 */
import { readFileSync } from "node:fs";
import vm from "node:vm";

const script = readFileSync(new URL("../dist/snippet.min.js", import.meta.url), "utf8");
export const placeholder = JSON.parse(readFileSync(new URL("../dist/manifest.json", import.meta.url))).placeholder;

const COLLECTOR = "https://example.com/_f";

/* document.cookie, as far as name, value and max-age go. */
function cookieJar(initial) {
  const jar = new Map(Object.entries(initial));
  return {
    writes: [],
    get text() {
      return [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    },
    write(line) {
      this.writes.push(line);
      const [pair, ...attributes] = line.split(";");
      const [name, value] = pair.split("=");
      if (attributes.includes("max-age=0")) jar.delete(name);
      else jar.set(name, value);
    },
  };
}

/* localStorage keeps text only. */
const textStorage = (initial) =>
  new Proxy({ ...initial }, { set: (items, name, value) => Reflect.set(items, name, `${value}`) });

export const link = (href, attributes = {}) => {
  const { origin, pathname } = new URL(href);
  return { tagName: "A", origin, pathname, ...element("A", attributes) };
};

export const element = (tagName, attributes = {}) => ({
  tagName,
  attributes: Object.entries(attributes).map(([name, value]) => ({ name, value })),
});

/* Options: url, referrer, tag (its dataset), src (of the tag), policy (in place of the placeholder), stub, cookies,
 * storage, navigator, refused (what the server answers in X-Refused), vitals (the module that the page may fetch), and
 * `before(window)`, which may break anything. */
export function openPage(options = {}) {
  const requests = [];
  const listeners = [];
  const fetched = [];
  const cookies = cookieJar(options.cookies ?? {});
  let now = 1000;

  const window = {
    URL,
    URLSearchParams,
    location: new URL(options.url ?? "https://example.com/"),
    isSecureContext: true,
    frameElement: null,
    innerHeight: 500,
    scrollY: 0,
    localStorage: textStorage(options.storage),
    performance: { now: () => now },
    navigator: { cookieEnabled: true, webdriver: false, doNotTrack: null, sendBeacon: () => true, ...options.navigator },
    document: {
      currentScript: { dataset: { ...options.tag }, src: options.src ?? `${COLLECTOR}/s.js` },
      documentElement: { scrollHeight: 1000 },
      referrer: options.referrer ?? "",
      hidden: false,
      prerendering: false,
      hasFocus: () => true,
      get cookie() {
        return cookies.text;
      },
      set cookie(line) {
        cookies.write(line);
      },
    },
    addEventListener: (type, work) => listeners.push([type, work]),
    fetch: (address, init) => {
      requests.push({ address, init, body: init.body && JSON.parse(init.body) });
      const headers = new Headers(options.refused ? { "X-Refused": options.refused } : {});
      return Promise.resolve({ status: 202, headers });
    },
    // Stands for `import()`, which cannot be had in a page written by hand.
    fetchModule: async (address) => {
      fetched.push(address);
      return options.vitals ?? Promise.reject(new TypeError("no such module"));
    },
  };
  window.history = {
    pushState: (state, title, address) => window.location = new URL(address, window.location),
    replaceState: (state, title, address) => window.location = new URL(address, window.location),
  };
  window.window = window.self = window.top = window;
  if (options.stub) window.footfall = options.stub;
  const context = vm.createContext(window);
  options.before?.(window, (code) => vm.runInContext(code, context));
  const globalsBefore = Object.keys(window);
  const text = script.replace(placeholder, options.policy ?? placeholder).replace("import(", "fetchModule(");
  vm.runInContext(text, context);

  const fire = (type, event = {}) => {
    for (const [wanted, work] of [...listeners]) if (wanted === type) work({ type, composedPath: () => [], ...event });
  };
  return {
    window,
    requests,
    fetched,
    listeners,
    cookies,
    footfall: window.footfall,
    newGlobals: () => Object.keys(window).filter((name) => !globalsBefore.includes(name)),
    /* Bodies of the events sent, those of one name if one is given. */
    events: (name) => requests.map(({ body }) => body).filter((body) => body?.n && (!name || body.n === name)),
    fire,
    /* A script of the page. */
    run: (code) => vm.runInContext(code, context),
    click: (...path) => fire("click", { composedPath: () => [...path, window.document, window] }),
    submit: (...path) => fire("submit", { composedPath: () => [...path, window.document, window] }),
    wait: (milliseconds) => now += milliseconds,
    goTo: (address) => window.history.pushState(null, "", address),
    goBackTo: (address) => {
      window.location = new URL(address, window.location);
      fire("popstate");
    },
    hide: () => {
      window.document.hidden = true;
      fire("visibilitychange");
    },
    show: () => {
      window.document.hidden = false;
      fire("visibilitychange");
    },
    settle: () => new Promise(setImmediate),
  };
}
