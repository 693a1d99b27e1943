// Players as they are in the npm registry: each opens a stream on its lowest level of picture, pins
// the level that it is told, changes the language of the sound (of which two letters are given, as
// some protocols write three), and shows the first subtitles that there are.
//
// The functions run in the page. What a player says of an error goes to the list `wrong`.

const UMD = "dashjs/dist/modern/umd";

const file = (path) => new URL(`node_modules/${path}`, import.meta.url);

/** Has to be told what a Smooth manifest is: its media type is the general one of XML. */
const SHAKA = {
  async open({ url, isSmooth }) {
    shaka.polyfill.installAll();
    const player = new shaka.Player();
    player.addEventListener("error", ({ detail }) => {
      wrong.push(`shaka-player: ${detail.severity} ${detail.code} ${detail.data}`);
    });
    // Seconds; less than a fragment, so that there is always one to load.
    player.configure({ abr: { enabled: false }, streaming: { bufferingGoal: 4 } });
    window.pin = (wanted) => {
      const all = player.getVariantTracks();
      const { language } = all.find(({ active }) => active);
      const tracks = all.filter((track) => track.height && track.language === language);
      tracks.sort((a, b) => a.height - b.height);
      player.selectVariantTrack(wanted === "highest" ? tracks.at(-1) : tracks[0], true);
    };
    window.speak = (language) => {
      const tracks = player.getVariantTracks().filter(({ height }) => height);
      const track = tracks.find((track) => track.language.startsWith(language));
      player.selectVariantTrack(track, true);
    };
    window.caption = () => {
      player.selectTextTrack(player.getTextTracks()[0]);
      // Version 5 shows what is selected.
      player.setTextTrackVisibility?.(true);
    };
    await player.attach(document.querySelector("video"));
    const type = isSmooth ? "application/vnd.ms-sstr+xml" : undefined;
    await player.load(url, null, type).catch(({ category, code, data }) => {
      throw new Error(`shaka-player: ${category} ${code} ${data}`);
    });
    pin("lowest");
    await document.querySelector("video").play();
  },
};

export const PLAYERS = {
  "dash.js": {
    // The second adds Smooth Streaming.
    scripts: [file(`${UMD}/dash.all.min.js`), file(`${UMD}/dash.mss.min.js`)],
    open({ url }) {
      const player = dashjs.MediaPlayer().create();
      for (const event of ["error", "playbackError"]) {
        player.on(event, ({ error }) => wrong.push(`dash.js: ${error?.code} ${error?.message}`));
      }
      // In kbit/s.
      const lowest = { autoSwitchBitrate: { video: false }, initialBitrate: { video: 1 } };
      player.updateSettings({ streaming: { abr: lowest } });
      window.pin = (wanted) => {
        const levels = player.getRepresentationsByType("video");
        levels.sort((a, b) => a.height - b.height);
        const { id } = wanted === "highest" ? levels.at(-1) : levels[0];
        player.setRepresentationForTypeById("video", id, true);
      };
      window.speak = (language) => {
        const tracks = player.getTracksFor("audio");
        player.setCurrentTrack(tracks.find(({ lang }) => lang.startsWith(language)));
      };
      window.caption = () => player.setTextTrack(0);
      player.initialize(document.querySelector("video"), url, true);
      // For TTML, which browsers do not know.
      player.attachTTMLRenderingDiv(document.querySelector("#captions"));
    },
  },
  "hls.js": {
    scripts: [file("hls.js/dist/hls.min.js")],
    open({ url }) {
      const player = new Hls();
      // On a machine that is busy it stalls while a switch has emptied the buffer, and cancels what
      // a seek makes useless. Holes of a stream have errors of their own.
      const { BUFFER_STALLED_ERROR, INTERNAL_ABORTED } = Hls.ErrorDetails;
      player.on(Hls.Events.ERROR, (_, { fatal, details, error }) => {
        if (!fatal && [BUFFER_STALLED_ERROR, INTERNAL_ABORTED].includes(details)) return;
        wrong.push(`hls.js: ${fatal ? "fatal " : ""}${details} ${error?.message}`);
      });
      window.pin = (wanted) => {
        const heights = player.levels.map(({ height }) => height);
        const height = wanted === "highest" ? Math.max(...heights) : Math.min(...heights);
        player.currentLevel = heights.indexOf(height);
      };
      window.speak = (language) => {
        const tracks = player.audioTracks;
        player.audioTrack = tracks.findIndex(({ lang }) => lang.startsWith(language));
      };
      window.caption = () => (player.subtitleTrack = 0);
      player.on(Hls.Events.MANIFEST_PARSED, () => pin("lowest"));
      player.loadSource(url);
      player.attachMedia(document.querySelector("video"));
    },
  },
  "shaka-player": { scripts: [file("shaka-player/dist/shaka-player.compiled.js")], ...SHAKA },
  // The last that has Smooth Streaming, for which it needs another package.
  "shaka-player 4": {
    scripts: [
      file("codem-isoboxer/dist/iso_boxer.min.js"),
      file("shaka-player-4/dist/shaka-player.compiled.js"),
    ],
    ...SHAKA,
  },
};
