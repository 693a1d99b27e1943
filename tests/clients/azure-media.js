'use strict';
// npm azure-media: upload, encode, download, stream.

const assert = require('node:assert');
const fs = require('node:fs');
const { promisify } = require('node:util');
const AzureMedia = require('azure-media');
const { equalFiles, get, sleep } = require('./lib.js');

const { CLIENT_ID, CLIENT_SECRET, VIDEO, FOLDER } = process.env;
const api = new AzureMedia({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
const call = (object, name, ...given) => promisify(object[name]).apply(object, given);
// Lists take their callback first.
const list = (object, name, ...given) =>
  new Promise((resolve, reject) => {
    const query = given.pop();
    object[name](...given, (error, found) => (error ? reject(error) : resolve(found)), query);
  });

async function main() {
  const token = await call(api, 'init');
  assert.ok(token.includes('HMACSHA256='), token);
  assert.strictEqual(api.config.base_url, process.env.API);

  const { size } = fs.statSync(VIDEO);
  const input = await call(
    api.media, 'uploadStream', 'azure-media.mp4', fs.createReadStream(VIDEO), size);
  assert.match(input, /^nb:cid:UUID:/);
  const files = await list(api.rest.asset, 'listFiles', input, undefined);
  assert.deepStrictEqual(files.map((file) => file.Name), ['azure-media.mp4']);
  assert.strictEqual(Number(files[0].ContentFileSize), size);

  // The bytes that were sent, by a signed URL.
  const copy = `${FOLDER}/azure-media.mp4`;
  const written = fs.createWriteStream(copy);
  const closed = new Promise((resolve) => written.on('close', resolve));
  await call(api.media, 'downloadStream', input, written);
  await closed;
  assert.ok(equalFiles(VIDEO, copy), 'what comes back is what was sent');
  const url = await call(api.media, 'getDownloadURL', input, 60);
  assert.strictEqual((await get(url)).status, 200);

  const job = await call(
    api.media, 'encodeVideo', input, 'H264 Adaptive Bitrate MP4 Set 720p');
  const id = job.Id;
  let state;
  do {
    await sleep(500);
    state = (await call(api.rest.job, 'get', id)).State;
  } while (state < 3);
  const tasks = await list(api.rest.job, 'listTasks', id, undefined);
  assert.strictEqual(state, 3, JSON.stringify(tasks.map((task) => task.ErrorDetails)));
  assert.strictEqual(tasks.length, 1);

  const [output] = await list(api.rest.job, 'listOutputMediaAssets', id, undefined);
  const origin = await call(api.media, 'getOriginURL', output.Id, 60);
  assert.match(origin, /\.ism\/Manifest$/);
  const manifest = await get(origin);
  assert.strictEqual(manifest.status, 200, manifest.body);
  assert.match(manifest.body, /<SmoothStreamingMedia/);

  await call(api.rest.job, 'delete', id);
  await call(api.rest.asset, 'delete', input);
  await assert.rejects(call(api.rest.asset, 'get', input), /404/);
  console.log('done');
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
