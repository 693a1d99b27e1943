// A site of its own origin, with one page and scripts.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

/** Serves a page at `/`, and scripts: the name of each in a URL, and where its file is. */
export async function serve(page, scripts) {
  const server = createServer(async (request, response) => {
    const name = request.url.slice(1);
    if (name === "") {
      response.setHeader("content-type", "text/html; charset=utf-8").end(page);
    } else if (Object.hasOwn(scripts, name)) {
      const script = await readFile(scripts[name]);
      response.setHeader("content-type", "text/javascript").end(script);
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}
