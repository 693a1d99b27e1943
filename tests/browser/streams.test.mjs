// Every protocol in the players that people use for it, in a real browser, over real CORS: starts,
// sounds, seeks, changes its quality, and ends.
//
// CHROMIUM names the browser and MEDIAD the service; without MEDIAD, cargo builds it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";

import { ARGUMENTS, complaints, find } from "./browser.mjs";
import { OTHER, RATE, SECONDS, dub, frameShown, secondOf, shoot } from "./film.mjs";
import { ism, start } from "./mediad.mjs";
import { PLAYERS } from "./players.mjs";
import { serve } from "./site.mjs";
import { PATIENCE, advances, eventually, hear, listen, look } from "./watch.mjs";

const executablePath = find();
const skip = executablePath ? false : "NO BROWSER: install Chromium, or set CHROMIUM to one";
if (skip) console.error(`\n${"!".repeat(80)}\nSKIPPED: ${skip}\n${"!".repeat(80)}\n`);

const MP4 = ["video/mp4", "audio/mp4"];
const TS = ["video/mp2t"];

/** Which player plays which format, Smooth Streaming if none, and the types of what it loads. */
const PLAYS = [
  ["dash.js", "mpd-time-csf", MP4],
  ["dash.js", "mpd-time-cmaf", MP4],
  ["dash.js", "", MP4],
  ["dash.js", "fmp4-v20", MP4],
  ["hls.js", "m3u8-aapl", TS],
  ["hls.js", "m3u8-aapl-v3", TS],
  ["hls.js", "m3u8-cmaf", MP4],
  ["shaka-player", "mpd-time-csf", MP4],
  ["shaka-player", "mpd-time-cmaf", MP4],
  ["shaka-player", "m3u8-aapl", TS],
  ["shaka-player", "m3u8-aapl-v3", TS],
  ["shaka-player", "m3u8-cmaf", MP4],
  ["shaka-player 4", "fmp4", MP4],
  ["shaka-player 4", "fmp4-v20", MP4],
];

/** Where the language is changed and subtitles are shown: each player once in every protocol. */
const SPEAKS = [
  ["dash.js", "mpd-time-cmaf"],
  ["dash.js", ""],
  ["hls.js", "m3u8-aapl"],
  ["hls.js", "m3u8-cmaf"],
  ["shaka-player", "mpd-time-cmaf"],
  ["shaka-player", "m3u8-aapl"],
  ["shaka-player 4", "fmp4"],
];

/** The second cue is in two fragments: the film that is uploaded is cut at 10 s. */
const SUBTITLES = `WEBVTT

00:02.000 --> 00:04.000
Hello, <i>world</i>

00:09.000 --> 00:11.000
over the cut
`;

/**
 * How many frames late players show the picture of a transport stream: they start their clock when
 * the first frame is decoded, which is before it is shown where there are B-frames. hls.js has the
 * sound as late; shaka-player 5 has not. Both do the same with what ffmpeg's HLS muxer makes.
 */
const REORDERED = 2;

const LOWEST = 90;
const HIGHEST = 180;

/** How fast the tail is played. Chromium is silent above 4. */
const FAST = 4;

