// Keeps one whole version of the course for reading without a network. The prerenderer puts the files of the build in place of FILES.
//
// A page comes from this worker's own version only. What carries a hash in its name may also come from the version before: a page that
// was opened before an update goes on with the files that belong to it.
"use strict";

// [path, SHA-256 in base64]
const FILES = /* FILES */ [];
const VERSION = "/* VERSION */";
const PREFIX = `interleave ${self.registration.scope} `;
const OWN = PREFIX + VERSION;
const AT_ONCE = 6;

const address = (path) => new URL(path, self.registration.scope).href;
const base64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));

/** Names of this site's other caches, the newest last. */
async function others() {
  return (await caches.keys()).filter((it) => it.startsWith(PREFIX) && it !== OWN);
}

/** A file as another version kept it, if it is the same. */
async function inherited(url, hash) {
  for (const name of await others()) {
    const answer = await (await caches.open(name)).match(url);
    if (answer?.headers.get("X-Interleave-Hash") === hash) return answer;
  }
  return undefined;
}

/** A file from the host. What is of another version than this list, or changed on its way, is refused. */
async function fetched(url, hash) {
  const answer = await fetch(url, { cache: "no-cache" });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  const bytes = await answer.arrayBuffer();
  if (base64(await crypto.subtle.digest("SHA-256", bytes)) !== hash) throw new Error(`${url} is of another version`);
  const headers = { "X-Interleave-Hash": hash };
  const type = answer.headers.get("Content-Type");
  if (type) headers["Content-Type"] = type;
  return new Response(bytes, { headers });
}

async function keepAll() {
  const cache = await caches.open(OWN);
  const queue = [...FILES];
  const work = async () => {
    for (let next = queue.pop(); next; next = queue.pop()) {
      const [path, hash] = next;
      const url = address(path);
      // An install that was broken off goes on where it stopped.
      if (await cache.match(url)) continue;
      await cache.put(url, (await inherited(url, hash)) ?? (await fetched(url, hash)));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** Only the version before stays, for pages that are still open. */
async function dropOld() {
  const old = await others();
  await Promise.all(old.slice(0, -1).map((name) => caches.delete(name)));
}

/** The answer to a request: from this version, by its hashed name from the one before, from the host. */
async function answer(request) {
  const url = new URL(request.url);
  url.search = "";
  url.hash = "";
  if (url.pathname.endsWith("/")) url.pathname += "index.html";
  const kept = await (await caches.open(OWN)).match(url.href);
  if (kept) return kept;
  const isHashed = /-[0-9a-f]{8,16}[._]/.test(url.pathname);
  for (const name of isHashed ? await others() : []) {
    const older = await (await caches.open(name)).match(url.href);
    if (older) return older;
  }
  return fetch(request);
}

/** Frames for other sites and single files are left to the network: nobody reads the course in them. */
const isOurs = (request) => request.method === "GET" && request.url.startsWith(self.registration.scope)
  && !/^(embed|single)\//.test(request.url.slice(self.registration.scope.length));

self.addEventListener("install", (event) => {
  event.waitUntil(keepAll().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOld().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  if (isOurs(event.request)) event.respondWith(answer(event.request));
});
