// Chromium, and what it tells about a page.

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Everything that is not the page and could reach the network, or needs a screen, is off. */
export const ARGUMENTS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--autoplay-policy=no-user-gesture-required",
];

/** The program that CHROMIUM names, or the first in the PATH that plays H.264. */
export function find() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const folders = (process.env.PATH ?? "").split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Collects, from now on, whatever goes wrong in a page. */
export function complaints(page) {
  const list = [];
  page.on("pageerror", (error) => list.push(`exception: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") list.push(`console: ${message.text()}`);
  });
  page.on("response", (response) => {
    if (!response.ok()) list.push(`${response.status()} ${response.url()}`);
  });
  page.on("requestfailed", (request) => {
    const error = request.failure()?.errorText;
    // Players cancel what a seek makes useless.
    if (error !== "net::ERR_ABORTED") list.push(`${error} ${request.url()}`);
  });
  return list;
}
