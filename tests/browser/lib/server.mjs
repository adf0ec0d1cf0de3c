// A static host with nothing clever: files under a prefix, 404.html for the rest.
import { createServer } from "node:http";
import { readFile, stat } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".xml": "application/xml",
};

/**
 * Serves `root` under `prefix`. With `cors` every answer may be read by other origins, as on GitHub Pages.
 * `pages` are further pages by path, given as text. `url(path)` is the address of a file below `root`.
 */
export async function serve({ root, prefix = "/", cors = false, pages = {} }) {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://host").pathname);
    const headers = cors ? { "Access-Control-Allow-Origin": "*" } : {};
    const send = (status, type, body) => response.writeHead(status, { ...headers, "Content-Type": type }).end(body);
    if (pages[path] !== undefined) return send(200, TYPES[".html"], pages[path]);
    const file = root && path.startsWith(prefix) ? await find(root, path.slice(prefix.length)) : undefined;
    if (file) {
      // As hosts do: what a page has brought, the next one has.
      if (extname(file) !== ".html") response.setHeader("Cache-Control", "max-age=600");
      return send(200, TYPES[extname(file)] ?? "application/octet-stream", await readFile(file));
    }
    const missing = root && (await find(root, "404.html"));
    return send(404, TYPES[".html"], missing ? await readFile(missing) : "not found");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    origin,
    url: (path) => origin + prefix + path,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

async function find(root, path) {
  const file = normalize(join(root, path));
  if (!file.startsWith(root.endsWith(sep) ? root : root + sep) && file !== root) return undefined;
  const info = await stat(file).catch(() => undefined);
  if (info?.isDirectory()) return find(root, join(path, "index.html"));
  return info?.isFile() ? file : undefined;
}
