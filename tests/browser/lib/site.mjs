// The built site as files: which pages there are, and what they refer to.
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, posix, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

/** The top of the repository. */
export const REPO = resolve(here, "../../..");
/** The built site: `dist/`, or the folder that SITE names. */
export const DIST = resolve(process.env.SITE ?? join(REPO, "dist"));

/** Every file of the site, as a path with `/`, in a fixed order. */
export const FILES = list(DIST);
/** Every page. */
export const PAGES = FILES.filter((path) => path.endsWith(".html"));
/** Pages that are one self-contained file; their rules differ. */
export const isSingle = (path) => path.startsWith("single/");
/** Pages that stand in other people's pages. */
export const isEmbed = (path) => path.startsWith("embed/");
/** Whole modules for paper: long, and never on the way of somebody who reads on a screen. */
export const isPaper = (path) => path.startsWith("print/") && path !== "print/cheat_sheet.html";
/** Pages of the site itself. */
export const isNormal = (path) => !isSingle(path) && !isEmbed(path) && !isPaper(path);
/** Pages with one figure that is the page. */
export const SIMS = PAGES.filter((path) => path.startsWith("sim/"));

/** The first path of each kind, where `kindOf` tells what kind a path is. */
export const firsts = (paths, kindOf) => [...new Map(paths.toReversed().map((path) => [kindOf(path), path])).values()].toReversed();
/** The folder of a path, with its slash. */
export const folder = (path) => path.slice(0, path.lastIndexOf("/") + 1);

/** The text of a file of the site. */
export const read = (path) => readFileSync(join(DIST, path), "utf8");

/** What a page names in its tags: `{ tag, attribute, value, rel }`, scripts and comments left out. */
export function references(html) {
  const bare = html.replace(/<!--[\s\S]*?-->/g, "").replace(/(<script\b[^>]*>)[\s\S]*?<\/script>/gi, "$1");
  const found = [];
  for (const [, name, text] of bare.matchAll(/<([a-zA-Z][\w-]*)((?:\s+[^\s=>/]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+))?)*)\s*\/?>/g)) {
    const tag = { name: name.toLowerCase(), ...attributes(text) };
    for (const attribute of ["href", "src", "poster", "action", "data"]) {
      const value = tag[attribute];
      if (value !== undefined) found.push({ tag: tag.name, attribute, value, rel: tag.rel ?? "" });
    }
  }
  return found;
}

/** Every id of a page. */
export function ids(html) {
  return new Set([...html.matchAll(/\sid\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))/g)].map(([, a, b, c]) => unescape(a ?? b ?? c)));
}

/** The file that a relative address means, seen from a page; undefined when it leaves the site. */
export function target(page, address) {
  const [path] = address.split(/[?#]/);
  if (path === "") return page;
  const joined = posix.normalize(posix.join(posix.dirname(page), decodeURIComponent(path)));
  if (joined.startsWith("..")) return undefined;
  return joined.endsWith("/") || joined === "." ? posix.join(joined, "index.html") : joined;
}

function attributes(text) {
  const all = {};
  for (const [, name, a, b, c] of text.matchAll(/([^\s=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?/g)) {
    all[name.toLowerCase()] = unescape(a ?? b ?? c ?? "");
  }
  return all;
}

function unescape(text) {
  return text.replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

function list(dir) {
  const entries = readdirSync(dir, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => relative(DIST, join(entry.parentPath ?? entry.path, entry.name)).split(sep).join("/")).sort();
}