describe("streams in players", { skip, concurrency: 3 }, () => {
  let service;
  let browser;
  /** Of what the service has encoded, and of what was uploaded with two languages. */
  let encoded;
  let bilingual;

  before(async () => {
    service = await start();
    const [film, dubbed] = ["source.mp4", "dubbed.mp4"].map((name) => service.path(name));
    shoot(film);
    dub(dubbed);
    encoded = await service.encode(film);
    bilingual = await service.publish({
      "film.ism": ism({ fra: "fra.mp4" }),
      "film.mp4": readFileSync(film),
      "fra.mp4": readFileSync(dubbed),
      "film.en.vtt": SUBTITLES,
    });
    const { chromium } = await import("playwright-core");
    browser = await chromium.launch({ executablePath, args: ARGUMENTS });
  });

  after(async () => {
    await browser?.close();
    await service?.stop();
  });

  /** Opens a stream in a player and tests what it does; the types of the fragments it loads. */
  async function watch(name, manifest, format, test) {
    const { scripts, open } = PLAYERS[name];
    const site = await serve(html(scripts), Object.fromEntries(scripts.entries()));
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      const wrong = complaints(page);
      const loaded = loads(page);
      await page.goto(site.url);
      await listen(page);
      const url = format === "" ? manifest : `${manifest}(format=${format})`;
      await page.evaluate(open, { url, isSmooth: format === "" || format.startsWith("fmp4") });
      await test(page);
      assert.deepEqual(await page.evaluate(() => globalThis.wrong), []);
      assert.deepEqual(wrong, []);
      return [...loaded];
    } finally {
      await context.close();
      site.close();
    }
  }

  const shown = (format) => format || "the manifest of no format";

  for (const [name, format, types] of PLAYS) {
    it(`${name} plays ${shown(format)}`, { timeout: 4 * PATIENCE }, async () => {
      const late = types === TS ? REORDERED / RATE : 0;
      const loaded = await watch(name, encoded, format, (page) => plays(page, late));
      assert.deepEqual(loaded.filter((type) => !types.includes(type)), []);
    });
  }

  for (const [name, format] of SPEAKS) {
    it(`${name} changes the language of ${shown(format)}`, { timeout: 4 * PATIENCE }, () =>
      watch(name, bilingual, format, async (page) => {
        await speaks(page);
        await (name === "shaka-player 4" ? shakaKnowsNoTtmlOfSmooth(page) : captions(page));
      }),
    );
  }
});

/** A page with a video element that loads scripts, which are named by their numbers. */
function html(scripts) {
  const tags = scripts.map((_, number) => `<script src="${number}"></script>`);
  return `<!DOCTYPE html><title>Player</title><link rel="icon" href="data:,">
<video autoplay playsinline></video><div id="captions"></div><script>var wrong = [];</script>${tags.join("")}`;
}

/** Collects the types of the fragments that a page loads from now on. */
function loads(page) {
  const types = new Set();
  page.on("response", (response) => {
    if (response.url().includes("/Fragments(")) types.add(response.headers()["content-type"]);
  });
  return types;
}

/** Plays all of it; `late` is how many seconds the picture is. */
async function plays(page, late) {
  const video = page.locator("video");
  await advances(page, video, 1);
  const first = await look(video);
  assert.equal(first.height, LOWEST, "it starts with the lowest quality");
  assert.ok(first.frames > 0, "frames are decoded");
  assert.ok(first.audioBytes > 0, "sound is decoded");
  assert.ok(first.deviation > 5, `the picture is not flat: ${first.deviation}`);
  assert.ok(Math.abs(first.duration - SECONDS) < 0.1, `it lasts ${first.duration} s`);
  await sounds(page);

  for (const [wanted, height] of [["highest", HIGHEST], ["lowest", LOWEST], ["highest", HIGHEST]]) {
    await page.evaluate((wanted) => pin(wanted), wanted);
    await eventually(page, video, `the picture is ${height} high`, (element, height) =>
      element.videoHeight === height, height);
  }
  const second = await look(video);
  assert.ok(second.frames > first.frames, "frames are decoded after the switch");

  await seeks(page, video, SECONDS / 2 + 0.5, late);
  await video.evaluate((element) => element.play());
  await advances(page, video, 1);
  await sounds(page);
  const third = await look(video);
  assert.ok(third.deviation > 5, `the picture is not flat: ${third.deviation}`);
  assert.ok(third.audioBytes > second.audioBytes, "sound is decoded after the seek");

  await video.evaluate((element, rate) => (element.playbackRate = rate), FAST);
  await eventually(page, video, "it ends", (element) => element.ended);
  const last = await look(video);
  assert.ok(last.frames > third.frames, "frames are decoded to the end");
  assert.ok(Math.abs(last.time - SECONDS) < 0.1, `it ends at ${last.time} s`);
  assert.equal(last.error, null);
  // Played so fast, it may have been left out.
  await seeks(page, video, SECONDS - 0.5 / RATE, late);
}

