// A film that tells its time: the number of each frame is written in its picture, in black and
// white squares, and the pitch of its tone rises every second.

import { execFileSync } from "node:child_process";

/** Frames in a second. */
export const RATE = 25;

/** Three fragments, of which the last is not whole. */
export const SECONDS = 16;

const WIDTH = 320;
const HEIGHT = 180;

/** Squares in the row at the top: the binary digits of the number, the lowest first. */
const DIGITS = 10;
const SQUARE = WIDTH / DIGITS;

/** Pitch in the first second, and what is added in every other, in Hz. */
const TONE = { first: 400, step: 100 };

/** Writes it to a file. */
export function shoot(path) {
  const black = `drawbox=w=${WIDTH}:h=${SQUARE}:color=black:t=fill`;
  const white = Array.from({ length: DIGITS }, (_, digit) => {
    const when = `'mod(floor(n/${2 ** digit}),2)'`;
    return `drawbox=x=${digit * SQUARE}:w=${SQUARE}:h=${SQUARE}:color=white:t=fill:enable=${when}`;
  });
  const picture = `testsrc2=s=${WIDTH}x${HEIGHT}:r=${RATE}:d=${SECONDS}`;
  // Whole periods in every second, so that it does not crack.
  const tone = `0.5*sin(2*PI*(${TONE.first}+${TONE.step}*floor(t))*t)`;
  execFileSync("ffmpeg", [
    ...["-nostdin", "-v", "error", "-y"],
    ...["-f", "lavfi", "-i", [picture, black, ...white].join(",")],
    ...["-f", "lavfi", "-i", `aevalsrc='${tone}':s=48000:d=${SECONDS}`],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-crf", "10", "-pix_fmt", "yuv420p"],
    ...["-c:a", "aac", "-b:a", "128k", "-ac", "2", path],
  ]);
}

/** Pitch of what is said in another language, in Hz. */
export const OTHER = 3000;

/** Writes the other language to a file. */
export function dub(path) {
  execFileSync("ffmpeg", [
    ...["-nostdin", "-v", "error", "-y"],
    ...["-f", "lavfi", "-i", `sine=f=${OTHER}:r=48000:d=${SECONDS}`, "-af", "volume=4"],
    ...["-c:a", "aac", "-b:a", "64k", "-ac", "2", path],
  ]);
}

/** The number of the frame that a video element of a page shows. */
export function frameShown(video) {
  return video.evaluate(
    (element, { width, height, digits, square }) => {
      const canvas = Object.assign(document.createElement("canvas"), { width, height });
      const context = canvas.getContext("2d");
      context.drawImage(element, 0, 0, width, height);
      const isWhite = (digit) => {
        const [red] = context.getImageData((digit + 0.5) * square, square / 2, 1, 1).data;
        return red > 127;
      };
      let number = 0;
      for (let digit = 0; digit < digits; digit += 1) {
        if (isWhite(digit)) number += 2 ** digit;
      }
      return number;
    },
    { width: WIDTH, height: HEIGHT, digits: DIGITS, square: SQUARE },
  );
}

/** The second that a pitch belongs to. */
export function secondOf(pitch) {
  return (pitch - TONE.first) / TONE.step;
}
