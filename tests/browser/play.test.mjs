// The page of `cargo xtask quickstart --serve` plays, in a real browser, over real CORS.
//
// CHROMIUM names the browser; QUICKSTART and MEDIAD name programs that are built already. Without
// QUICKSTART, cargo builds and runs them.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { ARGUMENTS, complaints, find } from "./browser.mjs";
import { start } from "./quickstart.mjs";
import { PATIENCE, advances, look } from "./watch.mjs";

const executablePath = find();
const skip = executablePath
  ? false
  : "NO BROWSER: install Chromium (Debian: apt install chromium), or set CHROMIUM to one";
if (skip) console.error(`\n${"!".repeat(80)}\nSKIPPED: ${skip}\n${"!".repeat(80)}\n`);

describe("the page of the quickstart", { skip }, () => {
  let quickstart;
  let browser;

  before(async () => {
    quickstart = await start();
    const { chromium } = await import("playwright-core");
    // The profile is a new directory each time.
    browser = await chromium.launch({ executablePath, args: ARGUMENTS });
  });

  after(async () => {
    await browser?.close();
    await quickstart?.interrupt();
  });

  for (const protocol of ["dash", "hls"]) {
    it(`plays ${protocol}`, { timeout: 3 * PATIENCE }, async () => {
      const page = await browser.newPage();
      const wrong = complaints(page);
      const url = new URL(quickstart.report.player);
      url.searchParams.set("protocol", protocol);
      await page.goto(url.href);

      const video = page.locator(`video#${protocol}`);
      await advances(page, video, 2);
      const first = await look(video);
      assert.ok(first.width > 0 && first.height > 0, "there is a picture");
      assert.ok(first.deviation > 5, `the picture is not flat: ${first.deviation}`);
      assert.ok(first.audioBytes > 0, "sound is decoded");
      await advances(page, video, 1);
      const second = await look(video);
      assert.ok(second.frames > first.frames, `${second.frames} frames after ${first.frames}`);

      const { duration } = second;
      assert.ok(Number.isFinite(duration) && duration > 4, `it lasts ${duration} s`);
      await video.evaluate((element, time) => (element.currentTime = time), duration / 2);
      await advances(page, video, 1);
      const third = await look(video);
      assert.ok(third.time >= duration / 2 + 1, `after the seek it is at ${third.time} s`);
      assert.ok(third.frames > second.frames, "frames are decoded after the seek");
      assert.ok(third.deviation > 5, `the picture is not flat: ${third.deviation}`);

      const said = await page.locator(`figure:has(#${protocol}) output`).textContent();
      assert.match(said, /^(playing|ended), /, "the page shows no error of the player");
      assert.equal(third.error, null);
      assert.deepEqual(wrong, []);
      await page.close();
    });
  }

  it("ends within 15 s when interrupted, and the service with it", async () => {
    const { report, interrupt } = quickstart;
    assert.ok((await fetch(report.player)).ok, "the page is there");
    quickstart = undefined;
    assert.deepEqual(await interrupt(), { code: 0, signal: null });
    await assert.rejects(fetch(report.player), "the page is gone");
    await assert.rejects(fetch(report.api), "the service is gone");
  });
});
