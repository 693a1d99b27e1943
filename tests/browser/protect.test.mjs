// Encrypted streams in a real browser: with the key they play, and without they do not.
//
// CHROMIUM names the browser and MEDIAD the service; without MEDIAD, cargo builds it.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { ARGUMENTS, find } from "./browser.mjs";
import { TOKEN_RESTRICTED, start, token } from "./mediad.mjs";
import { serve } from "./site.mjs";
import { PATIENCE, advances, look } from "./watch.mjs";

const executablePath = find();
const skip = executablePath ? false : "NO BROWSER: install Chromium, or set CHROMIUM to one";
if (skip) console.error(`\n${"!".repeat(80)}\nSKIPPED: ${skip}\n${"!".repeat(80)}\n`);

/** More than a PNG of a video element that shows one colour has, in bytes. */
const FLAT = 4_000;

const VENDOR = new URL("../../generated/examples/quickstart/vendor/", import.meta.url);

const PLAYERS = Object.fromEntries(
  ["dash.all.min.js", "hls.min.js"].map((name) => [name, new URL(name, VENDOR)]),
);

const PAGE = `<!DOCTYPE html><title>Protected</title><link rel="icon" href="data:,">
<video id="video" muted autoplay playsinline></video><output></output>
<script src="dash.all.min.js"></script><script src="hls.min.js"></script>`;

/** Plays with a token, if there is one, in the page; what goes wrong for good is in the output. */
const PLAY = {
  hls({ url, token, license }) {
    const authorize = (xhr, asked) => {
      if (token && asked.includes("/keydelivery/")) {
        xhr.setRequestHeader("authorization", `Bearer ${token}`);
      }
    };
    const drm = license && {
      emeEnabled: true,
      drmSystems: { "org.w3.clearkey": { licenseUrl: license } },
      licenseXhrSetup: (xhr, asked) => authorize(xhr, asked),
    };
    const player = new Hls({ xhrSetup: authorize, ...drm });
    player.on(Hls.Events.ERROR, (_, data) => {
      if (data.fatal) document.querySelector("output").textContent = data.details;
    });
    player.loadSource(url);
    player.attachMedia(document.querySelector("video"));
  },
  dash({ url, token }) {
    const player = dashjs.MediaPlayer().create();
    player.on("error", (event) => {
      document.querySelector("output").textContent = event.error?.message ?? String(event.error);
    });
    player.initialize(document.querySelector("video"), null, true);
    // The manifest says where licences are.
    const httpRequestHeaders = token ? { authorization: `Bearer ${token}` } : {};
    player.setProtectionData({ "org.w3.clearkey": { httpRequestHeaders } });
    player.attachSource(url);
  },
};

describe("encrypted streams", { skip, concurrency: 3 }, () => {
  let service;
  let browser;
  let site;

  before(async () => {
    service = await start();
    site = await serve(PAGE, PLAYERS);
    const { chromium } = await import("playwright-core");
    browser = await chromium.launch({ executablePath, args: ARGUMENTS });
  });

  after(async () => {
    await browser?.close();
    site?.close();
    await service?.stop();
  });

  /** A page that plays. */
  async function open(player, options) {
    const page = await browser.newPage();
    await page.goto(site.url);
    await page.evaluate(PLAY[player], options);
    return { page, video: page.locator("video") };
  }

  async function plays(player, options) {
    const { page, video } = await open(player, options);
    await advances(page, video, 7);
    const seen = await look(video);
    // Past the border of the first fragment.
    assert.ok(seen.time >= 7 && seen.width === 320, JSON.stringify(seen));
    // Pages cannot read what was encrypted, so it is seen from outside: a flat picture is small.
    const { length } = await video.screenshot();
    assert.ok(length > FLAT, `the picture is not flat: ${length} bytes`);
    assert.ok(seen.frames > 0, "frames are decoded");
    assert.ok(seen.audioBytes > 0, "sound is decoded");
    assert.equal(seen.error, null);
    assert.equal(await page.locator("output").textContent(), "");
    await page.close();
  }

  async function doesNotPlay(player, options) {
    const { page, video } = await open(player, options);
    const failed = () => document.querySelector("output").textContent !== "";
    await page.waitForFunction(failed, null, { timeout: PATIENCE, polling: 50 });
    const seen = await look(video);
    assert.equal(seen.time, 0);
    assert.equal(seen.frames, 0);
    assert.ok((await video.screenshot()).length < FLAT, "nothing is seen");
    await page.close();
  }

  it("AES-128 HLS plays with a token and not without", { timeout: 3 * PATIENCE }, async () => {
    const configuration = [{ Key: 2, Value: service.keys }];
    const policy = { keyType: 4, protocols: 4, policyType: 3, configuration };
    const manifest = await service.protect({ ...policy, restrictions: TOKEN_RESTRICTED });
    const url = `${manifest}(format=m3u8-cmaf)`;
    await plays("hls", { url, token: token() });
    await doesNotPlay("hls", { url });
    await doesNotPlay("hls", { url, token: `${token()}x` });
  });

  for (const [scheme, keyType, policyType] of [
    ["cenc", 0, 4],
    ["cbcs", 6, 5],
  ]) {
    it(`${scheme} DASH plays with clear keys`, { timeout: 3 * PATIENCE }, async () => {
      const policy = { keyType, protocols: 6, policyType };
      const manifest = await service.protect({ ...policy, restrictions: TOKEN_RESTRICTED });
      const url = `${manifest}(format=mpd-time-cmaf)`;
      await plays("dash", { url, token: token() });
      await doesNotPlay("dash", { url });
      const license = `${service.keys}ClearKey/`;
      await plays("hls", { url: `${manifest}(format=m3u8-cmaf)`, token: token(), license });
    });
  }
});