/** Goes to a time, and sees there the frame of that time; it may be some seconds late. */
async function seeks(page, video, time, late) {
  await goes(page, video, time + late);
  assert.equal(await frameShown(video), Math.floor(time * RATE), `the frame at ${time} s is seen`);
}

/** Goes to a time, and stays there. */
async function goes(page, video, time) {
  await video.evaluate((element) => element.pause());
  await video.evaluate((element, time) => (element.currentTime = time), time);
  await eventually(page, video, `it is at ${time} s`, (element) =>
    !element.seeking && element.readyState >= element.HAVE_CURRENT_DATA);
}

/** Hears the tone of the second that is playing, or of one of the next two: a busy machine may stutter. */
async function sounds(page) {
  const heard = [];
  while (heard.length < 3) {
    const { time, level, pitch } = await hear(page);
    if (level > 0.05 && Math.abs(secondOf(pitch) - Math.floor(time)) < 0.4) return;
    heard.push(`${pitch} Hz, as loud as ${level}, at ${time} s`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  assert.fail(`it sounds like ${heard.join("; ")}`);
}

/** Changes the language, and back. */
async function speaks(page) {
  const video = page.locator("video");
  await advances(page, video, 1);
  await sounds(page);
  await page.evaluate(() => speak("fr"));
  await heard(page, (pitch) => Math.abs(pitch - OTHER) < 50);
  await page.evaluate(() => speak("en"));
  await heard(page, (pitch) => pitch < OTHER - 500);
  await sounds(page);
}

/** Waits until a pitch is heard. */
async function heard(page, isWanted) {
  const end = Date.now() + PATIENCE;
  let last;
  do {
    last = await hear(page);
    if (last.level > 0.05 && isWanted(last.pitch)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  } while (Date.now() < end);
  assert.fail(`it still sounds like ${JSON.stringify(last)}`);
}

/** Times, and the subtitles that are seen there. */
const SEEN = [
  // First, since shaka-player 5 times the subtitles of HLS by the next fragment of the picture that
  // it loads (`setTimestampOffset` in its media_source_engine.js), and shows none before.
  [9.5, "over the cut"],
  [10.5, "over the cut"],
  [3, "Hello, world"],
  [6, ""],
];

/** Shows subtitles, each at its time. */
async function captions(page) {
  const video = page.locator("video");
  await page.evaluate(() => caption());
  for (const [time, text] of SEEN) {
    await goes(page, video, time);
    await eventually(page, video, `"${text}" is shown at ${time} s`, (element, text) => {
      const tracks = [...element.textTracks].filter(({ mode }) => mode !== "disabled");
      const cues = tracks.flatMap(({ activeCues }) => [...(activeCues ?? [])]);
      const native = cues.map((cue) => cue.getCueAsHTML().textContent);
      const drawn = document.querySelector("#captions").textContent;
      return [...native, drawn].join("").trim() === text;
    }, text);
  }
}

/**
 * Its parser looks for `stpp` in an initialization segment, and what it makes itself for want of
 * one (`mp4_generator.js`) has a sample entry for picture and sound only. dash.js shows the same.
 */
async function shakaKnowsNoTtmlOfSmooth(page) {
  await page.evaluate(() => caption());
  const INVALID_MP4_TTML = "shaka-player: 2 2007 ";
  await eventually(page, page.locator("video"), "it refuses", () => wrong.length > 0);
  assert.deepEqual(await page.evaluate(() => wrong.splice(0)), [INVALID_MP4_TTML]);
}
