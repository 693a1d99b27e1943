'use strict';
// npm node-azure-media: upload, encode, stream.

const assert = require('node:assert');
const { promisify } = require('node:util');
const connect = require('node-azure-media');
const { get, sleep } = require('./lib.js');

const { CLIENT_ID, CLIENT_SECRET, VIDEO } = process.env;
const call = (object, name, ...given) => promisify(object[name]).apply(object, given);

async function main() {
  const media = await promisify(connect)(CLIENT_ID, CLIENT_SECRET);
  const { Asset, AssetFile, AccessPolicy, Job, Locator, MediaProcessor } = media;

  const asset = await call(Asset, 'create', 'node-azure-media', {});
  const write = await call(AccessPolicy, 'create', 'write', 60, AccessPolicy.Permissions.Write);
  const upload = await call(Locator, 'create', 'upload', Locator.Type.SAS, asset, write);
  const url = upload.Path.replace('?', '/node%20azure.mp4?');
  await call(media.api, 'uploadBlockBlob', url, 'node azure.mp4', VIDEO);
  await call(upload, 'delete');
  await call(write, 'delete');
  await call(AssetFile, 'create', asset);
  const files = await call(asset, 'files');
  assert.deepStrictEqual(files.map((file) => file.Name), ['node azure.mp4']);
  await call(asset, 'refresh');
  assert.strictEqual(asset.Name, 'node-azure-media');

  const processor = await call(MediaProcessor, 'getLatestByName', 'Media Encoder Standard');
  const job = new Job('node-azure-media', [asset]);
  job.addTask('encode', processor.Id, 'H264 Single Bitrate 720p', 0);
  await call(job, 'submit');
  assert.strictEqual(job.readableState(), 'Queued');
  do {
    await sleep(500);
    await call(job, 'getState');
  } while (!['Finished', 'Error', 'Canceled'].includes(job.readableState()));
  assert.strictEqual(job.readableState(), 'Finished');

  const [output] = await call(job, 'getOutputMediaAssets');
  const manifest = (await call(output, 'files')).find((file) => file.Name.endsWith('.ism'));
  assert.strictEqual(manifest.IsPrimary, true);
  const read = await call(AccessPolicy, 'create', 'read', 60, AccessPolicy.Permissions.Read);
  const origin = await call(
    Locator, 'create', 'stream', Locator.Type.OnDemandOrigin, output, read);
  const stream = await get(
    `${origin.Path}${encodeURIComponent(manifest.Name)}/manifest(format=m3u8-aapl)`);
  assert.strictEqual(stream.status, 200, stream.body);
  assert.match(stream.body, /^#EXTM3U/);

  await call(output, 'deleteLocators');
  await call(job, 'delete');
  await call(asset, 'delete');
  await assert.rejects(call(asset, 'refresh'), (error) => {
    assert.strictEqual(error.statusCode, 404);
    assert.ok(error.error_description, 'the message is where the client looks for it');
    return true;
  });
  console.log('done');
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
