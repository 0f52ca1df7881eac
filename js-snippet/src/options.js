/* Options: what the tag says in its `data-` attributes, and where the collector is. */
export const { dataset: options, src } = document.currentScript;

/* The collector is beside the script, unless `data-api` names another address. */
export const base = options.api || src.replace(/\/[^/]*$/, "");

/* Only on the page's very own origin can the server set a cookie that this page will send. */
export const isOwn = () => new URL(base, location).origin == location.origin;
