// A video element of a page: waited for, and looked at.

/** How long a player may take for what it is waited for, in milliseconds. */
export const PATIENCE = 60_000;

/** Waits until playback has advanced by some seconds from where it is. */
export async function advances(page, video, seconds) {
  const from = await video.evaluate((element) => element.currentTime);
  const element = await video.elementHandle();
  const advanced = ({ element, goal }) => element.currentTime >= goal && !element.seeking;
  const options = { timeout: PATIENCE, polling: 50 };
  try {
    await page.waitForFunction(advanced, { element, goal: from + seconds }, options);
  } catch (error) {
    const state = JSON.stringify(await look(video));
    throw new Error(`it did not play ${seconds} s from ${from} s on: ${state}`, { cause: error });
  }
}

/** Waits until something is true of a video element; says how the element is if it never is. */
export async function eventually(page, video, what, isTrue, argument) {
  const element = await video.elementHandle();
  const source = `return (${isTrue})(element, argument)`;
  const test = ({ element, argument, source }) =>
    new Function("element", "argument", source)(element, argument);
  const options = { timeout: PATIENCE, polling: 20 };
  try {
    await page.waitForFunction(test, { element, argument, source }, options);
  } catch (error) {
    const state = JSON.stringify(await look(video));
    throw new Error(`it never happened that ${what}: ${state}`, { cause: error });
  }
}

/** Listens to the video element of a page from now on. */
export function listen(page) {
  return page.evaluate(async () => {
    const element = document.querySelector("video");
    const context = new AudioContext();
    window.analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
    context.createMediaElementSource(element).connect(analyser).connect(context.destination);
    await context.resume();
  });
}

/**
 * What is heard in the middle of the second that is playing, or of the next: when it is, how loud
 * from 0 to 1, and the strongest pitch in Hz.
 */
export async function hear(page) {
  const heard = await page.waitForFunction(
    () => {
      const time = document.querySelector("video").currentTime;
      if (time % 1 < 0.4 || time % 1 > 0.8) return undefined;
      const waves = new Float32Array(analyser.fftSize);
      analyser.getFloatTimeDomainData(waves);
      const pitches = new Float32Array(analyser.frequencyBinCount);
      analyser.getFloatFrequencyData(pitches);
      const strongest = pitches.indexOf(Math.max(...pitches));
      return {
        time,
        level: Math.sqrt(waves.reduce((sum, wave) => sum + wave ** 2, 0) / waves.length),
        pitch: (strongest * analyser.context.sampleRate) / analyser.fftSize,
      };
    },
    null,
    { timeout: PATIENCE, polling: 20 },
  );
  return heard.jsonValue();
}

/** What can be seen and counted at the moment. */
export function look(video) {
  return video.evaluate((element) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 36 });
    const context = canvas.getContext("2d");
    context.drawImage(element, 0, 0, canvas.width, canvas.height);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const luma = [];
    for (let at = 0; at < data.length; at += 4) {
      luma.push(0.2126 * data[at] + 0.7152 * data[at + 1] + 0.0722 * data[at + 2]);
    }
    const mean = luma.reduce((sum, value) => sum + value, 0) / luma.length;
    const variance = luma.reduce((sum, value) => sum + (value - mean) ** 2, 0) / luma.length;
    return {
      time: element.currentTime,
      duration: element.duration,
      width: element.videoWidth,
      height: element.videoHeight,
      frames: element.getVideoPlaybackQuality().totalVideoFrames,
      audioBytes: element.webkitAudioDecodedByteCount,
      error: element.error?.message ?? null,
      deviation: Math.sqrt(variance),
    };
  });
}
